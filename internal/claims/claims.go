// Package claims generates tables of which the truth is known, and judges what training
// says of itself against what the artifact does on records that nobody saw: the metric,
// the log loss beside that of a constant, and the coverage of intervals.
package claims

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Table is a table to learn from, and records of the same kind that are held out.
type Table struct {
	Name        string
	Structure   string // one of Structures
	Train, Held []byte // CSV; the target is y
	// Level is what intervals are asked to hold.
	Level float64
	// Units and HeldUnits are how many things the records are of that are independent.
	Units, HeldUnits int
}

// Structures are the ways in which records hang together.
var Structures = []string{"independent", "repeats", "groups", "series"}

// tasks are what is predicted.
var tasks = []string{"quantity", "rare class", "two classes", "three classes"}

// levels are what intervals are asked to hold.
var levels = []float64{0.9, 0.8, 0.95}

// heldUnits is how many independent records are held out.
const heldUnits = 1500

// Make generates the i-th table of a seed. Sizes are from least to most records.
func Make(i int, seed uint64, least, most int) Table {
	rng := rand.New(rand.NewPCG(seed, uint64(i)))
	g := maker{rng: rng, structure: Structures[i%len(Structures)], task: tasks[i/len(Structures)%len(tasks)],
		strength: []float64{0, 0.3, 1, 3}[rng.IntN(4)], levels: []int{3, 8, 50}[rng.IntN(3)], dirt: rng.IntN(3) == 0}
	n := int(float64(least) * math.Pow(float64(most)/float64(least), rng.Float64()))
	g.draw()
	t := Table{Structure: g.structure, Level: levels[i/len(Structures)/len(tasks)%len(levels)], Name: fmt.Sprintf("%d: %s, %s, strength %v, %d levels, %d records, dirt %v", i, g.structure, g.task, g.strength, g.levels, n, g.dirt)}
	switch g.structure {
	case "repeats":
		t.Units, t.HeldUnits = n/3, heldUnits
		t.Train, t.Held = g.table(t.Units, 3), g.table(heldUnits, 1)
	case "groups":
		t.Units, t.HeldUnits = n/6, heldUnits/4
		t.Train, t.Held = g.table(t.Units, 6), g.table(t.HeldUnits, 6)
	case "series":
		all := n + n/6
		rows := g.rows(all, 1)
		t.Units, t.HeldUnits = 1, 1 // one course of things
		t.Train, t.Held = g.write(rows[:n]), g.write(rows[n:])
	default:
		t.Units, t.HeldUnits = n, heldUnits
		t.Train, t.Held = g.table(n, 1), g.table(heldUnits, 1)
	}
	return t
}

// maker generates records of one kind.
type maker struct {
	rng             *rand.Rand
	structure, task string
	strength        float64 // of the signal, in deviations of the noise
	levels          int
	dirt            bool
	slope           []float64
	effect          []float64 // of the levels
	things          int       // that were made
}

func (g *maker) draw() {
	for range 3 {
		g.slope = append(g.slope, g.rng.NormFloat64())
	}
	for range g.levels {
		g.effect = append(g.effect, g.rng.NormFloat64())
	}
}

// table is records of so many things, each of them times over.
func (g *maker) table(things, each int) []byte { return g.write(g.rows(things, each)) }

type record struct {
	x     []float64
	level int
	thing int
	score float64 // what the target comes from
}

func (g *maker) rows(things, each int) (out []record) {
	walk := 0.0
	for range things {
		g.things++
		own := g.rng.NormFloat64() // of the thing, unknown
		walk += 0.3 * g.rng.NormFloat64()
		for k := range each {
			r := record{x: []float64{g.rng.NormFloat64(), g.rng.NormFloat64(), math.Exp(g.rng.NormFloat64())}, level: g.rng.IntN(g.levels), thing: g.things}
			signal := g.slope[0]*r.x[0] + math.Abs(g.slope[1]*r.x[1]) + g.slope[2]*math.Log(r.x[2]) + g.effect[r.level]
			r.score = g.strength/2*signal + g.rng.NormFloat64()
			switch g.structure {
			case "groups":
				r.score += 2 * own
			case "series":
				r.score += 3 * walk
			case "repeats":
				if k > 0 {
					r = out[len(out)-1]
				}
			}
			out = append(out, r)
		}
	}
	g.rng.Shuffle(len(out), func(i, j int) {
		if g.structure != "series" {
			out[i], out[j] = out[j], out[i]
		}
	})
	return out
}

// write writes records as CSV, with the column that tells how they hang together.
func (g *maker) write(rows []record) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"a", "b", "c", "kind", "noise", "y"}
	switch g.structure {
	case "groups":
		header = append(header, "person")
	case "series":
		header = append(header, "day")
	}
	lines := [][]string{header}
	start := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range rows {
		line := []string{fmt.Sprintf("%.4f", r.x[0]), fmt.Sprintf("%.4f", r.x[1]), fmt.Sprintf("%.3f", r.x[2]), fmt.Sprintf("kind %d", r.level), fmt.Sprint((r.thing * 7919) % 1009), g.target(r.score)}
		switch g.structure {
		case "groups":
			line = append(line, fmt.Sprintf("P%05d", r.thing))
		case "series":
			line = append(line, start.AddDate(0, 0, r.thing).Format(time.DateOnly))
		}
		if g.dirt {
			g.soil(line)
		}
		lines = append(lines, line)
	}
	_ = w.WriteAll(lines) // into memory
	return b.Bytes()
}

func (g *maker) target(score float64) string {
	switch g.task {
	case "quantity":
		return fmt.Sprintf("%.4f", 20+3*score)
	case "rare class":
		return map[bool]string{true: "yes", false: "no"}[score > 2.2]
	case "two classes":
		return map[bool]string{true: "yes", false: "no"}[score > 0.5]
	}
	return []string{"low", "middle", "high"}[min(max(int(math.Floor(score/1.5))+1, 0), 2)]
}

// soil leaves cells out, and misspells some.
func (g *maker) soil(line []string) {
	for k := range 4 {
		if g.rng.IntN(15) == 0 {
			line[k] = ""
		}
	}
	if g.rng.IntN(40) == 0 {
		line[3] = " " + line[3]
	}
}
