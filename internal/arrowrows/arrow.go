// Package arrowrows reads Arrow IPC files (Feather 2) as batches of text, a record
// batch at a time.
package arrowrows

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// Magic begins and ends an Arrow IPC file.
const Magic = "ARROW1"

// open reads the footer, once the places that it gives are known to lie in the file.
func open(src io.ReaderAt, size int64) (*ipc.FileReader, error) {
	if err := arrowtext.Trusted(src, size, Magic); err != nil {
		return nil, err
	}
	return ipc.NewFileReader(io.NewSectionReader(src, 0, size), ipc.WithAllocator(arrowtext.Limited{Allocator: memory.NewGoAllocator(), Most: arrowtext.MostBuffer(size)}))
}

// kind is what errors call the files.
const kind = "Arrow"

// Detect returns the columns of a file.
func Detect(src io.ReaderAt, size int64, source string) (columns []string, err error) {
	return arrowtext.Detect(kind, source, func() (*arrow.Schema, error) {
		f, err := open(src, size)
		if err != nil {
			return nil, err
		}
		return f.Schema(), nil
	})
}

// NewPlan returns the grid of a file: a block is a record batch, and its First the
// number of the batch.
func NewPlan(src io.ReaderAt, size int64, source string) (plan grid.Plan, err error) {
	err = arrowtext.Safely(kind, source, func() error {
		f, err := open(src, size)
		if err != nil {
			return err
		}
		for i := range f.NumRecords() {
			r, err := f.RecordBatchAt(i)
			if err != nil {
				return err
			}
			plan.Blocks = append(plan.Blocks, grid.Block{First: int64(i), Row: plan.Records + 1})
			plan.Records += r.NumRows()
			r.Release()
		}
		plan.Size = size
		plan.BlockSize = (size + int64(len(plan.Blocks))) / int64(max(len(plan.Blocks), 1))
		return nil
	})
	return plan, err
}

// Reader reads the blocks of one file.
type Reader struct {
	Plan    grid.Plan
	Source  string   // as the user named it
	File    int      // index of the source in its table
	Columns []string // of the batches

	file *ipc.FileReader
}

// Block reads block b. Cells of the batch are texts; a null is empty.
func (r *Reader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	block := r.Plan.Blocks[b]
	out := table.Batch{Position: table.Position{Input: r.File, Sequence: int64(b)}, Source: r.Source, First: block.Row}
	err := arrowtext.Safely(kind, r.Source, func() error {
		var err error
		if r.file == nil {
			if r.file, err = open(src, r.Plan.Size); err != nil {
				return err
			}
		}
		record, err := r.file.RecordBatchAt(int(block.First))
		if err != nil {
			return err
		}
		defer record.Release()
		out.Record, err = arrowtext.Texts(record, r.Columns)
		return err
	})
	return out, err
}
