package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/inject"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/splits"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Settings of the training.
const (
	mostRows  = 8000 // of a table
	mostCells = 300_000
	ridge     = 1e-3 // on standardised evidence, a case
)

// rates are the highest shares of cells with slips, one for each copy of a table.
var rates = []float64{0.004, 0.04, 0.15, 0.3, 0.04, 0.15, 0.3}

// example is a proposal and whether it is right.
type example struct {
	evidence []float64
	right    bool
	table    int
	weight   float64
	word     bool
}

func run(folder, out string) error {
	paths, err := developing(folder)
	if err != nil {
		return err
	}
	slips, groups := examples(paths)
	names := clean.SlipEvidence()
	isWord := func(e example) bool { return e.word }
	words := slices.DeleteFunc(slices.Clone(slips), func(e example) bool { return !e.word })
	slips = slices.DeleteFunc(slips, isWord)
	fills := slices.DeleteFunc(slices.Clone(groups), func(e example) bool { return !e.word })
	gr := slices.DeleteFunc(groups, isWord)
	file := map[string]any{"slip": fit("slip", names, slips), "word": fit("word", names, words), "group": fit("group", clean.GroupEvidence(), gr), "fill": fit("fill", clean.GroupEvidence(), fills)}
	data, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(data, '\n'), 0o644)
}

// developing are the tables of a folder that may be learned from.
func developing(folder string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no CSV files in %q", folder)
	}
	return slices.DeleteFunc(paths, func(p string) bool { return !splits.Developing(p) }), nil
}

// examples are those of all tables, in their order.
func examples(paths []string) (slips, groups []example) {
	type found struct{ slips, groups []example }
	all := make([]found, len(paths))
	parallel.Each(len(paths), func(i int) {
		s, g, err := examplesOf(paths[i], i)
		if err != nil {
			fmt.Fprintln(os.Stderr, "judge:", err)
		}
		all[i] = found{s, g}
	})
	for _, f := range all {
		slips, groups = append(slips, f.slips...), append(groups, f.groups...)
	}
	return slips, groups
}

func examplesOf(path string, i int) (slips, groups []example, err error) {
	columns, rows, err := read(path)
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	rows = rows[:min(len(rows), mostRows, max(100, mostCells/len(columns)))]
	for k := range len(rates) + 1 {
		dirty := rows
		if k > 0 {
			dirty = inject.Slips(rows, rates[k-1], uint64(i*100+k))
		}
		t := learnable(columns, dirty)
		slips = append(slips, judged(clean.SlipProposals(t), columns, dirty, rows, i)...)
		if k > 0 {
			dirty = inject.Dissent(rows, rates[k-1]/10, uint64(i*100+k))
			t = learnable(columns, dirty)
		}
		for _, p := range clean.GroupProposals(t) {
			at := slices.Index(columns, p.Column)
			was, is := rows[p.Row][at], dirty[p.Row][at]
			groups = append(groups, example{p.Evidence, is != was && p.New == was, i, 1, p.Fill})
		}
	}
	return slips, groups, nil
}

// judged holds proposals against the rows as they were.
func judged(proposals []clean.SlipProposal, columns []string, dirty, rows [][]string, table int) (out []example) {
	for _, p := range proposals {
		at := slices.Index(columns, p.Column)
		right, n := 0, 0
		for _, row := range p.Rows {
			n++
			is, was := dirty[row][at], rows[row][at]
			if is != was && p.Mend(is) == was {
				right++
			}
		}
		if spoiled := 2*right > n; spoiled || right == 0 {
			out = append(out, example{p.Evidence, spoiled, table, 1, p.Word})
		}
	}
	return out
}

func read(path string) (columns []string, rows [][]string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	b, err := csv.ReadBytes(data, filepath.Base(path), csv.Settings{})
	if err != nil {
		return nil, nil, err
	}
	columns, rows = vector.Rows(b.Record)
	for _, r := range rows {
		for k, cell := range r {
			r[k] = strings.TrimSpace(cell)
		}
	}
	return columns, rows, nil
}

