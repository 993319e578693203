package training

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/modeltest"
)

// run does all items and chooses.
func run(t *testing.T, names []string, d Data, g Goal) Choice {
	t.Helper()
	settings := map[string]learn.Settings{"gbdt": {"trees": 40, "rate": 0.1}, "forest": {"trees": 20}}
	c, err := Candidates(names, settings, len(d.Y), g.Classes(), Normal)
	if err != nil {
		t.Fatal(err)
	}
	var results []Result
	items := Items(len(c), d.Folds)
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(items)) { // in any order
		it := items[i]
		r, err := Fit(it, c[it.Candidate], d, g, 1)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	choice, err := Choose(c, results, d, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	return choice
}

func deal(t *testing.T, e learn.Examples, s Split) Data {
	t.Helper()
	f, err := Deal(s, e.Y, e.Classes, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Data{Frame: e.Frame, Y: e.Y, Folds: f}
}

func TestQuantity(t *testing.T) {
	e := modeltest.Examples(600, 0, 3)
	d := deal(t, e, Split{Folds: 5, Seed: 1})
	c := run(t, []string{"ridge", "gbdt", "tree"}, d, Goal{Metric: metrics.RMSE, Confidence: 0.9})
	best := c.Candidates[0].Mean
	if c.Chosen.Mean > best*1.02 {
		t.Errorf("the ensemble has %v, the best candidate %v", c.Chosen.Mean, best)
	}
	if cov := c.Interval.Coverage; cov < 0.86 || cov > 0.94 {
		t.Errorf("intervals of 90 %% cover %v", cov)
	}
	if len(c.Rows) != 600 || len(c.Predicted) != 600 || len(c.Chosen.Folds) != 5 {
		t.Errorf("%d rows, %d predictions, folds %v", len(c.Rows), len(c.Predicted), c.Chosen.Folds)
	}
}

func TestClasses(t *testing.T) {
	e := modeltest.Examples(600, 3, 4)
	d := deal(t, e, Split{Folds: 4, Seed: 1})
	c := run(t, []string{"ridge", "bayes", "forest"}, d, Goal{Metric: metrics.LogLoss, Labels: []string{"a", "b", "c"}})
	if c.Chosen.Mean > c.Candidates[0].Mean*1.02 {
		t.Errorf("the ensemble has %v, the best candidate %v", c.Chosen.Mean, c.Candidates[0].Mean)
	}
	total := 0
	for _, row := range c.Confusion {
		for _, n := range row {
			total += n
		}
	}
	if total != 600 || c.Others[metrics.Accuracy].Mean < 0.7 {
		t.Errorf("%d rows in the confusion, accuracy %v", total, c.Others[metrics.Accuracy].Mean)
	}
}

// TestNoiseIsNotLearned is the test of honesty: where there is nothing to learn,
// no selection, weighting or calibration may make the measure better than that
// of a constant.
func TestNoiseIsNotLearned(t *testing.T) {
	e := modeltest.Examples(400, 2, 5)
	rng := rand.New(rand.NewPCG(8, 9))
	for i := range e.Y {
		e.Y[i] = float64(rng.IntN(2))
	}
	d := deal(t, e, Split{Folds: 5, Seed: 1})
	c := run(t, []string{"ridge", "gbdt", "forest", "bayes", "knn", "tree"}, d, Goal{Metric: metrics.LogLoss, Labels: []string{"a", "b"}})
	if c.Chosen.Mean < math.Ln2-0.01 {
		t.Errorf("noise is predicted with a log loss of %v, a coin has %v", c.Chosen.Mean, math.Ln2)
	}
	if a := c.Others[metrics.AUC].Mean; a > 0.58 {
		t.Errorf("noise is ranked with an AUC of %v", a)
	}
}

func TestTimeSplitLooksBackOnly(t *testing.T) {
	n := 300
	e := learn.Examples{Frame: &features.Frame{N: n, Columns: []features.Column{{Name: "x"}}}}
	times := make([]float64, n)
	for i := range n {
		e.Frame.Columns[0].Num = append(e.Frame.Columns[0].Num, float64(i%7))
		e.Y, times[i] = append(e.Y, float64(i%7)), float64((i*37)%n)
	}
	f, err := Deal(Split{Folds: 4, Time: "t"}, e.Y, 0, nil, times, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range f.Measured() {
		for _, r := range f.Train([]int{k}) {
			for _, s := range f.Test([]int{k}) {
				if times[r] > times[s] {
					t.Fatalf("fold %d is predicted from a later row", k)
				}
			}
		}
	}
	c := run(t, []string{"ridge", "tree"}, Data{e.Frame, e.Y, f}, Goal{Metric: metrics.RMSE, Confidence: 0.9})
	if len(c.Chosen.Folds) != 4 || len(c.Rows) != 240 {
		t.Errorf("%d folds, %d rows", len(c.Chosen.Folds), len(c.Rows))
	}
}

func TestGroupsStayTogether(t *testing.T) {
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = string(rune('a' + i%11))
	}
	f, err := Deal(Split{Folds: 3, Group: "g"}, make([]float64, 200), 0, groups, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	fold := map[string]int{}
	for i, g := range groups {
		if k, ok := fold[g]; ok && k != f.Of[i] {
			t.Fatalf("group %s is in folds %d and %d", g, k, f.Of[i])
		}
		fold[g] = f.Of[i]
	}
	if _, err := Deal(Split{Folds: 3, Group: "g"}, make([]float64, 200), 0, make([]string, 200), nil, nil); fault.CodeOf(err) != fault.Data {
		t.Errorf("one group for three folds: %v", err)
	}
}

func TestBlend(t *testing.T) {
	y := []float64{1, 2, 3, 4, 5, 6}
	good := []float64{1.1, 1.9, 3.1, 3.9, 5.1, 5.9}
	mirror := []float64{0.9, 2.1, 2.9, 4.1, 4.9, 6.1}
	bad := []float64{9, 9, 9, 9, 9, 9}
	w := blendQuantity(y, [][]float64{good, mirror, bad})
	if math.Abs(w[0]-0.5) > 1e-3 || math.Abs(w[1]-0.5) > 1e-3 || w[2] != 0 {
		t.Errorf("weights %v", w)
	}
	w = blendClasses([]float64{0, 1}, [][]float64{{0.9, 0.1, 0.1, 0.9}, {0.1, 0.9, 0.9, 0.1}}, 2)
	if w[0] != 1 || w[1] != 0 {
		t.Errorf("weights %v", w)
	}
}

func TestCalibration(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var y, p []float64
	for range 4000 { // probabilities that are twice as sure as they should be
		z := rng.NormFloat64()
		true1 := 1 / (1 + math.Exp(-z))
		said := 1 / (1 + math.Exp(-2*z))
		y = append(y, map[bool]float64{true: 1, false: 0}[rng.Float64() < true1])
		p = append(p, 1-said, said)
	}
	c := calibrate(y, p, 2, shifted)
	if math.Abs(c.Scale-0.5) > 0.05 {
		t.Errorf("the scale is %v, want 0.5", c.Scale)
	}
	before := metrics.Classes(metrics.LogLoss, y, p, 2, metrics.Cut{Positive: 1})
	c.Apply(p, 2)
	if after := metrics.Classes(metrics.LogLoss, y, p, 2, metrics.Cut{Positive: 1}); after >= before {
		t.Errorf("the log loss went from %v to %v", before, after)
	}
}

func TestMet(t *testing.T) {
	for require, want := range map[string]bool{"": true, "<= 0.13": true, "<0.1": false, ">= 0.12": true, "> 0.12": false} {
		if got, _, err := Met(require, 0.12); err != nil || got != want {
			t.Errorf("%q: %v, %v", require, got, err)
		}
	}
	if _, _, err := Met("about 3", 0.12); fault.CodeOf(err) != fault.Usage {
		t.Errorf("a requirement that is none: %v", err)
	}
}

func TestImportance(t *testing.T) {
	e := modeltest.Examples(400, 0, 6)
	d := deal(t, e, Split{Folds: 4, Seed: 1})
	g := Goal{Metric: metrics.RMSE, Confidence: 0.9}
	c, err := Candidates([]string{"gbdt"}, nil, 400, 0, Normal)
	if err != nil {
		t.Fatal(err)
	}
	var folds []FoldErrors
	for _, k := range d.Folds.Measured() {
		r, err := Fit(Item{0, []int{k}}, c[0], d, g, 1)
		if err != nil {
			t.Fatal(err)
		}
		x, err := FoldImportance(d, g, k, c, []float64{1}, []*Result{&r}, 1)
		if err != nil {
			t.Fatal(err)
		}
		folds = append(folds, x)
	}
	got := JoinImportance(d.Frame, folds)
	if got[0].Column != "a" {
		t.Errorf("the most important column is %s", got[0].Column)
	}
	noise := slices.IndexFunc(got, func(i Importance) bool { return i.Column == "noise" })
	if math.Abs(got[noise].Mean) > 0.05 {
		t.Errorf("noise is important: %+v", got[noise])
	}
}

// TestSharesWhereNothingIsBetter: probabilities that say less than the shares of the classes
// become these, and keep their order.
func TestSharesWhereNothingIsBetter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 7))
	const n = 400
	var y, p []float64
	for range n {
		c, q := 0.0, rng.Float64() // of chance
		if rng.IntN(30) == 0 {
			c = 1
		}
		y, p = append(y, c), append(p, 1-q, q)
	}
	by := make([][]float64, flat+1)
	for f := range by { // each half calibrated by the other
		first, second := append([]float64(nil), p[:n]...), append([]float64(nil), p[n:]...)
		calibrate(y[n/2:], p[n:], 2, form(f)).Apply(first, 2)
		calibrate(y[:n/2], p[:n], 2, form(f)).Apply(second, 2)
		by[f] = append(first, second...)
	}
	lossOf := func(p []float64) (loss float64) {
		for i, c := range y {
			loss -= math.Log(p[2*i+int(c)]) / n
		}
		return loss
	}
	if best := lossOf(by[proven(y, by, 2)]); best > lossOf(by[flat])+1e-12 || lossOf(p) < 2*best {
		t.Errorf("the log loss of the form that is chosen is %v, of the shares %v, of none %v", best, lossOf(by[flat]), lossOf(p))
	}
	got := append([]float64(nil), p...)
	calibrate(y, p, 2, flat).Apply(got, 2)
	mean := 0.0
	for i := 0; i < 2*n; i += 2 {
		mean += got[i+1] / n
		if i > 0 && (got[i+1] > got[i-1]) != (p[i+1] > p[i-1]) {
			t.Fatalf("rows %d and %d have changed their order", i/2-1, i/2)
		}
	}
	share := 0.0
	for _, c := range y {
		share += c / n
	}
	if math.Abs(mean-share) > 0.005 {
		t.Errorf("the mean probability is %v, the share %v", mean, share)
	}
}
