package matching

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&thingsFn{})
	register.Emitter1[table.Batch]()
}

// Decided says which records are of one thing.
type Decided struct {
	Number   map[match.Place]int64    // of the thing of each record that is not alone
	Survivor map[match.Place]Survivor // in the place of the first record of such a thing
	// Offsets are added to the row of a record that is alone, by side and file, for a number
	// that no other thing has.
	Offsets [2][]int64
	// Schema has the columns of what comes out where they have types, those of Things in front;
	// it is empty where all of them are texts.
	Schema table.Schema
}

// Survivor is one record of several.
type Survivor struct {
	Records int // that it was built from
	Cells   []string
}

// thingsFile is what was decided, in the folder of the jobs.
const thingsFile = "things"

// Save leaves what was decided for the jobs.
func (d Decided) Save(ctx context.Context, dir string) error {
	data, err := wire.Encode(d)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	return store.WriteFile(ctx, store.Join(dir, thingsFile), data, store.Condition{})
}

// ThingColumns are the names of the columns in front of a table of things, which has the
// others: which thing it is, and of how many records.
func ThingColumns(others []string) []string {
	names := []string{"cluster", "records"}
	for i, n := range names {
		for slices.Contains(others, names[i]) {
			names[i] = "_" + n
			n = names[i]
		}
	}
	return names
}

// RowColumns are those of the table that says which thing each record is of.
var RowColumns = []string{"source", "row", "key", "cluster"}

// Things writes down what was decided, which is in dir. Schematically:
//
//	Things(PCollection<table.Batch>) (PCollection<table.Batch>, PCollection<table.Batch>)
//
// The first has one record for each thing: records that are alone as they are, and in the
// place of the first of several one that was built from them. The second has a row for each
// record, with the number of its thing. pick are the columns that the first has, under the
// names columns; key names records; input is added to the number of each source.
func Things(s beam.Scope, dir string, side Side, pick []int, columns []string, key, input int, batches beam.PCollection) (things, rows beam.PCollection) {
	f := &thingsFn{Reader: thingsReader{Dir: dir, Side: side}, Pick: pick, Columns: append(ThingColumns(columns), columns...), Key: key, Input: input}
	return beam.ParDo2(s.Scope("Things"), f, batches)
}

// thingsReader is what a reader needs, for the wire.
type thingsReader struct {
	Dir  string
	Side Side
}

type thingsFn struct {
	Reader     thingsReader
	Pick       []int
	Columns    []string // of the things, those in front among them
	Key, Input int

	decided *Decided
	typed   *conform.Reader
}

func (f *thingsFn) prepare(ctx context.Context) error {
	if f.decided != nil {
		return nil
	}
	data, err := store.ReadFile(ctx, store.Join(f.Reader.Dir, thingsFile), maxFile)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	d, err := wire.Decode[Decided](data)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	if len(d.Schema.Columns) > 0 {
		if f.typed, err = conform.New(d.Schema, clean.Plan{}, f.Columns, conform.Options{}); err != nil {
			return err
		}
	}
	f.decided = &d
	return nil
}

// ProcessElement writes a batch down.
func (f *thingsFn) ProcessElement(ctx context.Context, b table.Batch, things, rows func(table.Batch)) error {
	if err := f.prepare(ctx); err != nil {
		return fault.Carry(err)
	}
	var kept, all [][]string
	var numbers []int64
	r := reader{Dir: f.Reader.Dir, Side: f.Reader.Side}
	err := r.each(b, func(c, _ match.Cells) {
		number, several := f.decided.Number[c.Place]
		if !several {
			number = f.decided.Offsets[f.Reader.Side.Number][c.File] + c.Row
		}
		shown, key := strconv.FormatInt(number, 10), ""
		if f.Key >= 0 {
			key = c.Cells[f.Key]
		}
		all = append(all, []string{b.Source, strconv.FormatInt(c.Row, 10), key, shown})
		one := []string{shown, "1"}
		switch survivor, first := f.decided.Survivor[c.Place]; {
		case first:
			one = append([]string{shown, strconv.Itoa(survivor.Records)}, survivor.Cells...)
		case several:
			return
		default:
			for _, at := range f.Pick {
				one = append(one, c.Cells[at])
			}
		}
		kept, numbers = append(kept, one), append(numbers, c.Row)
	})
	if err != nil {
		return err
	}
	out := table.Batch{Position: b.Position, Source: b.Source, First: b.First}
	out.Input += f.Input
	if out.Rows = numbers; len(kept) > 0 {
		things(f.as(out, vector.Record(f.Columns, kept...)))
	}
	out.Rows = nil
	if len(all) > 0 {
		out.Record = vector.Record(RowColumns, all...)
		rows(out)
	}
	return nil
}

// as is a batch of things, with types where they are asked for.
func (f *thingsFn) as(out table.Batch, texts arrow.RecordBatch) table.Batch {
	out.Record = texts
	if f.typed == nil {
		return out
	}
	var t tally.Tally
	return f.typed.Batch(out, &t)
}
