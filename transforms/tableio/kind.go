package tableio

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/arrowrows"
	"github.com/beamline-go/beamline/internal/avrorows"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/jsonrows"
	"github.com/beamline-go/beamline/internal/parquetrows"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Kind is how records stand in a file.
type Kind string

// The kinds of files.
const (
	Delimited Kind = "csv"
	JSONLines Kind = Kind(jsonrows.Lines)
	JSONArray Kind = Kind(jsonrows.Array)
	JSONInner Kind = Kind(jsonrows.Wrapped)
	Parquet   Kind = "parquet"
	Avro      Kind = "avro"
	Arrow     Kind = "arrow"
)

// blockReader reads a block of a file's grid.
type blockReader interface {
	Block(src io.ReaderAt, b int) (table.Batch, error)
}

// detect finds the kind of a file that begins with sample, and its format.
func detect(ctx context.Context, file source.File, sample source.Sample, s csv.Settings) (Kind, csv.Format, error) {
	name := string(file)
	if s.Part && sample.Whole && len(bytes.TrimSpace(sample.Text)) == 0 {
		return Delimited, csv.Format{Dialect: csv.Default, Header: true, Start: int64(len(sample.Text)), Line: 1}, nil
	}
	json, isJSON := jsonrows.Sniff(sample.Text, name)
	binary := stored(sample.Text)
	if !isJSON && binary == "" {
		s.Later = sample.Later
		f, err := csv.Detect(sample.Text, sample.Whole, name, s)
		f.Dialect.Notes = true
		return Delimited, f, err
	}
	if s.Delimiter != "" || s.Quote != "" || s.Header != nil {
		return "", csv.Format{}, fault.Usagef("%s: the file is no delimited text, and has no delimiter, quote or header", name)
	}
	// What is written of it as text is in the usual dialect.
	kind, f := Kind(json), csv.Format{Dialect: csv.Default, Header: true, Line: 1}
	f.Dialect.Limit = s.Limit
	var err error
	switch {
	case binary != "" && sample.Packed:
		return "", f, fault.Usagef("%s: a file of %s that is compressed as a whole can't be read; unpack it", file, binary)
	case binary != "":
		kind = binary
		f.Names, err = storedColumns(ctx, kind, file)
	default:
		f.Names, f.Start, err = jsonrows.Detect(json, sample.Text, sample.Whole, name)
	}
	if len(s.Columns) > 0 {
		f.Names = s.Columns
	}
	return kind, f, err
}

// stored tells the kind of a file that is no text, by its first bytes; it is empty
// for text.
func stored(sample []byte) Kind {
	switch {
	case bytes.HasPrefix(sample, []byte(parquetrows.Magic)):
		return Parquet
	case bytes.HasPrefix(sample, []byte(avrorows.Magic)):
		return Avro
	case bytes.HasPrefix(sample, []byte(arrowrows.Magic)):
		return Arrow
	}
	return ""
}

// storedColumns returns the columns of a file that says itself what it holds.
func storedColumns(ctx context.Context, kind Kind, file source.File) ([]string, error) {
	r, err := file.Raw(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	switch kind {
	case Avro:
		return avrorows.Detect(r, r.Size, string(file))
	case Arrow:
		return arrowrows.Detect(r, r.Size, string(file))
	}
	return parquetrows.Detect(r, r.Size, string(file))
}

// plan makes the grid of the file, which raw reads as it is stored, and text as
// text.
func (f File) plan(raw *store.File, text io.Reader) (grid.Plan, error) {
	blockSize := grid.BlockSize(raw.Size)
	switch f.Kind {
	case Parquet:
		return parquetrows.NewPlan(raw, raw.Size, string(f.Name))
	case Avro:
		return avrorows.NewPlan(raw, raw.Size, string(f.Name))
	case Arrow:
		return arrowrows.NewPlan(raw, raw.Size, string(f.Name))
	case Delimited:
		return csv.NewPlan(text, f.Format.Dialect, blockSize, f.Format.Start, f.Format.Line)
	}
	return jsonrows.NewPlan(jsonrows.Kind(f.Kind), text, blockSize, f.Format.Start, f.Format.Dialect.Limit, string(f.Name))
}

// reader returns what reads the blocks of a file as batches with those columns.
func (f *readFn) reader(p Planned) (blockReader, error) {
	if f.Typed == nil {
		return f.text(p), nil
	}
	switch p.File.Kind {
	case Delimited:
		r := f.text(p).(*csv.Reader)
		return &csv.TypedReader{Reader: *r, Columns: f.Typed, Dictionary: true, Reuse: true}, nil
	case Parquet:
		r := f.text(p).(*parquetrows.Reader)
		return &parquetrows.TypedReader{Reader: *r, Typed: f.Typed, Reuse: true}, nil
	}
	typer, err := vector.NewTyper(f.Typed)
	return &typing{f.text(p), typer}, err
}

// typing makes values of what another reader reads as text.
type typing struct {
	blockReader
	typer vector.Typer
}

func (t *typing) Block(src io.ReaderAt, b int) (table.Batch, error) {
	batch, err := t.blockReader.Block(src, b)
	if err != nil {
		return batch, err
	}
	columns := make([]arrow.Array, len(t.typer.Schema.Fields()))
	for i := range columns {
		var odd []table.Odd
		columns[i], odd = t.typer.Column(i, batch.Text(i))
		batch.Odd = append(batch.Odd, odd...)
	}
	batch.Record = array.NewRecordBatch(t.typer.Schema, columns, int64(batch.Len()))
	batch.Late = nil // more members than were asked for
	return batch, nil
}

// text returns what reads the blocks of a file as batches of text.
func (f *readFn) text(p Planned) blockReader {
	columns := f.Columns
	if p.File.Columns != nil {
		columns = p.File.Columns
	}
	switch p.File.Kind {
	case Parquet:
		return &parquetrows.Reader{Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index, Columns: columns}
	case Avro:
		return &avrorows.Reader{Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index, Columns: columns}
	case Arrow:
		return &arrowrows.Reader{Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index, Columns: columns}
	case JSONLines, JSONArray, JSONInner:
		return &jsonrows.Reader{Kind: jsonrows.Kind(p.File.Kind), Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index, Columns: columns, Key: f.Key, Limit: p.File.Format.Dialect.Limit}
	}
	names := p.File.Format.Names
	at := map[string]int{}
	for i, n := range names {
		at[n] = i
	}
	r := &csv.Reader{Dialect: p.File.Format.Dialect, Mender: p.File.Format.Mender, Plan: p.Grid, Source: string(p.File.Name), File: p.File.Index,
		Schema: vector.Schema(columns), Fields: make([]int, len(columns)), Width: len(names), KeyCol: -1}
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

// fill gives the records the cells that the folders of the file have for them, as
// values where those are asked for.
func (f File) fill(b table.Batch, typed []table.Column) (table.Batch, error) {
	if len(f.Cells) == 0 || b.Record == nil {
		return b, nil
	}
	columns, fields := slices.Clone(b.Record.Columns()), b.Record.Schema().Fields()
	for _, c := range f.Cells {
		i := b.Index(c.Column)
		if i < 0 {
			continue
		}
		var cells vector.Text
		for range b.Len() {
			cells.Append([]byte(c.Value))
		}
		columns[i] = cells.Array()
		if typed != nil {
			typer, err := vector.NewTyper(typed)
			if err != nil {
				return b, err
			}
			columns[i], _ = typer.Column(i, columns[i].(*array.String))
		}
		fields[i].Type = columns[i].DataType()
	}
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(b.Len()))
	return b, nil
}
