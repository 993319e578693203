package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// result is all that a file gives: rows with their numbers, and rejects.
type result struct {
	Rows    [][]string
	Numbers []int64
	Rejects []table.Reject
	Changes []table.Change
}

// readAll reads data by blocks of that size.
func readAll(t *testing.T, data []byte, d Dialect, width int, blockSize int64) result {
	t.Helper()
	names := make([]string, width)
	for i := range names {
		names[i] = fmt.Sprint("c", i+1)
	}
	return readFormat(t, data, Format{Dialect: d, Names: names, Line: 1}, blockSize)
}

// readFormat reads data of that format by blocks of that size.
func readFormat(t *testing.T, data []byte, f Format, blockSize int64) result {
	t.Helper()
	plan, err := NewPlan(bytes.NewReader(data), f.Dialect, blockSize, f.Start, f.Line)
	if err != nil {
		t.Fatal(err)
	}
	if f.Mender != nil {
		if plan, err = PlanRepairs(plan, f, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	index := make([]int, len(f.Names))
	for i := range index {
		index[i] = i
	}
	r := Reader{Dialect: f.Dialect, Plan: plan, Source: "x", Schema: vector.Schema(f.Names), Fields: index, Width: len(f.Names), KeyCol: -1, Mender: f.Mender, ahead: blockSize % 5}
	var out result
	for b := range plan.Blocks {
		batch, err := r.Block(bytes.NewReader(data), b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Len() {
			row := make([]string, len(f.Names))
			for c := range row {
				row[c] = batch.Text(c).Value(i)
			}
			out.Rows = append(out.Rows, row)
			out.Numbers = append(out.Numbers, batch.Row(i))
		}
		out.Rejects = append(out.Rejects, batch.Rejects...)
		out.Changes = append(out.Changes, batch.Changes...)
	}
	if n := int64(len(out.Rows) + len(out.Rejects)); n != plan.Records {
		t.Fatalf("blocks of %d: %d rows and rejects, the plan counted %d records", blockSize, n, plan.Records)
	}
	return out
}

// nasty returns a table of three columns in which every construct of the
// grammar stands, some of it broken.
func nasty(rng *rand.Rand, records int, broken bool) []byte {
	cells := []string{"", "a", "1.5", `"q"`, `"a,b"`, "\"line\nbreak\"", "\"crlf\r\nin it\"", `"doubled "" quote"`,
		`""`, `mid"quote`, `"""x"""`, "éü", `'it's'`, "  spaced  ", `'`, "\"\n\n\"", "tail\r"}
	bad := []string{`"a"b,c,d`, `a,b,"`, `"open,b,c`, "\"in\nit\"x,b,c", `a,mid"quote,c`, "# a comment, \"open", "a,'it's\nb',c", strings.Repeat("long", 30) + ",b,c", "too,few", "one,too,many,cells", "nul\x00,b,c", "\xff\xfe,b,c"}
	ends := []string{"\n", "\r\n", "\n\n", "\r\n\r\n"}
	var b bytes.Buffer
	for range records {
		if broken && rng.IntN(6) == 0 {
			b.WriteString(bad[rng.IntN(len(bad))])
		} else {
			for c := range 3 {
				if c > 0 {
					b.WriteByte(',')
				}
				b.WriteString(cells[rng.IntN(len(cells))])
			}
		}
		b.WriteString(ends[rng.IntN(len(ends))])
	}
	return b.Bytes()
}

func TestCutAnywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, tail := range []string{"", "x,y,z", "x,\"never\nclosed, at\nthe end", "\r", "a,b,", "a,b,\"c\""} {
		data := append(nasty(rng, 60, true), tail...)
		for _, d := range []Dialect{Default, {Delimiter: ',', Quote: '"', Notes: true}, {Delimiter: ',', Quote: '"', Loose: true, Notes: true, Limit: 50}, {Delimiter: ',', Quote: '"', Escape: 'x', Comment: '#', Limit: 200}, {Delimiter: ',', Quote: '"', CR: true, Space: true}, {Delimiter: ',', Escape: 'q', Blank: true}, {Delimiter: ',', Quote: '\''}} {
			want := readAll(t, data, d, 3, int64(len(data)))
			if len(want.Rows) < 5 && !d.CR || len(want.Rejects) < 3 {
				t.Fatalf("only %d rows and %d rejects", len(want.Rows), len(want.Rejects))
			}
			for size := int64(1); size < int64(len(data)); size++ {
				if got := readAll(t, data, d, 3, size); !reflect.DeepEqual(got, want) {
					t.Fatalf("blocks of %d bytes give another table, %s, tail %q", size, d, tail)
				}
			}
		}
	}
}

func TestAgreesWithEncodingCSV(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		data := nasty(rng, 50, false)
		r := stdcsv.NewReader(bytes.NewReader(data))
		r.LazyQuotes, r.FieldsPerRecord = true, 3
		want, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got := readAll(t, data, Dialect{Delimiter: ',', Quote: '"', Loose: true}, 3, 64)
		for i := range got.Rows {
			for c := range got.Rows[i] { // encoding/csv turns \r\n inside quotes into \n
				got.Rows[i][c] = strings.ReplaceAll(got.Rows[i][c], "\r\n", "\n")
			}
		}
		// encoding/csv can't tell a record whose only cell ends in CR from a line end; ours keeps it.
		for i := range want {
			for c := range want[i] {
				if c < 2 && want[i][c] == "tail\r" {
					continue
				}
				if strings.TrimRight(want[i][c], "\r") != strings.TrimRight(got.Rows[i][c], "\r") {
					t.Fatalf("record %d: %q, encoding/csv says %q", i, got.Rows[i], want[i])
				}
			}
		}
		if len(got.Rows) != len(want) || len(got.Rejects) > 0 {
			t.Fatalf("%d rows and %d rejects, encoding/csv has %d", len(got.Rows), len(got.Rejects), len(want))
		}
	}
}

func TestUnclosedQuoteLosesOneLine(t *testing.T) {
	data := []byte("a,b\n\"open,1\nc,d\ne,f\n")
	got := readAll(t, data, Default, 2, 5)
	want := [][]string{{"a", "b"}, {"c", "d"}, {"e", "f"}}
	if !reflect.DeepEqual(got.Rows, want) || !reflect.DeepEqual(got.Numbers, []int64{1, 3, 4}) {
		t.Errorf("rows %q numbered %v", got.Rows, got.Numbers)
	}
	if len(got.Rejects) != 1 || got.Rejects[0].Rule != RuleUnclosed || got.Rejects[0].Line != 2 || got.Rejects[0].Input != `"open,1` {
		t.Errorf("rejects %+v", got.Rejects)
	}
}

func TestRejectsSayWhere(t *testing.T) {
	data := []byte("a,b\n\n1,\"x\ny\"\nragged\n2,\"z\"q\n3,ok\n")
	got := readAll(t, data, Default, 2, 1<<20)
	if len(got.Rejects) != 2 {
		t.Fatalf("rejects %+v", got.Rejects)
	}
	r := got.Rejects[0]
	if r.Rule != RuleRagged || r.Row != 3 || r.Line != 5 || r.Offset != 13 || r.Reason != "1 fields where 2 are expected" {
		t.Errorf("first reject %+v", r)
	}
	if r := got.Rejects[1]; r.Rule != RuleBadQuote || r.Line != 6 {
		t.Errorf("second reject %+v", r)
	}
}

func TestLongRecordIsRefusedAlone(t *testing.T) {
	long := strings.Repeat("x", grid.MaxRecord+100)
	data := []byte("a,b\n" + long + ",c\nd,e\n")
	got := readAll(t, data, Default, 2, 1<<20)
	if len(got.Rows) != 2 || len(got.Rejects) != 1 || got.Rejects[0].Rule != RuleTooLong {
		t.Fatalf("%d rows, %d rejects", len(got.Rows), len(got.Rejects))
	}
	if len(got.Rejects[0].Input) != table.MaxRejectInput {
		t.Errorf("the reject keeps %d bytes", len(got.Rejects[0].Input))
	}
}

func TestIndexEither(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 100000 {
		b := make([]byte, rng.IntN(30))
		for i := range b {
			b[i] = []byte{',', ',' + 1, '\n', '\n' - 1, 0x80 | ',', 'a', 0, 0xff}[rng.IntN(8)]
		}
		want := bytes.IndexAny(b, ",\n")
		if want < 0 {
			want = len(b)
		}
		if got := indexEither(b, ',', '\n'); got != want {
			t.Fatalf("indexEither(%q) = %d, want %d", b, got, want)
		}
	}
}

func BenchmarkBlock(b *testing.B) {
	var buf bytes.Buffer
	for i := range 100000 {
		fmt.Fprintf(&buf, "%d,%.3f,some text %d,\"quoted, %d\",2021-03-%02d\n", i, float64(i)/7, i%100, i, i%28+1)
	}
	data := buf.Bytes()
	fields := make([]arrow.Field, 5)
	for i := range fields {
		fields[i] = arrow.Field{Name: fmt.Sprint(i), Type: arrow.BinaryTypes.String}
	}
	b.Run("plan", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := NewPlan(bytes.NewReader(data), Default, 1<<20, 0, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	plan, err := NewPlan(bytes.NewReader(data), Default, 1<<20, 0, 1)
	if err != nil {
		b.Fatal(err)
	}
	r := Reader{Dialect: Default, Plan: plan, Schema: arrow.NewSchema(fields, nil), Fields: []int{0, 1, 2, 3, 4}, Width: 5, KeyCol: -1}
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			for i := range plan.Blocks {
				if _, err := r.Block(bytes.NewReader(data), i); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
