package stats

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestMoments(t *testing.T) {
	var m Moments
	for _, x := range []float64{2, 4, 4, 4, 5, 5, 7, 9} {
		m = m.Add(x)
	}
	// Mean 5, sum of squared deviations 32.
	if m.Mean() != 5 || m.SumOfSquares() != 32 || m.SD() != math.Sqrt(32.0/7) || m.Min != 2 || m.Max != 9 {
		t.Errorf("mean %v, ss %v, sd %v", m.Mean(), m.SumOfSquares(), m.SD())
	}
	if !math.IsNaN((Moments{}).Mean()) || !math.IsNaN((Moments{}).Add(1).SD()) {
		t.Error("the mean of nothing or the deviation of one number is a number")
	}
}

func TestMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var whole Moments
	parts := make([]Moments, 5)
	for i := range 10000 {
		x := 1e8 + rng.Float64()
		whole, parts[i%5] = whole.Add(x), parts[i%5].Add(x)
	}
	var merged Moments
	for _, p := range parts {
		merged = merged.Merge(p)
	}
	if merged.Mean() != whole.Mean() || math.Abs(merged.SD()/whole.SD()-1) > 1e-12 {
		t.Errorf("merged %v %v, whole %v %v", merged.Mean(), merged.SD(), whole.Mean(), whole.SD())
	}
}

func TestCorrelation(t *testing.T) {
	var c CoMoments
	xs, ys := []float64{1, 2, 3, 4, 5}, []float64{2, 1, 4, 3, 5}
	for i := range xs {
		c = c.Add(xs[i], ys[i])
	}
	if r := c.Correlation(); math.Abs(r-0.8) > 1e-15 { // by hand: Sxy 8, Sxx 10, Syy 10
		t.Errorf("correlation %v, want 0.8", r)
	}
	if r := (CoMoments{}).Add(1, 2).Add(1, 3).Correlation(); !math.IsNaN(r) {
		t.Errorf("correlation with a constant is %v", r)
	}
}

// TestNIST compares with the certified values of the Statistical Reference
// Datasets of NIST (Information Technology Laboratory).
func TestNIST(t *testing.T) {
	dir := os.Getenv("BEAMLINE_DATA")
	if dir == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "nist/univariate/*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no reference data: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		mean, sd, values := parseNIST(t, string(data))
		var m Moments
		for _, v := range values {
			m = m.Add(v)
		}
		if d := digits(m.Mean(), mean); d < 14 {
			t.Errorf("%s: mean has %.1f digits", filepath.Base(name), d)
		}
		want := 13.0
		if strings.Contains(name, "NumAcc3") {
			want = 9 // 1000000.2 is off by 5e-11 as a float64, and the deviation is 0.1
		}
		if d := digits(m.SD(), sd); d < want {
			t.Errorf("%s: standard deviation has %.1f digits: %v, certified %v", filepath.Base(name), d, m.SD(), sd)
		}
	}
}

func parseNIST(t *testing.T, text string) (mean, sd float64, values []float64) {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		fields := strings.Fields(l)
		switch {
		case strings.Contains(l, "Sample Mean"):
			mean = certified(t, l)
		case strings.Contains(l, "Sample Standard Deviation"):
			sd = certified(t, l)
		case i >= 60 && len(fields) == 1:
			v, err := strconv.ParseFloat(fields[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
		}
	}
	return mean, sd, values
}

func certified(t *testing.T, line string) float64 {
	_, after, _ := strings.Cut(line, ":")
	v, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// digits is the log relative error.
func digits(got, want float64) float64 {
	if got == want {
		return 17
	}
	return -math.Log10(math.Abs(got-want) / math.Abs(want))
}
