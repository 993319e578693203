package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
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
	b.say("%d generated tables (`internal/claims`): quantities and classes, some rare, from independent records, records three times over, six records a person, and a series; signals from none to strong, three to fifty levels, cells missing. Trained and evaluated as a user would; z is how far what was claimed is better than what the held-out records show, in standard errors; beyond %.0f it is outside of chance. Refused are tables of which training says that there can be no model.\n", simulated, claims.MostZ)
	type lot struct {
		tables, refused, broken int
		z                       float64
		covered, intervals      float64
		losses, lossesBroken    int
	}
	lots := map[string]*lot{}
	var broken []string
	for i := range simulated {
		t := claims.Make(i, claimsSeed, leastRows, mostRows)
		_, kind, _ := strings.Cut(t.Name, ": ")
		kind, _, _ = strings.Cut(kind, ",")
		if lots[kind] == nil {
			lots[kind] = &lot{z: math.Inf(-1)}
		}
		l := lots[kind]
		l.tables++
		v, refused, err := b.simulate(t)
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
			l.covered += v.Coverage
			l.intervals++
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
	b.say("| records | tables | refused | outside of chance | greatest z of the metric | intervals of 90 %% hold, mean | log losses above a constant's |\n|---|---|---|---|---|---|---|")
	for _, kind := range []string{"independent", "repeats", "groups", "series"} {
		l := lots[kind]
		held := "none are judged"
		if l.intervals > 0 {
			held = fmt.Sprintf("%.1f %%", 100*l.covered/l.intervals)
		}
		b.say("| %s | %d | %d | %d | %.1f | %s | %d of %d |", kind, l.tables, l.refused, l.broken, l.z, held, l.lossesBroken, l.losses)
	}
	b.say("\n%s", strings.Join(broken, "\n"))
	return nil
}

// simulate trains on a table and evaluates on its held-out records, as a user would.
func (b *bench) simulate(t claims.Table) (v claims.Verdict, refused bool, err error) {
	dir, err := os.MkdirTemp(b.dir, "claims-*")
	if err != nil {
		return v, false, err
	}
	defer os.RemoveAll(dir)
	return claims.Simulate(dir, t, func(args ...string) (bool, error) {
		_, err := once(args...)
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == int(fault.Data) {
			return true, nil
		}
		return false, err
	})
}
