// Package tableio reads files of records into batches.
//
// Plan makes one pass over each file and notes its grid of blocks; Read is a
// splittable DoFn over the numbers of the blocks. Runners may cut the work where
// they like: a batch is always one block, and its rows do not depend on the cut.
package tableio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&planFn{})
	beam.RegisterDoFn(&readFn{})
	register.Function1x1(own)
	register.Function3x1(findFiles)
	register.Emitter1[string]()
	register.Emitter1[table.Batch]()
	register.Emitter1[Planned]()
	beam.RegisterCoder(reflect.TypeFor[Planned](), encodePlanned, decodePlanned)
}

// File is one file of a table and its format, found before the job starts, so
// that all workers read alike.
type File struct {
	Name   source.File // as the user gave it
	Path   source.File // where any worker finds it
	Index  int
	Kind   Kind
	Format csv.Format // of delimited text; of other kinds only the names
	Packed bool       // it can only be read from its beginning
	Keep   bool       // what stands before damage is used
	// Cells are those that all records have, by the folders that the file is in.
	Cells []source.Cell
	// Columns are those of the table, where they are found with the file.
	Columns []string
}

// named brings the name that the user gave into a fault, for the path.
func (f File) named(err error) error {
	var x *fault.Fault
	if errors.As(err, &x) {
		return &fault.Fault{Code: x.Code, Message: strings.ReplaceAll(x.Message, string(f.Path), string(f.Name))}
	}
	return err
}

// String says how the file is read: what it is, and what a person could set.
func (f File) String() string {
	parts := []string{string(f.Kind)}
	switch {
	case f.Name.Workbook():
		return "Excel sheet"
	case f.Packed:
		parts[0] += ", compressed"
	}
	if f.Kind == Delimited {
		parts = append(parts, f.Format.Dialect.String())
		if f.Format.Skipped > 0 {
			parts = append(parts, fmt.Sprintf("%d lines before the table", f.Format.Skipped))
		}
		if !f.Format.Header {
			parts = append(parts, "no header")
		}
		if len(f.Format.Renamed) > 0 {
			parts = append(parts, "of columns of one name, the later ones are called "+strings.Join(f.Format.Renamed, ", "))
		}
		if f.Format.Mended {
			parts = append(parts, "a malformed header, where c1, c2 ... stand for names that it does not prove")
		}
	}
	return strings.Join(parts, ", ")
}

// Table is the files that are read as one table.
type Table struct {
	Files   []File
	Columns []string // of the table: those of the first file, then new ones of later files
	Key     string   // the column that names a record; may be empty
	// Later, if not nil, is what the files are found by when the job runs, as a
	// job does that is launched again and again. Files are then an example.
	Later *Later
}

// Later finds the files of a table.
type Later struct {
	Args     []string // files, folders and globs
	Settings csv.Settings
	Key      string
}

// Open finds the format of each file and the columns of the table they make.
func Open(ctx context.Context, files []source.File, s csv.Settings, key string) (Table, error) {
	t := Table{Key: key}
	known := map[string]bool{}
	s.Part = len(files) > 1
	for i, name := range files {
		sample, err := name.Sample(ctx, csv.SampleSize)
		if err != nil {
			return Table{}, err
		}
		kind, format, err := detect(ctx, name, sample, s)
		if err != nil {
			return Table{}, err
		}
		path, err := store.Abs(string(name))
		if err != nil {
			return Table{}, fmt.Errorf("tableio: %w", err)
		}
		t.Files = append(t.Files, File{Name: source.File(store.Shown(string(name))), Path: source.File(path), Index: i, Kind: kind, Format: format, Packed: sample.Packed, Keep: s.Keep})
		t.know(known, format.Names...)
	}
	// The columns of folders are behind those of files, and only where a file has
	// none of that name.
	for i := range t.Files {
		f := &t.Files[i]
		for _, c := range f.Name.Partition() {
			if !slices.Contains(f.Format.Names, c.Column) {
				f.Cells = append(f.Cells, c)
				t.know(known, c.Column)
			}
		}
	}
	if key != "" && !known[key] {
		return Table{}, fault.Usagef("the key %q is not a column of %s%s", key, files[0], fault.Hint(key, t.Columns, ""))
	}
	return t, nil
}

// know adds the columns that are not known yet.
func (t *Table) know(known map[string]bool, names ...string) {
	for _, c := range names {
		if !known[c] {
			known[c] = true
			t.Columns = append(t.Columns, c)
		}
	}
}

// Planned is a file with its grid, and what run.json says of it.
type Planned struct {
	File   File
	Grid   grid.Plan
	Bytes  int64
	SHA256 string
	// Generation is the version of a file of a bucket, which has no SHA256.
	Generation string
	Records    int64
	Damage     string // what is wrong with the file behind the records
}

