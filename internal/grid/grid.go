// Package grid cuts a source in blocks of records, always in the same way, so that
// what is read does not depend on who reads which part.
//
// A Plan is made by one pass over a source, or from what the source says of itself;
// it then goes to every worker. A Reader reads any block of it, alone. Every format
// has a grid of its own making: pieces of bytes for texts, row groups for Parquet,
// record batches for Arrow.
package grid

import (
	"fmt"
	"io"

	"github.com/beamline-go/beamline/table"
)

// Limits on what a source may hold.
const (
	MaxRecord  = 16 << 20 // bytes of one record, where nothing else is set
	MaxColumns = 1 << 16
	MaxNames   = 32 << 20 // bytes of the names of all columns
)

// Names are the names of columns as they are found.
type Names struct {
	List  []string
	bytes int
}

// Add adds a column. It is an error where they are more than can be read, or their names
// longer.
func (n *Names) Add(name string) error {
	if n.List = append(n.List, name); len(n.List) > MaxColumns {
		return fmt.Errorf("more than %d columns", MaxColumns)
	}
	if n.bytes += len(name); n.bytes > MaxNames {
		return fmt.Errorf("the names of its columns have more than %d MB", MaxNames>>20)
	}
	return nil
}

// RuleTooLong is the rule by which a record is refused that is longer than a record
// may be.
const RuleTooLong = "record_too_long"

// ReasonTooLong is why a record is refused by RuleTooLong.
func ReasonTooLong(limit int) string {
	return fmt.Sprintf("the record is longer than %d bytes", limit)
}

// Bounds of the grid of a text. A block is large enough that what is done once a
// block costs nothing, and small enough that a small file still has several.
const (
	minBlock = 64 << 10
	maxBlock = 1 << 20
	blocks   = 64 // a file smaller than blocks*maxBlock is cut in about as many
)

// BlockSize returns the size of the blocks of a text of that many bytes. It depends
// on nothing else, so that every reader has the same grid.
func BlockSize(size int64) int64 {
	per := (size/blocks + minBlock - 1) / minBlock * minBlock
	return min(max(per, minBlock), maxBlock)
}

// Block is where the records of one block begin.
type Block struct {
	// First is where its first record is: an offset in a text, the number of a row
	// group or of a batch elsewhere; -1 if no record begins in the block.
	First int64
	Row   int64 // 1-based number of that record among the data records
	Line  int64 // 1-based physical line at which it starts; in a row group the row
}

// Plan is the grid over one source. The header is not part of it.
type Plan struct {
	Start     int64 // offset of the first data byte
	Size      int64 // bytes of the source, decompressed
	BlockSize int64
	Blocks    []Block
	Records   int64 // data records, those that will be refused included
	// Cut says that the source ends where it is damaged: the last record, if it
	// has no line end, is not whole.
	Cut bool `json:",omitempty"`
	// Marks is what a delimited text holds beside well-formed records.
	Marks Marks `json:",omitzero"`
}

// Marks are parts of a delimited text that are not read as the records around them.
type Marks struct {
	// Joined are the offsets of records that stand in two lines, in ascending order.
	Joined []int64 `json:",omitempty"`
	// Other are the parts that hold another table.
	Other []Span `json:",omitempty"`
	// Notes is the offset of the text that stands behind the table; 0 is none.
	Notes int64 `json:",omitempty"`
}

// Span is a part of a source.
type Span struct{ From, To int64 }

// End returns the offset at which block b ends.
func (p Plan) End(b int) int64 {
	return min(p.Start+int64(b+1)*p.BlockSize, p.Size)
}

// Reader reads the blocks of a source. It is not safe for use by several goroutines
// at once.
type Reader interface {
	// Block reads block b. It returns an error only when src can't be read: what is
	// wrong with the data is in the rejects of the batch.
	Block(src io.ReaderAt, b int) (table.Batch, error)
}

// Damaged is a source that ends where it is damaged, which Damage then tells.
type Damaged interface{ Damage() error }
