package main

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/models/trees"
)

// Tables of numbers that trees are grown over: rows to learn from, of so many columns, and
// rows to be held to.
const (
	treeHeld   = 200_000
	treeRounds = 100
)

// shape is a table of numbers.
type shape struct{ rows, columns int }

// trees trains boosted trees of 255 leaves, one thread, beside other tools.
func (b *bench) trees() error {
	b.say("\n## Boosted trees: %d of 255 leaves, one thread\n", treeRounds)
	b.say("Numbers with a target of two classes, drawn from a fixed seed; at most 255 bins, rate 0.1, 20 rows a leaf. CPU seconds of the process while it bins and trains, without reading the data; AUC on %d other rows.\n", treeHeld)
	for _, s := range []shape{{1_000_000, 28}, {100_000, 500}} {
		if err := b.treesOf(s); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) treesOf(s shape) error {
	learned, held := s.draw(s.rows, 1), s.draw(treeHeld/max(s.columns/28, 1), 2)
	data := filepath.Join(b.dir, "trees")
	for name, t := range map[string]numbers{data + ".learn": learned, data + ".held": held} {
		if err := t.write(name); err != nil {
			return err
		}
	}
	tools := []string{"beamline"}
	if b.peers != "" {
		tools = append(tools, "lightgbm", "lightgbm-quantised", "xgboost", "catboost")
	}
	all := map[string][]grown{}
	for range b.runs {
		for _, tool := range tools {
			g, err := grown{}, error(nil)
			if tool == "beamline" {
				g, err = boosted(learned, held)
			} else {
				g, err = b.treesOfPeer(tool, data, s.columns)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", tool, err)
			}
			all[tool] = append(all[tool], g)
		}
	}
	b.say("| %d rows x %d columns | CPU seconds, median | least, most | AUC | microseconds a row to predict, median | least, most |\n|---|---|---|---|---|---|", s.rows, s.columns)
	for _, tool := range tools {
		t, p := spread(all[tool], func(g grown) float64 { return g.Seconds }), spread(all[tool], func(g grown) float64 { return g.Predict / float64(len(held.y)) * 1e6 })
		b.say("| %s | %.1f | %.1f, %.1f | %.5f | %.2f | %.2f, %.2f |", tool, t[1], t[0], t[2], all[tool][0].AUC, p[1], p[0], p[2])
	}
	b.say("")
	return nil
}

// grown is what trees took: CPU seconds to train and to predict the held rows.
type grown struct{ Seconds, Predict, AUC float64 }

// spread is the least, the median and the greatest.
func spread(all []grown, of func(grown) float64) [3]float64 {
	var x []float64
	for _, g := range all {
		x = append(x, of(g))
	}
	slices.Sort(x)
	return [3]float64{x[0], x[len(x)/2], x[len(x)-1]}
}

// numbers is a table of numbers, by column, and a target of two classes.
type numbers struct {
	columns [][]float64
	y       []float64
}

// draw draws rows whose target hangs on twelve of the columns.
func (s shape) draw(rows int, seed uint64) numbers {
	rng := rand.New(rand.NewPCG(seed, 28))
	t := numbers{make([][]float64, s.columns), make([]float64, rows)}
	for j := range t.columns {
		t.columns[j] = make([]float64, rows)
	}
	x := make([]float64, s.columns)
	for i := range rows {
		for j := range x {
			x[j] = float64(float32(rng.NormFloat64()))
			t.columns[j][i] = x[j]
		}
		odds := math.Sin(2*x[0]) + x[1]*x[2] + .5*x[3] + math.Abs(x[4]) - .7*x[5]*x[6]*x[7] + .4*x[8] - .8
		if x[9] > .5 && x[10] < 0 {
			odds += x[11]
		}
		if rng.Float64() < 1/(1+math.Exp(-2*odds)) {
			t.y[i] = 1
		}
	}
	return t
}

// write writes a table as floats of four bytes, row after row, the target last.
func (t numbers) write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	var cell []byte
	for i, y := range t.y {
		cell = cell[:0]
		for _, c := range t.columns {
			cell = appendFloat(cell, c[i])
		}
		out.Write(appendFloat(cell, y)) // its error stays until it is flushed
	}
	return out.Flush()
}

// appendFloat appends the four bytes of a float, the least first.
func appendFloat(dst []byte, x float64) []byte {
	b := math.Float32bits(float32(x))
	return append(dst, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
}

func (t numbers) frame() *features.Frame {
	f := &features.Frame{N: len(t.y)}
	for j, c := range t.columns {
		f.Columns = append(f.Columns, features.Column{Name: fmt.Sprint("x", j), Num: c})
	}
	return f
}

// boosted trains in this process.
func boosted(learned, held numbers) (g grown, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	debug.FreeOSMemory()
	l := trees.NewBoosting(trees.Slow)
	settings := l.Defaults(len(learned.y), 2).With(learn.Settings{"trees": treeRounds, "rate": .1, "leaves": 255, "min_leaf": 20, "lambda": 1, "columns": 1, "rows": 1, "held": 0})
	e := learn.Examples{Frame: learned.frame(), Y: learned.y, Classes: 2, Seed: 1}
	before := cpuSeconds()
	p, err := l.Fit(e, settings)
	if err != nil {
		return g, err
	}
	g.Seconds = cpuSeconds() - before
	rows, out := held.frame(), make([]float64, 2*len(held.y))
	before = cpuSeconds()
	if err := p.Predict(rows, out); err != nil {
		return g, err
	}
	g.Predict = cpuSeconds() - before
	g.AUC = training.Goal{Metric: metrics.AUC, Labels: []string{"0", "1"}}.Measure(metrics.AUC, held.y, out)
	return g, nil
}

// treesOfPeer trains with another tool, which prints what it took.
func (b *bench) treesOfPeer(tool, data string, columns int) (g grown, err error) {
	err = told(&g, nil, b.peers, "bench/trees.py", tool, data, strconv.Itoa(columns), strconv.Itoa(treeRounds))
	return g, err
}
