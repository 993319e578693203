// Package format knows how tables stand in files. A format is a file of this package
// and a line in Written.
package format

import (
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

// Out is a format that tables are written in. Equal batches give equal bytes.
type Out struct {
	Name string // and extension of its files
	// Append appends the records of a batch to a text, and Header is what stands in
	// front of all: files of the format are such texts, end to end. Both are nil for
	// other formats.
	Append func(dst []byte, b table.Batch, s Settings) ([]byte, error)
	Header func(columns *arrow.Schema, s Settings) []byte
	// NewWriter writes a file as a whole; it is nil where Append is not.
	NewWriter func(w io.Writer, columns *arrow.Schema) (Writer, error)
}

// Create begins a file of the format.
func (o Out) Create(w io.Writer, columns *arrow.Schema, s Settings) (Writer, error) {
	if o.NewWriter != nil {
		return o.NewWriter(w, columns)
	}
	_, err := w.Write(o.Header(columns, s))
	return &textWriter{out: w, format: o, settings: s}, err
}

// textWriter writes a file of a format that is text.
type textWriter struct {
	out      io.Writer
	format   Out
	settings Settings
	buf      []byte
}

func (t *textWriter) Write(r arrow.RecordBatch) (err error) {
	if t.buf, err = t.format.Append(t.buf[:0], table.Batch{Record: r}, t.settings); err != nil {
		return err
	}
	_, err = t.out.Write(t.buf)
	return err
}

func (t *textWriter) Close() error { return nil }

// Writer writes batches of the same columns to one file. Close ends the file, and
// leaves what it is written to open.
type Writer interface {
	Write(r arrow.RecordBatch) error
	Close() error
}

// Settings of delimited text; the zero value is a header and commas.
type Settings struct {
	Dialect  csv.Dialect // the zero value is csv.Default
	NoHeader bool
	// Refused asks for the rejects of a batch too, each where it stood, as it was.
	Refused bool
	// Safe asks for a ' in front of texts that a spreadsheet would compute.
	Safe bool
}

func (s Settings) dialect() csv.Dialect {
	if s.Dialect == (csv.Dialect{}) {
		return csv.Default
	}
	return s.Dialect
}

// Written are the formats that tables are written in.
var Written = []Out{Delimited, Parquet, JSONLines, Avro, Arrow}

// Find returns the format of that name.
func Find(name string) (Out, error) {
	i := slices.IndexFunc(Written, func(o Out) bool { return o.Name == name })
	if i < 0 {
		return Out{}, fault.Usagef("format: %q is not a format that is written%s", name, fault.Hint(name, Names(), ""))
	}
	return Written[i], nil
}

// Names are the names of the formats that are written.
func Names() []string {
	names := make([]string, len(Written))
	for i, o := range Written {
		names[i] = o.Name
	}
	return names
}

// unwritable is the fault of a column that no format has cells for.
func unwritable(a arrow.Array) error {
	return fmt.Errorf("format: no cell of Arrow type %s is written", a.DataType())
}
