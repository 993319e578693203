package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// File is a file that a table is read from, on this machine or in a bucket, with the
// format that was found of it, so that all workers read it alike. It is a
// source.Source.
type File struct {
	Given  Path       // as the user gave it
	Path   Path       // where any worker finds it
	In     string     // the name of its format
	Format csv.Format // of delimited text; of other formats the names
	Packed bool       // it can only be read from its beginning
	Keep   bool       // what stands before damage is used
	Most   int64      `json:",omitempty"` // bytes that it may have unpacked; 0 is any number
	Found  string     `json:",omitempty"` // its version when its format was found
	// Cells are those that all records have, by the folders that the file is in.
	Cells []Cell

	size int64 // as it was found, in bytes as they are stored; 0 where it has travelled
}

// Find returns the files that arguments name, and finds their formats.
func Find(ctx context.Context, args []string, s csv.Settings) ([]source.Source, error) {
	paths, err := Expand(ctx, args)
	if err != nil {
		return nil, err
	}
	s.Part = len(paths) > 1
	out := make([]source.Source, len(paths))
	for i, p := range paths {
		if out[i], err = find(ctx, p, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// find finds the format of a file.
func find(ctx context.Context, name Path, s csv.Settings) (*File, error) {
	is, err := name.Stat(ctx)
	if err != nil {
		return nil, openError(err)
	}
	sample, err := name.Sample(ctx, csv.SampleSize)
	if err != nil {
		return nil, err
	}
	in, f, size, err := detect(ctx, name, sample, s)
	if err != nil {
		return nil, err
	}
	path, err := store.Abs(string(name))
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	out := &File{Given: Path(store.Shown(string(name))), Path: Path(path), In: in, Format: f, Packed: sample.Packed, Keep: s.Keep, Most: s.Expanded, Found: is.Version, size: size}
	for _, c := range name.Partition() { // only where the file has none of that name
		if !slices.Contains(f.Names, c.Column) {
			out.Cells = append(out.Cells, c)
		}
	}
	return out, nil
}

func detect(ctx context.Context, name Path, sample Sample, s csv.Settings) (in string, f csv.Format, size int64, err error) {
	if s.Part && sample.Whole && len(strings.TrimSpace(string(sample.Text))) == 0 { // an empty one of several
		return format.DelimitedIn.Name, csv.Format{Dialect: csv.Default, Header: true, Start: int64(len(sample.Text)), Line: 1}, 0, nil
	}
	r, err := name.Raw(ctx)
	if err != nil {
		return "", f, 0, err
	}
	defer r.Close()
	is, f, err := format.Detect(format.Beginning{Name: string(name), Sample: sample.Text, Whole: sample.Whole, Later: sample.Later,
		Packed: sample.Packed, Stored: r, Size: r.Size}, s)
	return is.Name, f, r.Size, err
}

// Name implements source.Source.
func (f *File) Name() string { return string(f.Given) }

// Columns implements source.Source.
func (f *File) Columns() []string { return f.Format.Names }

// Partition implements source.Partitioned.
func (f *File) Partition() []string {
	names := make([]string, len(f.Cells))
	for i, c := range f.Cells {
		names[i] = c.Column
	}
	return names
}

// Size implements source.Local; it is 0 of a file in a bucket.
func (f *File) Size(ctx context.Context) (int64, error) {
	if store.Remote(string(f.Path)) {
		return 0, nil
	}
	info, err := f.Path.Stat(ctx)
	return info.Size, err
}

// Columnar implements source.Columnar.
func (f *File) Columnar() bool {
	in, err := format.Named(f.In)
	return err == nil && in.Columnar
}

// Text is how the file is read, if it is delimited text.
func (f *File) Text() (csv.Format, bool) { return f.Format, f.In == format.DelimitedIn.Name }

// String implements source.Source.
func (f *File) String() string {
	parts := []string{f.In}
	switch {
	case f.Given.Workbook():
		return "Excel sheet"
	case f.Given.Page():
		return "table of a page"
	case f.Packed:
		parts[0] += ", compressed"
	}
	if text, ok := f.Text(); ok {
		parts = append(parts, text.Dialect.String())
		if text.Skipped > 0 {
			parts = append(parts, fmt.Sprintf("%d lines before the table", text.Skipped))
		}
		if !text.Header {
			parts = append(parts, "no header")
		}
		if len(text.Renamed) > 0 {
			parts = append(parts, "of columns of one name, the later ones are called "+strings.Join(text.Renamed, ", "))
		}
		if text.Mended {
			parts = append(parts, "a malformed header, where c1, c2 ... stand for names that it does not prove")
		}
	}
	return strings.Join(parts, ", ")
}

// named brings the name that the user gave into a fault, for the path.
func (f *File) named(err error) error {
	var x *fault.Fault
	if errors.As(err, &x) {
		return &fault.Fault{Code: x.Code, Message: strings.ReplaceAll(x.Message, string(f.Path), string(f.Given))}
	}
	return err
}

// content is the content of a file, which may end where it is damaged.
type content interface {
	io.ReadCloser
	grid.Damaged
}

// sound is content of which damage is an error.
type sound struct{ io.ReadCloser }

func (sound) Damage() error { return nil }

// content opens the content of the file.
func (f *File) content(ctx context.Context) (content, error) {
	text, err := f.Path.Text(ctx)
	if err != nil {
		return nil, err
	}
	if f.Packed && f.Most > 0 {
		text = &most{ReadCloser: text, left: f.Most, f: f}
	}
	if f.Keep {
		return Keep(text), nil
	}
	return sound{text}, nil
}

// most is content of which no more is read than so many bytes.
type most struct {
	io.ReadCloser
	left int64
	f    *File
}

// Read implements io.Reader.
func (m *most) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if m.left -= int64(n); m.left < 0 {
		return 0, fault.Dataf("%s: it unpacks to more than the %d bytes of limits.expanded", m.f.Given, m.f.Most)
	}
	return n, err
}

// Open implements source.Source.
func (f *File) Open(ctx context.Context, p source.Plan, w source.Wanted) (source.Blocks, error) {
	in, err := format.Named(f.In)
	if err != nil {
		return nil, err
	}
	r, err := in.Open(format.Reading{Source: string(f.Given), Input: w.Input, Format: f.Format, Grid: p.Grid, Columns: w.Columns, Typed: w.Typed, Key: w.Key})
	if err != nil {
		return nil, err
	}
	raw, err := f.Path.Raw(ctx)
	if err != nil {
		return nil, f.named(err)
	}
	if p.Version.Token != raw.Version {
		raw.Close()
		return nil, fault.In(string(f.Given), errChanged)
	}
	return &blocks{file: f, wanted: w, reader: r, raw: raw}, nil
}

// blocks reads the blocks of a file: from the text that moves on with them, where the
// file is compressed.
type blocks struct {
	file   *File
	wanted source.Wanted
	reader grid.Reader
	raw    *store.File
	text   content
	window *grid.Window
}

// Read implements source.Blocks.
func (b *blocks) Read(ctx context.Context, block int) (table.Batch, error) {
	src := io.ReaderAt(b.raw)
	if b.file.Packed {
		if b.window == nil {
			text, err := b.file.content(ctx)
			if err != nil {
				return table.Batch{}, b.file.named(err)
			}
			b.text, b.window = text, &grid.Window{Text: text}
		}
		src = b.window
	}
	batch, err := b.reader.Block(src, block)
	if err != nil {
		return batch, b.file.named(fmt.Errorf("%s: %w", b.file.Given, err))
	}
	return b.file.fill(batch, b.wanted.Typed)
}

// Close implements source.Blocks.
func (b *blocks) Close() error {
	err := b.raw.Close()
	if b.text != nil {
		err = errors.Join(err, b.text.Close())
	}
	return err
}

// fill gives the records the cells that the folders of the file have for them, as
// values where those are asked for.
func (f *File) fill(b table.Batch, typed []table.Column) (table.Batch, error) {
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
			cells.AppendString(c.Value)
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

// shown is content whose reading is shown.
type shown struct {
	io.Reader
	grid.Damaged
}

func show(ctx context.Context, text content) shown { return shown{progress.Reader(ctx, text), text} }
