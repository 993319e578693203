package sink

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/table"
)

// Target is a table of a system that takes the rows of a run as a whole: all of them and a
// row that names the run, or nothing. Writing the same rows again changes nothing.
type Target interface {
	// Name is as the user gave it, without what is secret.
	Name() string
	// Check fails where rows of those columns could not be written, so that it is known
	// before they are made. key is the column that names a row where the user names none; it may be empty.
	Check(ctx context.Context, columns *arrow.Schema, key string) error
	// Write writes the rows.
	Write(ctx context.Context, rows Rows, columns *arrow.Schema, run Run) (Taken, error)
}

// Run is what is known of a run in the table that it writes.
type Run struct {
	Key     string    // the column that names a row where the user names none
	ID      string    // equal for runs of the same inputs, model and settings
	Command string    // such as score
	Model   string    // id of the artifact; may be empty
	Version string    // of Beamline
	At      time.Time // when it began
	Rejects float64   // share of the rows that may be refused
}

// Taken is what a target took.
type Taken struct {
	Rows    int64 `json:"rows"`    // that it holds of the run
	Keyless int64 `json:"keyless"` // that have no key, and were left out
	// Refused are rows that the system does not take, and Rejects some of them with the
	// reasons. A system that can't tell them from others takes no row, which is an error.
	Refused int64          `json:"refused,omitempty"`
	Rejects []table.Reject `json:"-"`
}

// Keyed calls use with each run of rows of a batch whose cells in the columns of the key
// are all there, and returns how many others there are.
func Keyed(b table.Batch, key []int, use func(rows arrow.RecordBatch) error) (without int64, err error) {
	whole := func(i int) bool {
		for _, k := range key {
			c := b.Record.Column(k)
			if c.IsNull(i) {
				return false
			}
			if s, ok := c.(*array.String); ok && s.Value(i) == "" {
				return false
			}
		}
		return true
	}
	n := b.Len()
	for from := 0; from < n; {
		if !whole(from) {
			without++
			from++
			continue
		}
		to := from + 1
		for to < n && whole(to) {
			to++
		}
		if err := use(b.Record.NewSlice(int64(from), int64(to))); err != nil {
			return without, err
		}
		from = to
	}
	return without, nil
}

// Stamped returns rows with columns of text behind them that have one value each.
func Stamped(r arrow.RecordBatch, names, values []string) arrow.RecordBatch {
	if len(names) == 0 {
		return r
	}
	columns, fields := append([]arrow.Array{}, r.Columns()...), append([]arrow.Field{}, r.Schema().Fields()...)
	for i, name := range names {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		for range r.NumRows() {
			b.Append(values[i])
		}
		columns, fields = append(columns, b.NewArray()), append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, r.NumRows())
}
