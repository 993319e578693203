package main

import (
	"path/filepath"
)

// bins are the lower ends of the bins of confidence.
var bins = []float64{0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}

// bin is what was stated in a bin, and what was right.
type bin struct {
	cells, right int
	stated       float64
}

// judged are the rules whose confidence is the judge's.
var judged = map[string]bool{"spelling": true, "dependency": true}

// calibration holds what the judge states against what was right, in the tables with
// typos that were not learned from: of changes that were made, and of those that were
// proposed.
func (b *bench) calibration() error {
	var made, proposed [7]bin
	paths, err := halfOf(filepath.Join(b.data, "dgov", "typos", "*"), false)
	if err != nil {
		return err
	}
	for _, p := range paths {
		dirty, err := readText(filepath.Join(p, "dirty.csv"), true)
		if err != nil {
			return err
		}
		right, err := readText(filepath.Join(p, "clean.csv"), true)
		if err != nil {
			return err
		}
		_, changes, proposals, err := cleanAndPropose(dirty)
		if err != nil {
			return err
		}
		fill(&made, changes, right)
		fill(&proposed, proposals, right)
	}
	b.say("\nConfidence of the judge (spelling, dependency) against the share of cells that are right then, on the tables with typos for measuring:\n")
	b.say("| stated | made, cells | stated, mean | right | proposed, cells | stated, mean | right |\n|---|---|---|---|---|---|---|")
	for i, from := range bins {
		to := 1.0
		if i+1 < len(bins) {
			to = bins[i+1]
		}
		m, p := made[i], proposed[i]
		b.say("| %.2f to %.2f | %d | %.3f | %.3f | %d | %.3f | %.3f |", from, to, m.cells, m.mean(), share(m.right, m.cells), p.cells, p.mean(), share(p.right, p.cells))
	}
	return nil
}

func (b bin) mean() float64 { return b.stated / float64(max(b.cells, 1)) }

func fill(to *[7]bin, changes []was, right text) {
	for _, c := range changes {
		if !judged[c.rule] || c.confidence < bins[0] {
			continue
		}
		i := len(bins) - 1
		for c.confidence < bins[i] {
			i--
		}
		to[i].cells++
		to[i].stated += c.confidence
		if tidy(c.mended) == tidy(right.rows[c.row][c.column]) {
			to[i].right++
		}
	}
}
