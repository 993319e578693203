package format

import (
	"bytes"
	"io"
	"slices"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// In is a format that tables are read in.
type In struct {
	Name string
	// Is reports whether a file is of the format, by its first bytes and its name.
	Is func(sample []byte, name string) bool
	// Stored says that a file is no text: it says itself what it holds, is read anywhere,
	// and so can't be compressed as a whole.
	Stored bool
	// Plain says that the file is text that may be delimited as well: it is read as that
	// where the user says how it is delimited.
	Plain bool
	// Suffixes are those of the names of its files, by which folders and archives are searched.
	Suffixes []string
	// Columnar says that columns that are not wanted are not read.
	Columnar bool
	// Detect finds the names of the columns, and how a text is to be read.
	Detect func(b Beginning, s csv.Settings) (csv.Format, error)
	// Grammar is the dialect in which the ends of records are found in a text that has
	// nothing around them; it can be planned by ranges. It is nil for other formats.
	Grammar func(f csv.Format) csv.Dialect
	// Plan makes the grid of a file; it is nil where there is a Grammar.
	Plan func(f Opened) (grid.Plan, error)
	// Reader reads blocks as batches of text.
	Reader func(r Reading) grid.Reader
	// Typed reads blocks as batches of values; where it is nil the texts are read, and
	// then taken as values.
	Typed func(r Reading) grid.Reader
}

// Read are the formats that tables are read in. The first that a file is of reads it.
var Read = []In{ParquetIn, AvroIn, ArrowIn, JSONLinesIn, JSONArrayIn, JSONInnerIn, CombinedIn, CommonIn, SyslogIn, LogfmtIn, DelimitedIn}

// Beginning is what a format is found by.
type Beginning struct {
	Name   string // of the file, as the user gave it
	Sample []byte // of its content
	Whole  bool   // the sample is all of it
	Later  []byte // parts from behind the sample, where there are any
	Packed bool   // the file is compressed as a whole
	// Stored are the bytes of the file as they are stored, and Size is how many.
	Stored io.ReaderAt
	Size   int64
}

// Opened is a file whose grid is made.
type Opened struct {
	Name   string
	Format csv.Format
	Stored io.ReaderAt // as in Beginning
	Size   int64
	Text   io.Reader // the content, from its beginning; it may be grid.Damaged
}

// Reading is what blocks are read for.
type Reading struct {
	Source  string // as the user named it
	Input   int    // index of the source in its table
	Format  csv.Format
	Grid    grid.Plan
	Columns []string // of the batches
	Typed   []table.Column
	Key     string
}

// Detect finds the format of a file.
func Detect(b Beginning, s csv.Settings) (In, csv.Format, error) {
	if bytes.HasPrefix(b.Sample, []byte("SQLite format 3\x00")) {
		return In{}, csv.Format{}, fault.Dataf("%s: the file is a database of SQLite; name a table of it: sqlite:%s?table=NAME", b.Name, b.Name)
	}
	delimited := s.Delimiter != "" || s.Quote != "" || s.Header != nil
	in := Read[slices.IndexFunc(Read, func(in In) bool { return !(in.Plain && delimited) && in.Is(b.Sample, b.Name) })]
	if s.Pattern != "" {
		in = PatternIn
	}
	if said := s.Said(); in.Name != DelimitedIn.Name && len(said) > 0 {
		return in, csv.Format{}, fault.Usagef("%s: the file is read as %s; %s is a setting of delimited text alone", b.Name, in.Name, said[0])
	}
	if in.Stored && b.Packed {
		return in, csv.Format{}, fault.Usagef("%s: a file of %s that is compressed as a whole can't be read; unpack it", b.Name, in.Name)
	}
	f, err := in.Detect(b, s)
	return in, f, err
}

// Suffixes are those of the names of files that hold tables.
func Suffixes() (all []string) {
	for _, in := range Read {
		all = append(all, in.Suffixes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Named returns the format that tables are read in of that name.
func Named(name string) (In, error) {
	if name == PatternIn.Name {
		return PatternIn, nil
	}
	i := slices.IndexFunc(Read, func(in In) bool { return in.Name == name })
	if i < 0 {
		return In{}, fault.Usagef("format: %q is not a format that is read", name)
	}
	return Read[i], nil
}

// NewPlan makes the grid of a file.
func (in In) NewPlan(f Opened) (grid.Plan, error) {
	if in.Grammar != nil {
		return csv.NewPlan(f.Text, in.Grammar(f.Format), grid.BlockSize(f.Size), f.Format.Start, f.Format.Line)
	}
	return in.Plan(f)
}

// Open returns what reads the blocks of a file: values where they are asked for.
func (in In) Open(r Reading) (grid.Reader, error) {
	switch {
	case r.Typed == nil:
		return in.Reader(r), nil
	case in.Typed != nil:
		return in.Typed(r), nil
	}
	typer, err := vector.NewTyper(r.Typed)
	return &typing{in.Reader(r), typer}, err
}

// stored is the format of a file that says which columns it has: the columns that the user
// asks for are of them.
func stored(columns []string, s csv.Settings, file string) (csv.Format, error) {
	for _, name := range s.Columns {
		if !slices.Contains(columns, name) {
			return csv.Format{}, fault.Usagef("%s: the file names its columns itself (a step of a spec renames them), and has none called %q%s",
				file, name, fault.Hint(name, columns, ""))
		}
	}
	return named(columns, s), nil
}

// named is the format of a file that names its columns: what is written of it as text
// is in the usual dialect.
func named(columns []string, s csv.Settings) csv.Format {
	f := csv.Format{Dialect: csv.Default, Header: true, Line: 1, Names: columns}
	f.Dialect.Limit = s.Limit
	if len(s.Columns) > 0 {
		f.Names = s.Columns
	}
	return f
}

// typing makes values of what another reader reads as text.
type typing struct {
	grid.Reader
	typer vector.Typer
}

func (t *typing) Block(src io.ReaderAt, b int) (table.Batch, error) {
	batch, err := t.Reader.Block(src, b)
	if err != nil {
		return batch, err
	}
	batch = t.typer.Batch(batch)
	batch.Late = nil // more members than were asked for
	return batch, nil
}
