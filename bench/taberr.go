package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// otherErrors puts errors into right tables by a generator that is not ours.
func (b *bench) otherErrors() error {
	b.say("\n## Errors of another generator\n")
	if b.taberr == "" {
		b.say("Not measured: bench/taberr.txt is not installed.\n")
		return nil
	}
	out := filepath.Join(b.dir, "taberr")
	if text, err := exec.Command(b.taberr, "bench/taberr.py", b.data, out).CombinedOutput(); err != nil {
		return fmt.Errorf("taberr.py: %w: %s", err, text)
	}
	b.say("tab-err 0.2.1 (`bench/taberr.py`) in seven tables; P and R are means over the tables, with each table's R behind. A text such as NA that becomes an empty cell counts as no change.\n")
	b.say("| kind | rate | P | R | right cells damaged | R of each table |\n|---|---|---|---|---|---|")
	for _, kind := range []string{"typo", "extraneous", "unit", "permutation", "swap"} {
		for _, rate := range []string{"0.01", "0.05", "0.20"} {
			if err := b.otherKind(filepath.Join(out, kind, rate), kind, rate); err != nil {
				return err
			}
		}
	}
	b.say("\nOutliers, of which each is told and none is changed; false are those told that are right, a thousand cells:\n")
	b.say("| rate | recall | false | recall of each table |\n|---|---|---|---|")
	for _, rate := range []string{"0.01", "0.05", "0.20"} {
		if err := b.outliers(filepath.Join(out, "outlier", rate), rate); err != nil {
			return err
		}
	}
	return nil
}

// outliers counts the cells that are told of as outliers.
func (b *bench) outliers(folder, rate string) error {
	tables, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	recall, wrong, cells := 0.0, 0, 0
	var each []string
	for _, t := range tables {
		dirty, clean, err := readPair(t)
		if err != nil {
			return err
		}
		_, _, proposals, err := cleanAndPropose(dirty)
		if err != nil {
			return err
		}
		found := 0
		for _, p := range outliersOf(proposals) {
			if dirty.rows[p.row][p.column] != clean.rows[p.row][p.column] {
				found++
			} else {
				wrong++
			}
		}
		s := compareExact(dirty.rows, clean.rows, dirty.rows)
		cells += s.cells
		r := share(found, s.errors)
		recall += r / float64(len(tables))
		each = append(each, fmt.Sprintf("%s %.2f", filepath.Base(t), r))
	}
	b.say("| %s | %.3f | %.1f | %s |", rate, recall, 1000*share(wrong, cells), strings.Join(each, ", "))
	return nil
}

func outliersOf(proposals []was) []was {
	return slices.DeleteFunc(proposals, func(w was) bool { return w.rule != "outlier" })
}

func (b *bench) otherKind(folder, kind, rate string) error {
	tables, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	var precision, recall float64
	written, damaged, right := 0, 0, 0
	var each []string
	for _, t := range tables {
		dirty, clean, err := readPair(t)
		if err != nil {
			return err
		}
		mended, _, err := cleanText(dirty)
		if err != nil {
			return err
		}
		s := compareExact(dirty.rows, clean.rows, mended)
		if s.changed > 0 {
			precision += share(s.right, s.changed)
			written++
		}
		r := share(s.right, s.errors)
		recall += r / float64(len(tables))
		damaged += s.damaged
		right += s.cells - s.errors
		each = append(each, fmt.Sprintf("%s %.2f", filepath.Base(t), r))
	}
	b.say("| %s | %s | %.3f | %.3f | %.4f %% | %s |", kind, rate, precision/float64(max(1, written)), recall, 100*share(damaged, right), strings.Join(each, ", "))
	return nil
}
