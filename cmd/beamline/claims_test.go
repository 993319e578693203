package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/claims"
	"github.com/beamline-go/beamline/internal/fault"
)

// TestRealSimulatedClaims is the short form of the simulator of claims: what training says
// of generated tables is what the artifact does on records that nobody saw.
func TestRealSimulatedClaims(t *testing.T) {
	if testing.Short() || os.Getenv("BEAMLINE_DATA") == "" {
		t.Skip("it trains on 32 tables: a minute, spent where the real data is tried too")
	}
	for i := range 32 {
		table := claims.Make(i, 2, 90, 1500)
		t.Run(table.Name, func(t *testing.T) {
			v := simulate(t, table)
			for _, broken := range v.Broken() {
				t.Errorf("%s: %+v", broken, v)
			}
		})
	}
}

func simulate(t *testing.T, table claims.Table) claims.Verdict {
	t.Helper()
	var got spoken
	v, refused, err := claims.Simulate(t.TempDir(), table, func(args ...string) (bool, error) {
		if got = beamline(t, args...); got.code != 0 && got.code != fault.Data {
			return false, fmt.Errorf("%s: exit %d: %s", args[0], got.code, got.stderr)
		}
		return got.code == fault.Data, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if refused {
		t.Skip("training says why there can't be a model: " + got.stderr)
	}
	return v
}

// TestIntervalsWithinGroups: where a column is named, the records of its noisiest value lie
// in their intervals as often as those of the others.
func TestIntervalsWithinGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	write := func(name string, n int) (stores []string, y []float64) {
		var b strings.Builder
		b.WriteString("a,b,store,y\n")
		for range n {
			a, c, s := rng.NormFloat64(), rng.NormFloat64(), rng.IntN(4)
			noise := rng.NormFloat64()
			if s == 3 {
				noise *= 6
			}
			stores, y = append(stores, fmt.Sprint("shop ", s)), append(y, 3*a-c+noise)
			fmt.Fprintf(&b, "%.4f,%.4f,shop %d,%v\n", a, c, s, y[len(y)-1])
		}
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return stores, y
	}
	t.Chdir(t.TempDir())
	write("train.csv", 1000)
	stores, y := write("held.csv", 3000)
	spec := "goal: {target: y}\ndata: {train: train.csv}\nmodels: [ridge]\ninterval: {by: store}\n"
	if err := os.WriteFile("beamline.yaml", []byte(spec), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := done(t, "train", "beamline.yaml", "--out", "m"); !strings.Contains(got.stdout, "within the 4 values of store") {
		t.Errorf("it says %s", got.stdout)
	}
	done(t, "score", "held.csv", "--model", "m/model", "--out", "s")
	data, err := os.ReadFile("s/predictions.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	in, all := map[string]float64{}, map[string]float64{}
	for i, row := range rows[1:] {
		lower, upper := parsed(t, row[2]), parsed(t, row[3])
		all[stores[i]]++
		if lower <= y[i] && y[i] <= upper {
			in[stores[i]]++
		}
	}
	for s, n := range all {
		if share := in[s] / n; share < 0.85 || share > 0.95 {
			t.Errorf("intervals of 90 %% hold %.3f in %s", share, s)
		}
	}
	if got := beamline(t, "train", "train.csv", "beamline.yaml", "--target", "store", "--out", "n"); got.code != fault.Usage {
		t.Errorf("intervals of classes: exit %d, %s", got.code, got.stderr)
	}
}

func parsed(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
