package sourcetest_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// The source of this example is the whole numbers up to a last one. It stands for a
// package of its own, with a line in each of the lists sources and finders of systems.

// Numbers is the source: what is exported travels to workers.
type Numbers struct{ Last int64 }

// perBlock is how many numbers a block has.
const perBlock = 100

func (n *Numbers) Name() string      { return fmt.Sprint("numbers to ", n.Last) }
func (n *Numbers) String() string    { return "whole numbers" }
func (n *Numbers) Columns() []string { return []string{"number"} }

func (n *Numbers) version() string { return strconv.FormatInt(n.Last, 10) }

func (n *Numbers) Plan(context.Context) (source.Plan, error) {
	p := source.Plan{Version: source.Version{Token: n.version(), Generation: n.version()}}
	p.Grid.Records = n.Last
	for first := int64(1); first <= n.Last; first += perBlock {
		p.Grid.Blocks = append(p.Grid.Blocks, grid.Block{First: first, Row: first})
	}
	return p, nil
}

func (n *Numbers) Open(_ context.Context, p source.Plan, w source.Wanted) (source.Blocks, error) {
	if p.Version.Token != n.version() {
		return nil, fmt.Errorf("%s: they were %s when the work was planned", n.Name(), p.Version.Token)
	}
	return &numbers{n, p, w}, nil
}

type numbers struct {
	*Numbers
	plan   source.Plan
	wanted source.Wanted
}

func (n *numbers) Read(ctx context.Context, block int) (table.Batch, error) {
	first := n.plan.Grid.Blocks[block].First
	cells := make([]vector.Text, len(n.wanted.Columns))
	for i := first; i < first+perBlock && i <= n.Last; i++ {
		for c, name := range n.wanted.Columns {
			if name == "number" {
				cells[c].AppendString(strconv.FormatInt(i, 10))
			} else {
				cells[c].AppendString("")
			}
		}
	}
	b := table.Batch{Position: table.Position{Input: n.wanted.Input, Sequence: int64(block)}, Source: n.Name(), First: first}
	b.Record = vector.Texts(cells).Record(n.wanted.Columns, int(min(first+perBlock-1, n.Last)-first+1))
	return b, ctx.Err()
}

func (n *numbers) Close() error { return nil }

func TestExample(t *testing.T) { sourcetest.Run(t, &Numbers{Last: 750}, "") }