// Plan makes the grid of each file. Schematically:
//
//	Plan(Table) PCollection<Planned>
func Plan(s beam.Scope, t Table) beam.PCollection {
	s = s.Scope("Plan files")
	if t.Later != nil {
		data, err := json.Marshal(t.Later)
		if err != nil {
			panic(err) // it holds only texts and numbers
		}
		return beam.ParDo(s, &planFn{}, beam.Reshuffle(s, beam.ParDo(s, findFiles, beam.Create(s, string(data)))))
	}
	files := make([]string, len(t.Files))
	for i, f := range t.Files {
		data, err := json.Marshal(f)
		if err != nil {
			panic(err) // a File holds only texts and numbers
		}
		files[i] = string(data)
	}
	return beam.ParDo(s, &planFn{}, beam.CreateList(s, files))
}

// findFiles finds files and their formats.
func findFiles(ctx context.Context, later string, emit func(string)) error {
	var l Later
	if err := json.Unmarshal([]byte(later), &l); err != nil {
		return err
	}
	files, err := source.Expand(ctx, l.Args)
	if err != nil {
		return fault.Carry(err)
	}
	t, err := Open(ctx, files, l.Settings, l.Key)
	if err != nil {
		return fault.Carry(err)
	}
	for _, f := range t.Files {
		f.Columns = t.Columns
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		emit(string(data))
	}
	return nil
}

type planFn struct{}

func (*planFn) ProcessElement(ctx context.Context, file string, emit func(Planned)) error {
	var f File
	if err := json.Unmarshal([]byte(file), &f); err != nil {
		return err
	}
	p, err := makePlan(ctx, f)
	if err != nil {
		return fault.Carry(f.named(err))
	}
	progress.Expect(p.Grid.Size - p.Grid.Start)
	log.Infof(ctx, "%s has %d records in %d blocks", f.Name, p.Records, len(p.Grid.Blocks))
	emit(p)
	return nil
}

// makePlan reads the file, and hashes it beside. The hash is of the bytes as
// they are stored; a file of a bucket is known by its version, and not read
// twice.
func makePlan(ctx context.Context, f File) (Planned, error) {
	p := Planned{File: f}
	raw, err := f.Path.Raw(ctx)
	if err != nil {
		return p, err
	}
	defer raw.Close()
	hashed := make(chan error, 1)
	if store.Remote(string(f.Path)) {
		p.Generation, p.Bytes = raw.Version, raw.Size
		hashed <- nil
	} else {
		go func() {
			var err error
			p.SHA256, p.Bytes, err = f.Path.Digest(ctx)
			hashed <- err
		}()
	}
	p.Grid, p.Damage, err = f.grid(ctx, raw)
	p.Records = p.Grid.Records
	if herr := <-hashed; err == nil {
		err = herr
	}
	if err == nil {
		err = p.same(ctx, raw.Info)
	}
	if err != nil && !strings.Contains(err.Error(), string(f.Path)) {
		err = fmt.Errorf("%s: %w", f.Name, err)
	}
	return p, err
}

// grid makes the grid of the file, which raw reads as it is stored.
func (f File) grid(ctx context.Context, raw *store.File) (plan grid.Plan, damage string, err error) {
	text, err := f.content(ctx)
	if err != nil {
		return grid.Plan{}, "", err
	}
	plan, err = f.plan(raw, shown{progress.Reader(ctx, text), text})
	if text.Damage() != nil {
		damage = f.named(text.Damage()).Error()
	}
	if fault.CodeOf(err) == fault.Data && f.Packed {
		err = fault.Dataf("%v; %d records stand before that, which data.damaged: keep uses", err, plan.Records)
	}
	if err = errors.Join(err, text.Close()); err != nil || f.Format.Mender == nil {
		return plan, damage, err
	}
	if !f.Packed {
		plan, err = csv.PlanRepairs(plan, f.Format, raw)
		return plan, damage, err
	}
	if text, err = f.content(ctx); err != nil {
		return plan, damage, err
	}
	plan, err = csv.PlanRepairs(plan, f.Format, &window{r: text})
	return plan, damage, errors.Join(err, text.Close())
}

