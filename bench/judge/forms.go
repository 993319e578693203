package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/inject"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/parallel"
)

// formRate is the share of the cells that are written otherwise, where they can be.
const formRate = 0.03

// formRows is how many rows of a table are looked at.
const formRows = 2000

// held is what the changes of rules were held against: by rule, for each column with any
// the share of them that are right.
type held map[string][]float64

func (h held) add(o held) {
	for rule, shares := range o {
		h[rule] = append(h[rule], shares...)
	}
}

// forms writes how often the changes of each rule are right: of tables with known errors, and
// of tables that are right of which some cells are written otherwise.
func forms(folder, pairs, out string) error {
	paths, err := developing(folder)
	if err != nil {
		return err
	}
	all, err := knownErrors(pairs)
	if err != nil {
		return err
	}
	results := make([]held, len(paths))
	parallel.Each(len(paths), func(i int) {
		var err error
		if results[i], err = formsOf(paths[i], i); err != nil {
			fmt.Fprintln(os.Stderr, "judge:", err)
		}
	})
	for _, r := range results {
		all.add(r)
	}
	return all.write(out)
}

// write puts what was held into a file, and shows it.
func (h held) write(out string) error {
	file := map[string]clean.Measured{}
	for _, rule := range slices.Sorted(maps.Keys(h)) {
		m := clean.Measured{Columns: len(h[rule])}
		for _, share := range h[rule] {
			m.Right += share
		}
		m.Right = number.Round(m.Right, 3)
		file[rule] = m
		fmt.Printf("%s: %.1f of %d columns right\n", rule, m.Right, m.Columns)
	}
	data, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(data, '\n'), 0o644)
}

// formsOf writes the cells of a table otherwise, in one way at a time, and holds what cleaning
// makes of it against the table. What it changes in the table as it was published is left out:
// nobody says whether that is right.
func formsOf(path string, i int) (held, error) {
	columns, rows, err := read(path)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	rows = rows[:min(len(rows), formRows, max(100, mostCells/len(columns)))]
	out := held{}
	published, err := changes(columns, rows)
	if err != nil {
		return nil, err
	}
	for k, form := range inject.Forms {
		dirty := inject.Spoil(rows, form, formRate, uint64(i*100+k))
		h, err := against(columns, dirty, rows, published, form.Moves)
		if err != nil {
			return out, err
		}
		out.add(h)
	}
	return out, nil
}

// knownErrors are tables of a folder each with dirty.csv and clean.csv.
func knownErrors(folder string) (held, error) {
	out := held{}
	dirs, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		columns, dirty, err := read(filepath.Join(folder, d.Name(), "dirty.csv"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		_, right, err := read(filepath.Join(folder, d.Name(), "clean.csv"))
		if err != nil {
			return nil, err
		}
		h, err := against(columns, dirty, right, nil, false)
		if err != nil {
			return nil, err
		}
		out.add(h)
	}
	return out, nil
}

// place is a cell.
type place struct{ row, column int }

// changed is what became of a cell, and by which rules.
type changed struct {
	to    string
	rules []string
}

// changes are those that cleaning makes of a table.
func changes(columns []string, rows [][]string) (map[place]changed, error) {
	plan, err := clean.Learn(learnable(columns, rows), clean.Options{})
	if err != nil {
		return nil, err
	}
	cleaner, err := plan.Cleaner(columns)
	if err != nil {
		return nil, err
	}
	out := map[place]changed{}
	for i, row := range rows {
		cleaner.Row(slices.Clone(row), func(k int, e clean.Edit) {
			at := place{i, k}
			c := out[at]
			out[at] = changed{e.New, append(c.rules, e.Rule)}
		})
	}
	return out, nil
}

// moving are the rules that put values into other cells.
var moving = []string{"swap", "shift", "coordinate"}

// against holds the changes of a table against what is right, but for those of some cells. A
// cell that several rules change counts for each of them; one that has another cell's value,
// where values were moved, for the rules that move them back.
func against(columns []string, dirty, right [][]string, but map[place]changed, moved bool) (held, error) {
	made, err := changes(columns, dirty)
	if err != nil {
		return nil, err
	}
	type lot struct{ right, cells int }
	lots := map[string]map[int]*lot{}
	for at, c := range made {
		if _, ok := but[at]; ok {
			continue
		}
		moved := moved && dirty[at.row][at.column] != right[at.row][at.column]
		for _, rule := range c.rules {
			if moved && !slices.Contains(moving, rule) {
				continue
			}
			if lots[rule] == nil {
				lots[rule] = map[int]*lot{}
			}
			l := lots[rule][at.column]
			if l == nil {
				l = &lot{}
				lots[rule][at.column] = l
			}
			l.cells++
			if tidy(c.to) == tidy(right[at.row][at.column]) {
				l.right++
			}
		}
	}
	out := held{}
	for _, rule := range slices.Sorted(maps.Keys(lots)) {
		for _, k := range slices.Sorted(maps.Keys(lots[rule])) {
			l := lots[rule][k]
			out[rule] = append(out[rule], float64(l.right)/float64(l.cells))
		}
	}
	return out, nil
}

func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }
