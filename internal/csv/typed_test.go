package csv

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sys/cpu"

	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// typedTable returns a table with a column of each type, and what its columns are.
func typedTable(rng *rand.Rand, rows int) ([]byte, []table.Column) {
	var b bytes.Buffer
	b.WriteString("id,price,day,at,shop,note,flag\n")
	shops := []string{"north", "south", "harbour", "the old town market"}
	for i := range rows {
		fmt.Fprintf(&b, "%d,%.4f,2021-%02d-%02d,2021-%02d-%02d %02d:%02d:%02d,%s,note %d", i, rng.Float64()*1000, rng.IntN(12)+1, rng.IntN(28)+1,
			rng.IntN(12)+1, rng.IntN(28)+1, rng.IntN(24), rng.IntN(60), rng.IntN(60), shops[rng.IntN(4)], rng.IntN(1e9))
		fmt.Fprintf(&b, ",%v\n", rng.IntN(2) == 0)
	}
	return b.Bytes(), []table.Column{{Name: "id", Type: table.Int64}, {Name: "price", Type: table.Float64}, {Name: "day", Type: table.Date},
		{Name: "at", Type: table.Timestamp}, {Name: "shop", Type: table.Categorical}, {Name: "note", Type: table.String}, {Name: "flag", Type: table.Bool}}
}

func BenchmarkTyped(b *testing.B) {
	data, columns := typedTable(rand.New(rand.NewPCG(1, 2)), 50000)
	f, err := Detect(data, true, "x", Settings{})
	if err != nil {
		b.Fatal(err)
	}
	plan, err := NewPlan(bytes.NewReader(data), f.Dialect, 1<<20, f.Start, f.Line)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("index", func(b *testing.B) {
		x := index{width: len(columns)}
		d := Default
		b.SetBytes(int64(len(data) - 200))
		for b.Loop() {
			for at := int(f.Start); at < len(data)-200; at = x.next {
				x.run(&d, data[:len(data)-100], at, len(data)-200)
			}
		}
	})
	for i := range columns {
		b.Run(columns[i].Name, func(b *testing.B) {
			r := TypedReader{Reader: Reader{Dialect: f.Dialect, Plan: plan, Width: len(columns), KeyCol: -1, Fields: []int{i}}, Columns: columns[i : i+1], Dictionary: true, Reuse: true}
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				for k := range plan.Blocks {
					if _, err := r.Block(bytes.NewReader(data), k); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*50000), "ns/row")
		})
	}
	b.Run("detect", func(b *testing.B) {
		for b.Loop() {
			if _, err := Detect(data[:SampleSize], false, "x", Settings{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestMasksOfBothKinds(t *testing.T) {
	if !avx2 {
		t.Skip("this processor has no vector kernel")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		b := make([]byte, 64)
		for i := range b {
			b[i] = []byte{',', ',' + 1, ',' ^ 0x80, '\n', '\n' - 1, '"', '"' | 0x80, 'a', 0, 0xff}[rng.IntN(10)]
		}
		if i := rng.IntN(20); i == 0 {
			b = bytes.Repeat([]byte("a,"), 32)
		}
		f, l, q, w := masks(b, ',', '"')
		f2, l2, q2, w2 := masksAVX2(&b[0], ',', '"')
		if f != f2 || l != l2 || q != q2 || (w != 0) != (w2 != 0) {
			t.Fatalf("%q: %x %x %x %x, and %x %x %x %x", b, f, l, q, w, f2, l2, q2, w2)
		}
	}
}

// asText reads typed data and writes each cell as the text reader has it: what is
// null is empty, and what is odd is there as it was.
func asText(t *testing.T, data []byte, f Format, columns []table.Column, blockSize int64) result {
	t.Helper()
	plan, err := NewPlan(bytes.NewReader(data), f.Dialect, blockSize, f.Start, f.Line)
	if err != nil {
		t.Fatal(err)
	}
	r := TypedReader{Reader: Reader{Dialect: f.Dialect, Plan: plan, Source: "x", Width: len(f.Names), KeyCol: -1, ahead: blockSize % 5}, Columns: columns, Dictionary: true, Reuse: true}
	for i := range columns {
		r.Fields = append(r.Fields, i)
	}
	var out result
	for b := range plan.Blocks {
		batch, err := r.Block(bytes.NewReader(data), b)
		if err != nil {
			t.Fatal(err)
		}
		rows := make([][]string, batch.Len())
		for i := range rows {
			rows[i] = make([]string, len(columns))
			for c := range columns {
				rows[i][c] = strings.Clone(typedText(batch.Record.Column(c), i))
			}
			out.Numbers = append(out.Numbers, batch.Row(i))
		}
		for _, o := range batch.Odd {
			if rows[o.Row][o.Column] != "" || o.Text == "" {
				t.Errorf("%+v is odd, but there is %q", o, rows[o.Row][o.Column])
			}
			rows[o.Row][o.Column] = o.Text
		}
		out.Rows = append(out.Rows, rows...)
		out.Rejects = append(out.Rejects, batch.Rejects...)
	}
	return out
}

func typedText(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	switch a := a.(type) {
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly)
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).Format("2006-01-02 15:04:05.999999")
	case *array.Float64:
		return number.Format(a.Value(i))
	case *array.Dictionary:
		return a.Dictionary().(*array.String).Value(a.GetValueIndex(i))
	}
	return a.ValueStr(i)
}

// TestTypedIsText reads tables, malformed records and odd cells among them, as text
// and as typed values, however they are cut.
func TestTypedIsText(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	columns := []table.Column{{Name: "a", Type: table.Int64}, {Name: "b", Type: table.Float64}, {Name: "c", Type: table.Date}, {Name: "d", Type: table.Timestamp},
		{Name: "e", Type: table.Categorical}, {Name: "f", Type: table.String}, {Name: "g", Type: table.Bool}}
	good := [][]string{{"1", "-77", "123456789012"}, {"1.5", "-0.25", "123456.789"}, {"2024-02-29", "1999-12-31"}, {"2024-02-29 01:02:03", "2001-01-01 23:59:59.5"},
		{"red", "green", "a colour with a long name"}, {"text", `"a, b"`, "\"two\nlines\"", `"say ""hi"""`}, {"true", "false"}}
	odd := []string{"", "x", `"1"`, `"2,5"`, "NA", "2024-13-01", "12e3x"}
	for range 30 {
		var b bytes.Buffer
		b.WriteString("a,b,c,d,e,f,g\n")
		for range 200 {
			switch rng.IntN(30) {
			case 0:
				b.WriteString("too,few\n")
				continue
			case 1:
				b.WriteString("1,\"a\"b,c,d,e,f,g\n")
				continue
			case 2:
				b.WriteString("\n")
			}
			for c := range columns {
				if c > 0 {
					b.WriteByte(',')
				}
				if rng.IntN(12) == 0 {
					b.WriteString(odd[rng.IntN(len(odd))])
				} else {
					b.WriteString(good[c][rng.IntN(len(good[c]))])
				}
			}
			b.WriteString([]string{"\n", "\r\n"}[rng.IntN(2)])
		}
		data := b.Bytes()
		f := Format{Dialect: Default, Header: true, Names: []string{"a", "b", "c", "d", "e", "f", "g"}, Start: 14, Line: 2}
		want := readFormat(t, data, f, int64(len(data)))
		for _, size := range []int64{int64(len(data)), 17, 100, 1000, 1 + rng.Int64N(500)} {
			if got := asText(t, data, f, columns, size); !reflect.DeepEqual(got, want) {
				for i := range got.Rows {
					if !reflect.DeepEqual(got.Rows[i], want.Rows[i]) {
						t.Fatalf("blocks of %d: row %d is %q, as text %q", size, i, got.Rows[i], want.Rows[i])
					}
				}
				t.Fatalf("blocks of %d: %d rows, %d as text; rejects %v, %v", size, len(got.Rows), len(want.Rows), places(got.Rejects), places(want.Rejects))
			}
		}
	}
}

// TestTypedKnowsItsValues asks for the values themselves, of a table whose values
// are known.
func TestTypedKnowsItsValues(t *testing.T) {
	data := []byte("n,x,d,s\n1,0.1,1970-01-02,b\n,1e3,,a\n-5,2,05/06/2021,b\n")
	columns := []table.Column{{Name: "n", Type: table.Int64}, {Name: "x", Type: table.Float64},
		{Name: "d", Type: table.Date, Layouts: []string{"DD/MM/YYYY"}}, {Name: "s", Type: table.Categorical}}
	plan, err := NewPlan(bytes.NewReader(data), Default, 1<<20, 8, 2)
	if err != nil {
		t.Fatal(err)
	}
	r := TypedReader{Reader: Reader{Dialect: Default, Plan: plan, Width: 4, KeyCol: -1, Fields: []int{0, 1, 2, 3}}, Columns: columns, Dictionary: true}
	batch, err := r.Block(bytes.NewReader(data), 0)
	if err != nil || len(batch.Odd) > 0 {
		t.Fatal(batch.Odd, err)
	}
	if got := fmt.Sprint(batch.Record.Columns()); got != "[[1 (null) -5] [0.1 1000 2] [1970-01-02 (null) 2021-06-05] { dictionary: [\"b\" \"a\"]\n  indices: [0 1 0] }]" {
		t.Error(got)
	}
}

// TestBothKernelsReadAlike reads with and without the vector kernel.
func TestBothKernelsReadAlike(t *testing.T) {
	defer func(was bool) { avx2 = was }(avx2)
	rng := rand.New(rand.NewPCG(13, 14))
	for range 50 {
		data := nasty(rng, 100, true)
		avx2 = false
		want := readAll(t, data, Default, 3, 300)
		avx2 = cpu.X86.HasAVX2
		if got := readAll(t, data, Default, 3, 300); !reflect.DeepEqual(got, want) {
			t.Fatal("the vector kernel gives another table")
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\"\"y\"\n\n2,\"z\nw\"\r\n"), uint16(3))
	f.Add([]byte("a,b\n1,\"x\n2,3\n"), uint16(1))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		for _, s := range []Settings{{}, {Repair: true}} {
			format, err := Detect(data, true, "f", s)
			if err != nil || len(data) > 1<<16 {
				return
			}
			want := readFormat(t, data, format, int64(len(data)))
			if got := readFormat(t, data, format, int64(size)+1); !reflect.DeepEqual(got, want) {
				t.Errorf("blocks of %d bytes give another table", int64(size)+1)
			}
		}
	})
}
