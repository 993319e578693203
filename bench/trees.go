package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
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
	took, auc := map[string][]float64{}, map[string]float64{}
	for range b.runs {
		for _, tool := range tools {
			seconds, a, err := 0.0, 0.0, error(nil)
			if tool == "beamline" {
				seconds, a, err = boosted(learned, held)
			} else {
				seconds, a, err = b.treesOfPeer(tool, data, s.columns)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", tool, err)
			}
			took[tool], auc[tool] = append(took[tool], seconds), a
		}
	}
	b.say("| %d rows x %d columns | CPU seconds, median | least, most | AUC |\n|---|---|---|---|", s.rows, s.columns)
	for _, tool := range tools {
		t := slices.Sorted(slices.Values(took[tool]))
		b.say("| %s | %.1f | %.1f, %.1f | %.5f |", tool, t[len(t)/2], t[0], t[len(t)-1], auc[tool])
	}
	b.say("")
	return nil
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
func boosted(learned, held numbers) (seconds, auc float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	debug.FreeOSMemory()
	l := trees.NewBoosting(trees.Slow)
	settings := l.Defaults(len(learned.y), 2).With(learn.Settings{"trees": treeRounds, "rate": .1, "leaves": 255, "min_leaf": 20, "lambda": 1, "columns": 1, "rows": 1, "held": 0})
	e := learn.Examples{Frame: learned.frame(), Y: learned.y, Classes: 2, Seed: 1}
	before := cpuSeconds()
	p, err := l.Fit(e, settings)
	seconds = cpuSeconds() - before
	if err != nil {
		return 0, 0, err
	}
	out := make([]float64, 2*len(held.y))
	if err := p.Predict(held.frame(), out); err != nil {
		return 0, 0, err
	}
	return seconds, training.Goal{Metric: metrics.AUC, Labels: []string{"0", "1"}}.Measure(metrics.AUC, held.y, out), nil
}

// treesOfPeer trains with another tool, which prints its seconds and its AUC.
func (b *bench) treesOfPeer(tool, data string, columns int) (seconds, auc float64, err error) {
	said, err := exec.Command(b.peers, "bench/trees.py", tool, data, strconv.Itoa(columns), strconv.Itoa(treeRounds)).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("trees.py: %w", err)
	}
	var got struct{ Seconds, AUC float64 }
	err = json.Unmarshal(said, &got)
	return got.Seconds, got.AUC, err
}
