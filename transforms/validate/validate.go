// Package validate parts the records of a table in those that break no rule of a schema and
// those that do, as a Beam pipeline.
package validate

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
	"github.com/beamline-go/beamline/transforms/cleaning"
)

func init() {
	beam.RegisterDoFn(&rowsFn{})
	register.Emitter1[table.Batch]()
	register.Emitter1[tally.Tally]()
}

// RulesColumn is the column of bad records that names the rules that they break.
const RulesColumn = "_rules"

// BadRecord counts records that break a rule, among those that a tally has seen.
const BadRecord = "bad_record"

// Rows parts batches of text. Schematically:
//
//	Rows(PCollection<table.Batch>) (PCollection<table.Batch>, PCollection<table.Batch>, PCollection<tally.Tally>)
//
// The first has the records that break no rule of the schema in dir, as they are; the second
// the others, with RulesColumn behind their cells: "area range; colour domain". A rule whose
// severity is info makes no record bad. How many are bad is in the tallies, under BadRecord.
// typed has the good ones as the schema says.
func Rows(s beam.Scope, dir string, columns []string, typed bool, batches beam.PCollection) (good, bad, tallies beam.PCollection) {
	return beam.ParDo3(s.Scope("Validate"), &rowsFn{Dir: dir, Columns: columns, Typed: typed}, batches)
}

type rowsFn struct {
	Dir     string   // where cleaning.Learned.Save left the schema
	Columns []string // of the batches
	Typed   bool

	schema table.Schema
	reader *conform.Reader
	sum    tally.Tally
}

func (f *rowsFn) StartBundle(_, _ func(table.Batch), _ func(tally.Tally)) { f.sum = tally.Tally{} }

func (f *rowsFn) ProcessElement(ctx context.Context, b table.Batch, good, bad func(table.Batch), _ func(tally.Tally)) error {
	if f.reader == nil {
		l, err := cleaning.Load(ctx, f.Dir)
		if err != nil {
			return fault.Carry(err)
		}
		if f.reader, err = conform.New(l.Schema, clean.Plan{}, f.Columns, conform.Options{}); err != nil {
			return fault.Carry(err)
		}
		f.schema = l.Schema
	}
	f.sum.Batch(b)
	var t tally.Tally // what is refused elsewhere is bad here, and counted as such
	typed, broken := f.reader.Check(b, &t)
	f.sum.Merge(tally.Tally{Findings: t.Findings, Examples: t.Examples})
	isGood, isBad := make([]bool, b.Len()), make([]bool, b.Len())
	var rules []string
	rejects := typed.Rejects
	for i, list := range broken {
		for len(rejects) > 0 && rejects[0].Row < b.Row(i) {
			rejects = rejects[1:]
		}
		named := f.named(list)
		if named == "" && len(rejects) > 0 && rejects[0].Row == b.Row(i) {
			named = rejects[0].Rule // it is no record at all
		}
		isGood[i], isBad[i] = named == "", named != ""
		if isBad[i] {
			rules = append(rules, named)
		}
	}
	out := b.Select(isGood)
	if f.Typed {
		rejects := out.Rejects
		out = typed.RowsOf(out)
		out.Rejects = rejects
	}
	good(out)
	if len(rules) > 0 {
		f.sum.Find(tally.Key{Rule: BadRecord}, int64(len(rules)), "")
		some := b.Select(isBad)
		some.Rejects = nil
		some.Record = withRules(some.Record, rules)
		bad(some)
	}
	return nil
}

// named are the rules that make a record bad, each with its column.
func (f *rowsFn) named(list []conform.Broken) string {
	var out []string
	for _, x := range list {
		if c, ok := f.schema.Column(x.Column); ok && c.Severity[x.Rule] == table.Info {
			continue
		}
		if name := x.Column + " " + x.Rule; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, "; ")
}

// withRules is a record with the rules behind its columns.
func withRules(r arrow.RecordBatch, rules []string) arrow.RecordBatch {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.AppendValues(rules, nil)
	fields := append(slices.Clone(r.Schema().Fields()), arrow.Field{Name: RulesColumn, Type: arrow.BinaryTypes.String})
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), append(slices.Clone(r.Columns()), b.NewArray()), r.NumRows())
}

func (f *rowsFn) FinishBundle(ctx context.Context, _, _ func(table.Batch), tallies func(tally.Tally)) error {
	cleaning.Show(ctx, f.sum)
	tallies(f.sum)
	return nil
}
