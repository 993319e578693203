package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/claims"
	"github.com/beamline-go/beamline/internal/fault"
)

// simulated is how many tables the simulator of claims makes, from least to most records.
const (
	simulated  = 160
	leastRows  = 90
	mostRows   = 3000
	claimsSeed = 2
)

// claims holds what training says of generated tables against what the artifacts do on
// records that nobody saw.
func (b *bench) claims() error {
	b.say("\n## Claims\n")
	b.say("%d generated tables (`internal/claims`): quantities and classes, some rare, from independent records, records three times over, six records a person, and a series; signals from none to strong, three to fifty levels, cells missing. Trained and evaluated as a user would, with intervals of 80, 90 and 95 %%; z is how far what was claimed is better than what the held-out records show, in standard errors; beyond %.0f it is outside of chance. Refused are tables of which training says that there can be no model.\n", simulated, claims.MostZ)
	type lot struct {
		tables, refused, broken int
		z                       float64
		covered, intervals      map[float64]float64 // by level
		losses, lossesBroken    int
	}
	lots := map[string]*lot{}
	var broken []string
	for i := range simulated {
		t := claims.Make(i, claimsSeed, leastRows, mostRows)
		if lots[t.Structure] == nil {
			lots[t.Structure] = &lot{z: math.Inf(-1), covered: map[float64]float64{}, intervals: map[float64]float64{}}
		}
		l := lots[t.Structure]
		l.tables++
		v, refused, err := b.simulate(fmt.Sprintf("%s-%d", t.Structure, i), t)
		if err != nil {
			return err
		}
		if refused {
			l.refused++
			continue
		}
		if v.MetricZ > l.z { // NaN where there is nothing to compare
			l.z = v.MetricZ
		}
		if !math.IsNaN(v.Coverage) {
			l.covered[t.Level] += v.Coverage
			l.intervals[t.Level]++
		}
		if !math.IsNaN(v.LossZ) {
			l.losses++
			if v.LossZ > claims.MostZ {
				l.lossesBroken++
			}
		}
		if reasons := v.Broken(); len(reasons) > 0 {
			l.broken++
			broken = append(broken, fmt.Sprintf("- %s: %s", t.Name, strings.Join(reasons, "; ")))
		}
	}
	b.say("| records | tables | refused | outside of chance | greatest z of the metric | intervals of 80, 90, 95 %% hold, mean | log losses above a constant's |\n|---|---|---|---|---|---|---|")
	for _, structure := range claims.Structures {
		l := lots[structure]
		held := "none are judged"
		if levels := slices.Sorted(maps.Keys(l.intervals)); len(levels) > 0 {
			var means []string
			for _, level := range levels {
				means = append(means, fmt.Sprintf("%.1f", 100*l.covered[level]/l.intervals[level]))
			}
			held = strings.Join(means, ", ") + " %"
		}
		b.say("| %s | %d | %d | %d | %.1f | %s | %d of %d |", structure, l.tables, l.refused, l.broken, l.z, held, l.lossesBroken, l.losses)
	}
	b.say("\n%s", strings.Join(broken, "\n"))
	return b.calibrated()
}

// calibrated holds the probabilities of the same tables against what came true, beside
// scikit-learn's calibration by cross-validation.
func (b *bench) calibrated() error {
	b.say("\n### Probabilities beside scikit-learn\n")
	if b.peers == "" {
		b.say("Not measured: scikit-learn is not there.")
		return nil
	}
	var probabilities []calibration
	out, err := exec.Command(b.peers, "bench/calibrated.py", filepath.Join(b.dir, "claims")).Output()
	if err == nil {
		err = json.Unmarshal(out, &probabilities)
	}
	if err != nil {
		return fmt.Errorf("calibrated.py: %w", err)
	}
	b.say("Expected calibration error (ten bins of equally many rows, class by class) and log loss on the held-out records of those tables of classes above that both can learn, means over the tables. CalibratedClassifierCV is over HistGradientBoosting at its defaults, in five folds by chance.\n")
	b.say("| records | tables | tool | expected calibration error | log loss | tables on which Beamline's is lower, error and log loss |\n|---|---|---|---|---|---|")
	for _, structure := range claims.Structures {
		own := map[string]calibration{}
		for _, c := range probabilities {
			if c.Name == "beamline" && strings.HasPrefix(c.Table, structure) {
				own[c.Table] = c
			}
		}
		for _, tool := range []string{"beamline", "CalibratedClassifierCV, sigmoid", "CalibratedClassifierCV, isotonic"} {
			var ece, loss, n float64
			lower := [2]int{}
			for _, c := range probabilities {
				mine, ok := own[c.Table]
				if c.Name != tool || !ok {
					continue
				}
				n++
				ece += c.ECE
				loss += c.LogLoss
				if mine.ECE < c.ECE {
					lower[0]++
				}
				if mine.LogLoss < c.LogLoss {
					lower[1]++
				}
			}
			b.say("| %s | %.0f | %s | %.4f | %.4f | %d, %d |", structure, n, tool, ece/n, loss/n, lower[0], lower[1])
		}
	}
	return nil
}

// calibration is how probabilities of a tool do on a table.
type calibration struct {
	Table, Name  string
	LogLoss, ECE float64
}

// simulate trains on a table and evaluates on its held-out records, as a user would. Of
// classes it leaves the tables and the predictions, in a folder of that name.
func (b *bench) simulate(name string, t claims.Table) (v claims.Verdict, refused bool, err error) {
	dir := filepath.Join(b.dir, "claims", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return v, false, err
	}
	v, refused, err = claims.Simulate(dir, t, func(args ...string) (bool, error) {
		_, err := once(args...)
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == int(fault.Data) {
			return true, nil
		}
		return false, err
	})
	if err != nil || refused || math.IsNaN(v.LogLoss) {
		return v, refused, err
	}
	if _, err := once("score", filepath.Join(dir, "held.csv"), "--model", filepath.Join(dir, "m/model"), "--out", filepath.Join(dir, "s"), "--quiet"); err != nil {
		return v, false, err
	}
	return v, false, os.Rename(filepath.Join(dir, "s/predictions.csv"), filepath.Join(dir, "predictions.csv"))
}