// learnable is the table that cleaning learns from, with all columns to be mended.
func learnable(columns []string, rows [][]string) *clean.Table {
	batch := table.Batch{First: 1, Record: vector.Record(columns, rows...)}
	var p profile.Table
	p.Add(batch, profile.Reading{})
	s := sample.Rows{Limit: 1 << 30}
	s.Add(batch)
	return clean.NewTable(&s, profile.Infer(p, profile.Options{Key: "\x00"}), nil)
}

// model is what is written.
type model struct {
	Bias     float64            `json:"bias"`
	Evidence map[string]float64 `json:"evidence"`
	Cases    int                `json:"cases"`
	Right    int                `json:"right"`
}

// fit is a logistic regression by Newton's method on standardised evidence, with
// a ridge. It says how well tables that were left out are judged.
func fit(name string, names []string, all []example) model {
	m := model{Evidence: map[string]float64{}, Cases: len(all)}
	for _, e := range all {
		if e.right {
			m.Right++
		}
	}
	if m.Right == 0 || m.Right == len(all) {
		return m
	}
	for fold := range 5 {
		var train, test []example
		for _, e := range all {
			if e.table%5 == fold {
				test = append(test, e)
			} else {
				train = append(train, e)
			}
		}
		w := newton(train)
		var written, right, of int
		for _, e := range test {
			odds := w[0]
			for i, x := range e.evidence {
				odds += w[i+1] * x
			}
			if e.right {
				of++
			}
			if odds >= 2 {
				written++
				if e.right {
					right++
				}
			}
		}
		fmt.Printf("%s, fold %d: of %d right ones %d are taken, and %d wrong ones of %d\n", name, fold, of, right, written-right, len(test)-of)
	}
	w := newton(all)
	m.Bias = number.Round(w[0], 4)
	for i, n := range names {
		m.Evidence[n] = number.Round(w[i+1], 4)
	}
	return m
}

// newton returns the weights, the bias first.
func newton(all []example) []float64 {
	k := len(all[0].evidence)
	mean, sd := make([]float64, k), make([]float64, k)
	for _, e := range all {
		for i, x := range e.evidence {
			mean[i] += x / float64(len(all))
		}
	}
	for _, e := range all {
		for i, x := range e.evidence {
			sd[i] += (x - mean[i]) * (x - mean[i]) / float64(len(all))
		}
	}
	for i := range sd {
		if sd[i] = math.Sqrt(sd[i]); sd[i] < 1e-9 {
			sd[i] = 1
		}
	}
	w := mat.NewVecDense(k+1, nil)
	x := make([]float64, k+1)
	for range 30 {
		gradient := mat.NewVecDense(k+1, nil)
		hessian := mat.NewSymDense(k+1, nil)
		for _, e := range all {
			x[0] = 1
			for i, v := range e.evidence {
				x[i+1] = (v - mean[i]) / sd[i]
			}
			odds := 0.0
			for i, v := range x {
				odds += w.AtVec(i) * v
			}
			p := 1 / (1 + math.Exp(-odds))
			y := 0.0
			if e.right {
				y = 1
			}
			v := mat.NewVecDense(k+1, x)
			gradient.AddScaledVec(gradient, e.weight*(y-p), v)
			hessian.SymRankOne(hessian, e.weight*p*(1-p), v)
		}
		for i := range k {
			penalty := ridge * float64(len(all))
			gradient.SetVec(i+1, gradient.AtVec(i+1)-penalty*w.AtVec(i+1))
			hessian.SetSym(i+1, i+1, hessian.At(i+1, i+1)+penalty)
		}
		hessian.SetSym(0, 0, hessian.At(0, 0)+1e-9)
		var step mat.VecDense
		var chol mat.Cholesky
		if !chol.Factorize(hessian) || chol.SolveVecTo(&step, gradient) != nil {
			break
		}
		w.AddVec(w, &step)
		if mat.Norm(&step, 2) < 1e-6 {
			break
		}
	}
	out := make([]float64, k+1)
	out[0] = w.AtVec(0)
	for i := range k {
		out[i+1] = w.AtVec(i+1) / sd[i]
		out[0] -= out[i+1] * mean[i]
	}
	return out
}
