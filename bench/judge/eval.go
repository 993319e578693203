package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/splits"
	"github.com/beamline-go/beamline/table"
)

type change struct {
	row, col        int
	old, mended, by string
	conf            float64
}

func cleanAll(path string, rules []string) (columns []string, rows, out [][]string, changes []change, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return
	}
	b, err := csv.ReadBytes(data, filepath.Base(path), csv.Settings{})
	if err != nil {
		return
	}
	columns, rows = csv.TextRows(b.Record)
	batch := table.Batch{First: 1, Record: csv.TextRecord(columns, rows...)}
	var p profile.Table
	p.Add(batch, profile.Reading{})
	var s sample.Rows
	s.Add(batch)
	t := clean.NewTable(&s, profile.Infer(p, profile.Options{}), nil)
	plan, err := clean.Learn(t, clean.Options{Rules: rules})
	if err != nil {
		return
	}
	cl, err := plan.Cleaner(columns)
	if err != nil {
		return
	}
	for i, r := range rows {
		m := slices.Clone(r)
		cl.Row(m, func(c int, e clean.Edit) {
			changes = append(changes, change{i, c, e.Old, e.New, e.Rule, e.Confidence})
		})
		out = append(out, m)
	}
	return
}

func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

func fileOdds(path string) {
	columns, rows, err := read(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	t := learnable(columns, rows)
	for _, s := range clean.SlipProposals(t) {
		if s.Odds < 0 {
			continue
		}
		fmt.Printf("%.2f word %v %s: %q (%d) -> %q (%d)", s.Odds, s.Word, s.Column, s.Old, s.Count, s.New, s.Lead)
		for i, n := range clean.SlipEvidence() {
			if s.Evidence[i] != 0 {
				fmt.Printf(" %s=%.2f", n, s.Evidence[i])
			}
		}
		fmt.Println()
	}
	for _, s := range clean.GroupProposals(t) {
		if s.Odds < 0 {
			continue
		}
		fmt.Printf("%.2f group %s row %d: %q -> %q", s.Odds, s.Column, s.Row, s.Old, s.New)
		for i, n := range clean.GroupEvidence() {
			if s.Evidence[i] != 0 {
				fmt.Printf(" %s=%.2f", n, s.Evidence[i])
			}
		}
		fmt.Println()
	}
}

func oddsOf(typos string) {
	paths, _ := filepath.Glob(filepath.Join(typos, "*"))
	for _, p := range paths {
		if !splits.Developing(p) {
			continue
		}
		columns, rows, err := read(filepath.Join(p, "dirty.csv"))
		_, truth, err2 := read(filepath.Join(p, "clean.csv"))
		if err != nil || err2 != nil {
			continue
		}
		t := learnable(columns, rows)
		for _, s := range clean.SlipProposals(t) {
			at := slices.Index(columns, s.Column)
			right := 0
			for _, r := range s.Rows {
				if rows[r][at] != truth[r][at] && s.Mend(rows[r][at]) == truth[r][at] {
					right++
				}
			}
			fmt.Printf("%.2f right %d of %d  word %v %s %s: %q (%d) -> %q (%d)", s.Odds, right, len(s.Rows), s.Word, filepath.Base(p)[:min(12, len(filepath.Base(p)))], s.Column, s.Old, s.Count, s.New, s.Lead)
			for i, n := range clean.SlipEvidence() {
				if s.Evidence[i] != 0 {
					fmt.Printf(" %s=%.2f", n, s.Evidence[i])
				}
			}
			fmt.Println()
		}
	}
}

func pairs(dirs []string, rules []string, verbose string) {
	lines := make([]string, len(dirs))
	parallel.Each(len(dirs), func(i int) {
		_, rows, out, changes, err := cleanAll(filepath.Join(dirs[i], "dirty.csv"), rules)
		_, truth, err2 := read(filepath.Join(dirs[i], "clean.csv"))
		if err != nil || err2 != nil || len(rows) != len(truth) {
			lines[i] = fmt.Sprint(dirs[i], err, err2, len(rows), len(truth), "\n")
			return
		}
		by := map[[2]int]string{}
		for _, c := range changes {
			by[[2]int{c.row, c.col}] += c.by + " "
		}
		var errors, writes, right, damage, cells int
		wrong := map[string]int{}
		for k := range rows {
			for c := range rows[k] {
				d, t, o := tidy(rows[k][c]), tidy(truth[k][c]), tidy(out[k][c])
				cells++
				if d != t {
					errors++
				}
				if d != o {
					writes++
					if o == t {
						right++
					} else {
						wrong[by[[2]int{k, c}]]++
						if verbose == "wrong" {
							lines[i] += fmt.Sprintf("   %q -> %q truth %q (%s)\n", d, o, t, by[[2]int{k, c}])
						}
					}
					if d == t {
						damage++
					}
				} else if d != t && verbose == "missed" {
					lines[i] += fmt.Sprintf("   col %d %q truth %q\n", c, d, t)
				}
			}
		}
		p, r := float64(right)/float64(max(1, writes)), float64(right)/float64(max(1, errors))
		lines[i] += fmt.Sprintf("%-40s errors %d writes %d P %.4f R %.4f F1 %.4f damage %d (%.4f%%) wrong by %v\n", dirs[i][max(0, len(dirs[i])-40):], errors, writes, p, r, 2*p*r/(p+r+1e-12), damage, 100*float64(damage)/float64(cells-errors+1), wrong)
	})
	fmt.Print(strings.Join(lines, ""))
}

func eval(right, typos string, rules []string, verbose string) {
	for _, dev := range []bool{true, false} {
		name := map[bool]string{true: "developing", false: "measuring"}[dev]
		paths, _ := filepath.Glob(filepath.Join(typos, "*"))
		paths = slices.DeleteFunc(paths, func(p string) bool { return splits.Developing(p) != dev })
		type res struct {
			errors, writes, right, damage, cells int
			log                                  string
		}
		all := make([]res, len(paths))
		parallel.Each(len(paths), func(i int) {
			_, rows, out, changes, err := cleanAll(filepath.Join(paths[i], "dirty.csv"), rules)
			_, truth, _, _, err2 := cleanAll(filepath.Join(paths[i], "clean.csv"), []string{"whitespace"})
			if err != nil || err2 != nil || len(truth) != len(rows) {
				fmt.Println("skip", paths[i], err, err2, len(truth), len(rows))
				return
			}
			by := map[[2]int]string{}
			for _, c := range changes {
				by[[2]int{c.row, c.col}] += c.by + " "
			}
			r := &all[i]
			for k := range rows {
				for c := range rows[k] {
					d, t, o := tidy(rows[k][c]), tidy(truth[k][c]), tidy(out[k][c])
					r.cells++
					if d != t {
						r.errors++
					}
					if d != o {
						r.writes++
						if o == t {
							r.right++
						} else if verbose == "wrong" {
							r.log += fmt.Sprintf("    %s %q -> %q truth %q (%s)\n", filepath.Base(paths[i])[:min(20, len(filepath.Base(paths[i])))], d, o, t, by[[2]int{k, c}])
						}
						if d == t {
							r.damage++
						}
					} else if d != t && verbose == "missed" {
						r.log += fmt.Sprintf("    %s col %d %q truth %q\n", filepath.Base(paths[i])[:min(20, len(filepath.Base(paths[i])))], c, d, t)
					}
				}
			}
		})
		var s res
		f1, rec := 0.0, 0.0
		for i, r := range all {
			s.errors += r.errors
			s.writes += r.writes
			s.right += r.right
			s.damage += r.damage
			s.cells += r.cells
			if r.errors > 0 && r.right > 0 {
				p, q := float64(r.right)/float64(r.writes), float64(r.right)/float64(r.errors)
				f1 += 2 * p * q / (p + q) / float64(len(all))
				rec += q / float64(len(all))
			}
			if dev || verbose == "all" {
				fmt.Print(r.log)
			}
			if verbose == "tables" {
				fmt.Printf("  %-40s errors %d writes %d right %d R %.3f\n", filepath.Base(paths[i])[:min(40, len(filepath.Base(paths[i])))], r.errors, r.writes, r.right, float64(r.right)/float64(max(1, r.errors)))
			}
		}
		fmt.Printf("typos %s: errors %d writes %d P %.4f R %.3f damage %d (%.4f%%) macro R %.3f F1 %.3f\n", name, s.errors, s.writes, float64(s.right)/float64(s.writes), float64(s.right)/float64(s.errors), s.damage, 100*float64(s.damage)/float64(s.cells), rec, f1)
		paths, _ = filepath.Glob(filepath.Join(right, "*.csv"))
		paths = slices.DeleteFunc(paths, func(p string) bool { return splits.Developing(p) != dev })
		counts := make([]map[string]int, len(paths))
		cells := make([]int, len(paths))
		logs := make([]string, len(paths))
		parallel.Each(len(paths), func(i int) {
			columns, rows, _, changes, err := cleanAll(paths[i], rules)
			if err != nil {
				return
			}
			cells[i] = len(rows) * len(columns)
			counts[i] = map[string]int{}
			seen := map[string]int{}
			for _, c := range changes {
				counts[i][c.by]++
				k := fmt.Sprintf("%s | %s | %s: %q -> %q %.3f", c.by, filepath.Base(paths[i])[:min(30, len(filepath.Base(paths[i])))], columns[c.col], c.old, c.mended, c.conf)
				if strings.Contains("whitespace missing_token encoding number unit", c.by) {
					continue
				}
				if seen[k]++; seen[k] == 1 {
					logs[i] += "    " + k + "\n"
				}
			}
		})
		total, n := map[string]int{}, 0
		for i := range paths {
			n += cells[i]
			for k, v := range counts[i] {
				total[k] += v
			}
			if verbose == "right" && dev || verbose == "rightall" {
				fmt.Print(logs[i])
			}
		}
		fmt.Printf("right %s: %d cells, changed %v; spelling %.4f%% dependency %.4f%%\n", name, n, total, 100*float64(total["spelling"])/float64(n), 100*float64(total["dependency"])/float64(n))
	}
}
