// Package parquetrows reads Parquet files as batches of text, a slice of a row
// group at a time. Members of structs become columns by their path, such as
// address.city; lists and maps become JSON text.
package parquetrows

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// sliceRows is how many rows a block has at most, so that memory does not follow
// the size of row groups.
const sliceRows = 64 << 10

// Magic begins and ends a Parquet file.
const Magic = "PAR1"

// open reads the footer.
func open(src io.ReaderAt, size int64) (*pqarrow.FileReader, error) {
	f, err := file.NewParquetReader(io.NewSectionReader(src, 0, size), file.WithReadProps(parquet.NewReaderProperties(limited(size))))
	if err != nil {
		return nil, err
	}
	if err := trusted(f.MetaData(), size); err != nil {
		return nil, err
	}
	return pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: sliceRows}, limited(size))
}

// limited gives memory for what is read from a file of a size.
func limited(size int64) memory.Allocator {
	return arrowtext.Limited{Allocator: memory.NewGoAllocator(), Most: arrowtext.MostBuffer(size)}
}

// trusted looks at the lengths and places that the footer gives, before anything
// is allocated by them.
func trusted(m *metadata.FileMetaData, size int64) error {
	if s := m.KeyValueMetadata().FindValue("ARROW:schema"); s != nil {
		b, err := base64.StdEncoding.DecodeString(*s)
		if err == nil {
			err = arrowtext.TrustedSchema(b)
		}
		if err != nil {
			return err
		}
	}
	for g := range m.NumRowGroups() {
		group := m.RowGroup(g)
		for c := range group.NumColumns() {
			chunk, err := group.ColumnChunk(c)
			if err != nil {
				return err
			}
			begin, length := chunk.DataPageOffset(), chunk.TotalCompressedSize()
			if chunk.HasDictionaryPage() && chunk.DictionaryPageOffset() > 0 {
				begin = min(begin, chunk.DictionaryPageOffset())
			}
			if begin < 0 || length < 0 || begin > size || length > size-begin || chunk.NumValues() < 0 || chunk.TotalUncompressedSize() < 0 {
				return fmt.Errorf("row group %d, column %d: %d bytes at %d in a file of %d", g, c, length, begin, size)
			}
		}
	}
	return nil
}

// kind is what errors call the files.
const kind = "Parquet"

// Detect returns the columns of a file.
func Detect(src io.ReaderAt, size int64, source string) (columns []string, err error) {
	return arrowtext.Detect(kind, source, func() (*arrow.Schema, error) {
		f, err := open(src, size)
		if err != nil {
			return nil, err
		}
		return f.Schema()
	})
}

// NewPlan returns the grid of a file: a block is a slice of a row group. Its
// First is the number of the row group, and its Line the rows of the group before
// it.
func NewPlan(src io.ReaderAt, size int64, source string) (plan grid.Plan, err error) {
	err = arrowtext.Safely(kind, source, func() error {
		f, err := open(src, size)
		if err != nil {
			return err
		}
		meta := f.ParquetReader()
		for g := range meta.NumRowGroups() {
			rows := meta.RowGroup(g).NumRows()
			if rows < 0 {
				return fmt.Errorf("row group %d has %d rows", g, rows)
			}
			for at := int64(0); at < rows; at += sliceRows {
				plan.Blocks = append(plan.Blocks, grid.Block{First: int64(g), Row: plan.Records + at + 1, Line: at})
			}
			plan.Records += rows
		}
		plan.Size = size
		plan.BlockSize = (size + int64(len(plan.Blocks))) / int64(max(len(plan.Blocks), 1))
		return nil
	})
	return plan, err
}

// Reader reads the blocks of one file. Those that follow each other are read
// without going back.
type Reader struct {
	Plan    grid.Plan
	Source  string   // as the user named it
	File    int      // index of the source in its table
	Columns []string // of the batches

	group int64 // the row group that records reads
	next  int64 // the row of it that comes next
	rows  pqarrow.RecordReader
}

// Block reads block b. Cells of the batch are texts; a null is empty. A file that
// is damaged is a fault of the data.
func (r *Reader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	block := r.Plan.Blocks[b]
	out := table.Batch{Position: table.Position{Input: r.File, Sequence: int64(b)}, Source: r.Source, First: block.Row}
	err := arrowtext.Safely(kind, r.Source, func() error {
		if r.rows == nil || r.group != block.First || r.next > block.Line {
			if err := r.begin(src, int(block.First)); err != nil {
				return err
			}
		}
		for {
			record, err := r.rows.Read()
			if err != nil {
				return fmt.Errorf("row group %d, row %d: %w", r.group, r.next, err)
			}
			at := r.next
			r.next += record.NumRows()
			if at == block.Line {
				out.Record, err = arrowtext.Texts(record, r.Columns)
				return err
			}
			if r.next > block.Line {
				return fmt.Errorf("row group %d has slices of other sizes than %d rows", r.group, sliceRows)
			}
		}
	})
	return out, err
}

// leaves are the stored columns that the reader's columns are made of. The pages of
// others are not read.
func (r *Reader) leaves(f *file.Reader) []int {
	out := []int{}
	for i := range f.MetaData().Schema.NumColumns() {
		path := f.MetaData().Schema.Column(i).Path()
		if slices.ContainsFunc(r.Columns, func(c string) bool { return path == c || strings.HasPrefix(path, c+".") }) {
			out = append(out, i)
		}
	}
	if len(out) == 0 { // something must say how many rows there are
		out = append(out, 0)
	}
	return out
}

// begin opens a row group.
func (r *Reader) begin(src io.ReaderAt, group int) error {
	f, err := open(src, r.Plan.Size)
	if err != nil {
		return err
	}
	r.rows, err = f.GetRecordReader(context.Background(), r.leaves(f.ParquetReader()), []int{group})
	r.group, r.next = int64(group), 0
	return err
}
