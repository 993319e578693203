package tableio

import (
	"io"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/jsonrows"
	"github.com/beamline-go/beamline/table"
)

// Kind is how records stand in a file.
type Kind string

// The kinds of files.
const (
	Delimited Kind = "csv"
	JSONLines Kind = Kind(jsonrows.Lines)
	JSONArray Kind = Kind(jsonrows.Array)
)

// blockReader reads a block of a file's grid.
type blockReader interface {
	Block(src io.ReaderAt, b int) (table.Batch, error)
}

// detect finds the kind of the file that begins with sample, and its format.
func detect(sample []byte, whole bool, name string, s csv.Settings) (Kind, csv.Format, error) {
	kind, ok := jsonrows.Sniff(sample, name)
	if !ok {
		f, err := csv.Detect(sample, whole, name, s)
		return Delimited, f, err
	}
	if s.Delimiter != "" || s.Quote != "" || s.Header != nil {
		return "", csv.Format{}, fault.Usagef("%s: the file is JSON, which has no delimiter, quote or header", name)
	}
	names, start, err := jsonrows.Detect(kind, sample, whole, name)
	if len(s.Columns) > 0 {
		names = s.Columns
	}
	// What is written of it as text is in the usual dialect.
	return Kind(kind), csv.Format{Dialect: csv.Default, Header: true, Names: names, Start: start, Line: 1}, err
}

// plan makes the grid of the file that open opens.
func (f File) plan(open func() (io.ReadCloser, error), blockSize int64) (csv.Plan, error) {
	if f.Kind == Delimited {
		return csv.NewPlan(open, f.Format.Dialect, blockSize, f.Format.Start, f.Format.Line)
	}
	return jsonrows.NewPlan(jsonrows.Kind(f.Kind), open, blockSize, f.Format.Start, string(f.Name))
}

// reader returns what reads the blocks of a file as batches with those columns.
func (f *readFn) reader(p Planned) blockReader {
	columns := f.Columns
	if p.File.Columns != nil {
		columns = p.File.Columns
	}
	if p.File.Kind != Delimited {
		return &jsonrows.Reader{Kind: jsonrows.Kind(p.File.Kind), Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index, Columns: columns, Key: f.Key}
	}
	names := p.File.Format.Names
	at := map[string]int{}
	for i, n := range names {
		at[n] = i
	}
	r := &csv.Reader{Dialect: p.File.Format.Dialect, Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index,
		Schema: csv.TextSchema(columns), Fields: make([]int, len(columns)), Width: len(names), KeyCol: -1}
	for i, c := range columns {
		r.Fields[i] = -1
		if k, ok := at[c]; ok {
			r.Fields[i] = k
		}
	}
	if k, ok := at[f.Key]; ok && f.Key != "" {
		r.KeyCol = k
	}
	return r
}
