package main

// bins are the lower ends of the bins of confidence.
var bins = [...]float64{0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}

// calibrated is what was stated, and what was right, by bin.
type calibrated [len(bins)]struct {
	cells, right int
	stated       float64
}

// judged are the rules whose confidence is the judge's.
var judged = map[string]bool{"spelling": true, "dependency": true}

// calibration holds what the judge states against what was right, of changes that were
// made, and of those that were proposed.
func (b *bench) calibration(t typos) {
	b.say("\nConfidence of the judge (spelling, dependency) against the share of cells that are right then, on the tables with typos for measuring:\n")
	b.say("| stated | made, cells | stated, mean | right | proposed, cells | stated, mean | right |\n|---|---|---|---|---|---|---|")
	for i, from := range bins {
		to := 1.0
		if i+1 < len(bins) {
			to = bins[i+1]
		}
		m, p := t.made[i], t.proposed[i]
		b.say("| %.2f to %.2f | %d | %.3f | %.3f | %d | %.3f | %.3f |", from, to, m.cells, m.stated/float64(max(m.cells, 1)), share(m.right, m.cells), p.cells, p.stated/float64(max(p.cells, 1)), share(p.right, p.cells))
	}
}

// add counts changes of a table of which right is what is right.
func (c *calibrated) add(changes []was, right text) {
	for _, w := range changes {
		if !judged[w.rule] || w.confidence < bins[0] {
			continue
		}
		i := len(bins) - 1
		for w.confidence < bins[i] {
			i--
		}
		c[i].cells++
		c[i].stated += w.confidence
		if tidy(w.mended) == tidy(right.rows[w.row][w.column]) {
			c[i].right++
		}
	}
}
