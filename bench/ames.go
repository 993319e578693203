package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/beamline-go/beamline/models/training"
)

// seed is that of beamline's defaults.
const seed = 1

// result is a tool's error on the held-out folds.
type result struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	CPU  float64 `json:"cpu_seconds"`
	Wall float64 `json:"seconds"`
}

// ames measures the house prices of Ames, and other tools at their defaults on
// the same folds.
func (b *bench) ames() error {
	b.say("## House prices of Ames (1,460 records, 81 columns), 5 folds\n")
	if b.data == "" {
		b.say("Not measured: BEAMLINE_DATA is not set.")
		return nil
	}
	table, out := filepath.Join(b.data, "ames/train.csv"), filepath.Join(b.dir, "ames")
	m, err := b.times("train", table, "--target", "SalePrice", "--key", "Id", "--metric", "rmsle", "--out", out, "--force", "--quiet")
	if err != nil {
		return err
	}
	var doc struct {
		Mean, SD   float64
		Interval   struct{ Coverage float64 }
		Candidates []struct {
			Name     string
			Mean, SD float64
		}
	}
	body, err := os.ReadFile(filepath.Join(out, "metrics.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return err
	}
	b.say("| what | rmsle | ± | CPU seconds | seconds |\n|---|---|---|---|---|")
	b.say("| beamline, all candidates, nested weights, intervals, report | %.4f | %.4f | %.1f | %.1f |", doc.Mean, doc.SD, m.cpu, m.wall)
	if err := b.beside(table); err != nil {
		return err
	}
	for _, c := range doc.Candidates {
		b.say("| beamline's %s alone | %.4f | %.4f | | |", c.Name, c.Mean, c.SD)
	}
	b.say("\nIntervals of 90 %% hold %.1f %% of the held-out records. A peak of %.0f MB.", 100*doc.Interval.Coverage, m.peak)
	return nil
}

// beside measures the other tools.
func (b *bench) beside(table string) error {
	if b.peers == "" {
		b.say("| other tools: not measured, no python was named | | | | |")
		return nil
	}
	folds := filepath.Join(b.dir, "folds.csv")
	if err := writeFolds(table, "SalePrice", folds); err != nil {
		return err
	}
	c := exec.Command(b.peers, "bench/peers.py", table, "SalePrice", "Id", folds)
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err != nil {
		return fmt.Errorf("peers.py: %w", err)
	}
	var all []result
	if err := json.Unmarshal(said, &all); err != nil {
		return fmt.Errorf("peers.py: %w", err)
	}
	for _, r := range all {
		b.say("| %s at its defaults, one fit a fold | %.4f | %.4f | %.1f | %.1f |", r.Name, r.Mean, r.SD, r.CPU, r.Wall)
	}
	return nil
}

// writeFolds writes the fold of each record as beamline deals them.
func writeFolds(table, target, path string) error {
	f, err := os.Open(table)
	if err != nil {
		return err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	var y []float64
	for k, name := range records[0] {
		if name != target {
			continue
		}
		for _, r := range records[1:] {
			v, err := strconv.ParseFloat(r[k], 64)
			if err != nil {
				return err
			}
			y = append(y, v)
		}
	}
	dealt, err := training.Deal(training.Split{Folds: 5, Seed: seed}, y, 0, nil, nil, nil)
	if err != nil {
		return err
	}
	text := "fold\n"
	for _, k := range dealt.Of {
		text += strconv.Itoa(k) + "\n"
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
