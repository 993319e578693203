package source

import (
	"context"

	"github.com/beamline-go/beamline/internal/fault"
)

// Rows reads the rows of sources one block after the other, for what takes a table as a
// whole.
type Rows struct {
	why     string   // a record that was refused is a fault
	sources []Source // those that were not begun
	wanted  Wanted
	name    string // of the one that is read
	plan    Plan
	blocks  Blocks // nil before the first block of a source
	next    int
	cells   []string
}

// NewRows reads columns of sources. why says why all of their records are needed.
func NewRows(sources []Source, columns []string, why string) *Rows {
	return &Rows{why: why, sources: sources, wanted: Wanted{Columns: columns}, cells: make([]string, len(columns))}
}

// Block calls use with the cells of each row of the next block, which last until use
// returns, and reports whether there was a block. A record that was refused is a fault.
func (r *Rows) Block(ctx context.Context, use func(cells []string) error) (some bool, err error) {
	for r.blocks == nil || r.next == len(r.plan.Grid.Blocks) {
		r.Close()
		if len(r.sources) == 0 {
			return false, nil
		}
		x := r.sources[0]
		r.sources, r.next, r.name = r.sources[1:], 0, x.Name()
		if r.plan, err = x.Plan(ctx); err != nil {
			return false, err
		}
		if r.blocks, err = x.Open(ctx, r.plan, r.wanted); err != nil {
			r.blocks = nil
			return false, err
		}
	}
	b, err := r.blocks.Read(ctx, r.next)
	if err != nil {
		return false, err
	}
	r.next++
	if len(b.Rejects) > 0 {
		return false, fault.Dataf("%s: row %d: %s; %s", r.name, b.Rejects[0].Row, b.Rejects[0].Reason, r.why)
	}
	for i := range b.Len() {
		for c := range r.cells {
			r.cells[c] = b.Text(c).Value(i)
		}
		if err := use(r.cells); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Close lets go of what is open.
func (r *Rows) Close() {
	if r.blocks != nil {
		r.blocks.Close()
	}
	r.blocks = nil
}