// shown is content whose reading is shown.
type shown struct {
	io.Reader
	grid.Damaged
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
func (f File) content(ctx context.Context) (content, error) {
	text, err := f.Path.Text(ctx)
	if err != nil {
		return nil, err
	}
	if f.Keep {
		return source.Keep(text), nil
	}
	return sound{text}, nil
}

// same fails where the file is no more what it was.
func (p Planned) same(ctx context.Context, was store.Info) error {
	is, err := p.File.Path.Stat(ctx)
	if err == nil && (is.Version != was.Version || p.Bytes != was.Size) {
		err = errors.New("the file changed while it was read")
	}
	return err
}

// Options of Read.
type Options struct {
	// Splits is how many pieces a file is cut in at first; 0 leaves it to the
	// runner. Results do not depend on it.
	Splits int
	// Share and Of read only the Share-th of Of equal ranges of each file's
	// blocks, for runners that work on one bundle of a stage at a time.
	Share, Of int
}

// Read reads the blocks of planned files. Schematically:
//
//	Read(PCollection<Planned>) PCollection<table.Batch>
//
// Batches are of text, with the columns of t; rejects travel in them.
func Read(s beam.Scope, planned beam.PCollection, t Table, o Options) (batches beam.PCollection) {
	s = s.Scope("Read")
	if o.Of > 1 { // Flink takes two readers of one collection for one
		planned = beam.ParDo(s, own, planned)
	}
	return beam.ParDo(s, &readFn{Columns: t.Columns, Key: t.Key, Splits: max(o.Splits, 1), Share: o.Share, Of: max(o.Of, 1)}, planned)
}

// ReadTyped reads columns of planned files as values. Schematically:
//
//	ReadTyped(PCollection<Planned>) PCollection<table.Batch>
//
// The batches have the columns that are named and no others; what is read of the
// files is as little as their format allows. Cells that are not of the type of their
// column are null, and in Odd. The memory of a batch is used again once emitting it
// has returned, so whoever keeps some of it copies that; categorical columns of
// delimited text are dictionaries.
func ReadTyped(s beam.Scope, planned beam.PCollection, columns []table.Column, o Options) (batches beam.PCollection) {
	s = s.Scope("Read values")
	if o.Of > 1 {
		planned = beam.ParDo(s, own, planned)
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return beam.ParDo(s, &readFn{Columns: names, Typed: columns, Splits: max(o.Splits, 1), Share: o.Share, Of: max(o.Of, 1)}, planned)
}

// own gives a branch a collection of its own.
func own(p Planned) Planned { return p }

type readFn struct {
	Columns   []string
	Typed     []table.Column // where values are asked for
	Key       string
	Splits    int
	Share, Of int
}

// CreateInitialRestriction returns the blocks of this share. A compressed file
// is one block of work, done by the first share.
func (f *readFn) CreateInitialRestriction(p Planned) offsetrange.Restriction {
	n := int64(len(p.Grid.Blocks))
	if p.File.Packed {
		if f.Share > 0 {
			return offsetrange.Restriction{}
		}
		return offsetrange.Restriction{End: 1}
	}
	return offsetrange.Restriction{Start: n * int64(f.Share) / int64(f.Of), End: n * int64(f.Share+1) / int64(f.Of)}
}

// SplitRestriction cuts the blocks into Splits ranges.
func (f *readFn) SplitRestriction(_ Planned, r offsetrange.Restriction) []offsetrange.Restriction {
	if r.Size() == 0 {
		return []offsetrange.Restriction{r}
	}
	return r.EvenSplits(int64(f.Splits))
}

// RestrictionSize is the number of blocks.
func (f *readFn) RestrictionSize(_ Planned, r offsetrange.Restriction) float64 { return r.Size() }

// CreateTracker tracks block numbers.
func (f *readFn) CreateTracker(r offsetrange.Restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(offsetrange.NewTracker(r))
}

func (f *readFn) ProcessElement(ctx context.Context, rt *sdf.LockRTracker, p Planned, emit func(table.Batch)) error {
	r, err := f.reader(p)
	if err != nil {
		return err
	}
	src, err := p.File.Path.Raw(ctx)
	if err != nil {
		return fault.Carry(p.File.named(err))
	}
	defer src.Close()
	if p.Generation != "" && p.Generation != src.Version {
		return fmt.Errorf("%s: the file changed while it was read", p.File.Name)
	}
	if p.File.Packed {
		return fault.Carry(p.File.named(f.stream(ctx, rt, r, p, emit)))
	}
	for b := rt.GetRestriction().(offsetrange.Restriction).Start; rt.TryClaim(b); b++ {
		if err := f.block(ctx, r, p, src, int(b), emit); err != nil {
			return fault.Carry(err)
		}
	}
	return nil
}

func (f *readFn) block(ctx context.Context, r blockReader, p Planned, src io.ReaderAt, b int, emit func(table.Batch)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	batch, err := r.Block(src, b)
	if err != nil {
		return fmt.Errorf("%s: %w", p.File.Name, err)
	}
	if batch, err = p.File.fill(batch, f.Typed); err != nil {
		return err
	}
	progress.Add(int64(batch.Len()), p.Grid.End(b)-p.Grid.End(b-1))
	emit(batch)
	return nil
}

// stream reads a compressed file from its beginning, through a window of text
// that moves on with the blocks.
func (f *readFn) stream(ctx context.Context, rt *sdf.LockRTracker, r blockReader, p Planned, emit func(table.Batch)) error {
	if !rt.TryClaim(int64(0)) {
		return nil
	}
	text, err := p.File.content(ctx)
	if err != nil {
		return err
	}
	defer text.Close()
	w := &window{r: text}
	for b := range p.Grid.Blocks {
		if err := f.block(ctx, r, p, w, b, emit); err != nil {
			return err
		}
	}
	rt.TryClaim(int64(1))
	return nil
}
