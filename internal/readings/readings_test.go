package readings

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestPlant counts what faults make of readings, without the counts that they tell.
func TestPlant(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	all := Make(rng, 20, from, 24*time.Hour, 10*time.Minute)
	if len(all) != 20*24*6 {
		t.Fatalf("%d readings", len(all))
	}
	soiled, faults := Plant(rng, all)
	if len(faults) != len(Kinds) {
		t.Fatalf("%d faults", len(faults))
	}
	was, is := bySensor(all), bySensor(soiled)
	for _, f := range faults {
		before, after, changed := was[f.Sensor], is[f.Sensor], 0
		if len(before) == len(after) {
			for i := range before {
				if before[i] != after[i] {
					changed++
				}
			}
		}
		want := map[string]int{Gap: len(before) - len(after), Burst: (len(after) - len(before)) / (times - 1)}
		n, ok := want[f.Kind]
		if !ok {
			n = changed
		}
		if f.Readings == 0 || n != f.Readings || f.To.Sub(f.From) < 5*time.Hour {
			t.Errorf("%+v: %d readings are other ones", f, n)
		}
		delete(was, f.Sensor)
		delete(is, f.Sensor)
	}
	if len(was) != 14 || len(is) != 14 {
		t.Errorf("%d sensors have no fault, %d after it", len(was), len(is))
	}
	for s := range was {
		for i := range was[s] {
			if was[s][i] != is[s][i] {
				t.Errorf("%s has no fault, and other readings", s)
			}
		}
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, 7, soiled); err != nil || strings.Count(b.String(), "\n") != len(soiled)+1 || !strings.Contains(b.String(), ",ERR,") || !strings.Contains(b.String(), "\n7,2026-03-02T00:00:00Z,s000,kitchen,") {
		t.Errorf("%v: %.300s", err, b.String())
	}
}

func bySensor(all []Reading) map[string][]Reading {
	out := map[string][]Reading{}
	for _, r := range all {
		out[r.Sensor] = append(out[r.Sensor], r)
	}
	return out
}
