package sinktest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/table"
)

// Predictions are the columns of the rows that targets are tried with.
var Predictions = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.BinaryTypes.String}, {Name: "prediction", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "On Day", Type: arrow.FixedWidthTypes.Date32, Nullable: true}, {Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true},
	{Name: "label", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "sure", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
}, nil)

// prediction is the row of that number; a value that is not there where it is odd.
func prediction(b *array.RecordBuilder, id string, i int, label string) {
	b.Field(0).(*array.StringBuilder).Append(id)
	if i%2 > 0 {
		for _, f := range b.Fields()[1:] {
			f.AppendNull()
		}
		return
	}
	b.Field(1).(*array.Float64Builder).Append(float64(i) / 3)
	b.Field(2).(*array.Date32Builder).Append(arrow.Date32(20000 + i))
	b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(1_700_000_000_123_456 + i))
	b.Field(4).(*array.StringBuilder).Append(label)
	b.Field(5).(*array.BooleanBuilder).Append(i%4 == 0)
}

// Kept stages batches of predictions of those ids, a few in each.
func Kept(t testing.TB, label string, ids ...string) sink.Rows {
	t.Helper()
	k := &sink.Kept{Dir: t.TempDir(), File: "predictions.rows"}
	p, err := k.Part(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for few := range slices.Chunk(ids, 3) {
		b := array.NewRecordBuilder(memory.DefaultAllocator, Predictions)
		for _, id := range few {
			prediction(b, id, at, label)
			at++
		}
		if err := p.Write(table.Batch{Position: table.Position{Sequence: int64(at)}, First: int64(at), Record: b.NewRecordBatch()}); err != nil {
			t.Fatal(err)
		}
	}
	w, err := p.Close()
	if err != nil {
		t.Fatal(err)
	}
	made, err := k.Commit(t.Context(), []sink.Written{w})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sink.ReadKept(t.Context(), made[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// System is a database that targets are tried on.
type System struct {
	// Open returns the target of a table with options, such as &mode=replace.
	Open func(table, options string) sink.Target
	// Do runs a statement, and Rows what a query gives, with a bar between cells.
	Do   func(sql string)
	Rows func(sql string) []string
	// Indexes says that the system holds rows to unique indexes.
	Indexes bool
}

// run has an identity that looks like a number: those of runs are hexadecimal, and some do.
var run = sink.Run{Key: "id", ID: "12e45", Command: "score", Model: "m1", Version: "v", At: time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)}

// Targets holds a system to the laws of targets.
//
// A table that is not there is made; rows come in the order of the input, each value as it
// is; writing again changes nothing; rows of the same key are replaced and others stay; a
// row without a key is left out and counted; of two rows of one key nothing is written; a
// part is replaced and no other; a table that does not fit is refused before and when
// rows are written; and a row of the run stands beside the rows.
func Targets(t *testing.T, s System) {
	const all = `select id, prediction, "On Day", label, sure from %s order by id`
	rows := func(table string) string { return strings.Join(s.Rows(fmt.Sprintf(all, table)), "\n") }
	t.Run("made", func(t *testing.T) {
		x := s.Open("made", "")
		Taken(t, x, Kept(t, "o'ne, \"two\"\nthree", "a", "b", "", "d", "e"), sink.Taken{Rows: 4, Keyless: 1})
		once := rows("made")
		if n := strings.Count(once, "o'ne, \"two\"\nthree"); n != 2 || !strings.HasPrefix(once, "a|0|2024-10-04|") || !strings.Contains(once, "\nb||||\n") {
			t.Errorf("the rows are\n%s", once)
		}
		if at := s.Rows(`select at from made where id = 'a'`); len(at) != 1 || !strings.HasPrefix(strings.Replace(at[0], "T", " ", 1), "2023-11-14 22:13:20.123456") {
			t.Errorf("the time is %q", at)
		}
		Taken(t, x, Kept(t, "o'ne, \"two\"\nthree", "a", "b", "", "d", "e"), sink.Taken{Rows: 4, Keyless: 1})
		if again := rows("made"); again != once {
			t.Errorf("written again they are\n%s", again)
		}
		if runs := s.Rows("select run_id, target, command, model_id, rows from beamline_runs where target = 'made'"); len(runs) != 1 || runs[0] != "12e45|made|score|m1|4" {
			t.Errorf("the runs are %q", runs)
		}
	})
	t.Run("replaced", func(t *testing.T) {
		x := s.Open("made2", "")
		Taken(t, x, Kept(t, "old", "a", "b", "c"), sink.Taken{Rows: 3})
		Taken(t, x, Kept(t, "new", "c", "z"), sink.Taken{Rows: 2})
		if got := strings.Join(s.Rows("select id, label from made2 order by id"), " "); got != "a|old b| c|new z|" {
			t.Errorf("the rows are %s", got)
		}
	})
	t.Run("two of one key", func(t *testing.T) {
		for _, before := range []int{0, 1} {
			name := fmt.Sprint("twice", before)
			x := s.Open(name, "")
			if before > 0 {
				Taken(t, x, Kept(t, "old", "a"), sink.Taken{Rows: 1})
			}
			_, err := x.Write(t.Context(), Kept(t, "x", "p", "q", "p"), Predictions, run)
			if fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), "p") {
				t.Error(err)
			}
			if before > 0 {
				if got := strings.Join(s.Rows("select id, label from "+name), " "); got != "a|old" {
					t.Errorf("the rows are %s", got)
				}
			}
		}
	})
	t.Run("a part", func(t *testing.T) {
		day := func(d string) sink.Target { return s.Open("daily", "&mode=replace&stamp=run_id&by=day="+d) }
		Taken(t, day("2026-11-26"), Kept(t, "first", "a", "b", "c"), sink.Taken{Rows: 3})
		Taken(t, day("2026-11-27"), Kept(t, "second", "a", "b", "c"), sink.Taken{Rows: 3})
		Taken(t, day("2026-11-26"), Kept(t, "third", "c"), sink.Taken{Rows: 1})
		if got := strings.Join(s.Rows("select day, id, label, run_id from daily order by day, id"), " "); got != "2026-11-26|c|third|12e45 2026-11-27|a|second|12e45 2026-11-27|b||12e45 2026-11-27|c|second|12e45" {
			t.Errorf("the rows are %s", got)
		}
	})
	t.Run("does not fit", func(t *testing.T) {
		s.Do(`create table lacks (id text primary key, predictio real)`)
		s.Do(`create table unkeyed (id text, prediction real, "On Day" date, at text, label text, sure boolean)`)
		misfits := map[string]string{"lacks": `did you mean "predictio"`}
		if s.Indexes {
			misfits["unkeyed"] = "unique index of id"
		}
		for name, why := range misfits {
			x := s.Open(name, "")
			if err := x.Check(t.Context(), Predictions, "id"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := x.Write(t.Context(), Kept(t, "x", "a"), Predictions, run); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Open("made", "&key=nosuch").Check(t.Context(), Predictions, "id"); fault.CodeOf(err) != fault.Usage {
			t.Error(err)
		}
		for _, name := range []string{"made", "not there"} {
			if err := s.Open(name, "").Check(t.Context(), Predictions, "id"); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("refused", func(t *testing.T) {
		s.Do(`create table strict (id text primary key, prediction real, "On Day" date, at text, label text check (label <> 'no'), sure boolean)`)
		x := s.Open("strict", "")
		Taken(t, x, Kept(t, "yes", "a"), sink.Taken{Rows: 1})
		if _, err := x.Write(t.Context(), Kept(t, "no", "b"), Predictions, run); fault.CodeOf(err) != fault.Data {
			t.Error(err)
		}
		if got := strings.Join(s.Rows("select id, label from strict"), " "); got != "a|yes" {
			t.Errorf("the rows are %s", got)
		}
	})
}

// Taken writes rows and checks what the target says of them.
func Taken(t testing.TB, x sink.Target, rows sink.Rows, want sink.Taken) {
	t.Helper()
	if got, err := x.Write(t.Context(), rows, Predictions, run); err != nil || got.Rows != want.Rows || got.Keyless != want.Keyless || got.Refused != want.Refused {
		t.Fatalf("it took %+v, %v", got, err)
	}
}
