package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
)

// compared is how tools did on a table: the errors of three folds each.
type compared struct {
	Table, Metric string
	Rows          int
	Seconds       float64
	Errors        map[string][]float64
}

// tables compares what beamline chooses by itself with other boosters at their defaults, on
// tables that nothing here was made for.
func (b *bench) tables() error {
	if b.peers == "" {
		return nil
	}
	c := exec.Command(b.peers, "bench/tables.py", binary)
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err != nil {
		return fmt.Errorf("tables.py: %w", err)
	}
	b.say("\n## Tables of R's packages, beside boosters at their defaults\n")
	b.say("Errors, of which less is better: medians of three folds and, in brackets, the least and the greatest; the best of the others is the one with the least mean. Beamline is `beamline run` without a word on how; seconds are those of it, a fold, reading, cleaning, training, scoring and the report.\n")
	b.say("| table | rows | metric | beamline | best of the others | mean over theirs | seconds |\n|---|---|---|---|---|---|---|")
	var all []float64
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); {
		var x compared
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return fmt.Errorf("tables.py: %w", err)
		}
		ours := x.Errors["beamline"]
		delete(x.Errors, "beamline")
		best := slices.MinFunc(slices.Sorted(maps.Keys(x.Errors)), func(p, q string) int { return cmp.Compare(mean(x.Errors[p]), mean(x.Errors[q])) })
		ratio := mean(ours) / mean(x.Errors[best])
		all = append(all, ratio)
		b.say("| %s | %d | %s | %s | %s %s | %.3f | %.0f |", x.Table, x.Rows, x.Metric, threeOf(ours), best, threeOf(x.Errors[best]), ratio, x.Seconds)
	}
	slices.Sort(all)
	b.say("\nOver the %d tables the error is %.3f of that of the best of the others in the median, between %.3f and %.3f.\n", len(all), median(all), all[0], all[len(all)-1])
	return nil
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// threeOf writes the median of some numbers, and the least and the greatest.
func threeOf(x []float64) string {
	s := slices.Sorted(slices.Values(x))
	return fmt.Sprintf("%.4g (%.4g, %.4g)", s[len(s)/2], s[0], s[len(s)-1])
}
