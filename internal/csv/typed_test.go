package csv

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

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
					if _, _, err := r.Block(bytes.NewReader(data), k); err != nil {
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
	if !vector {
		t.Skip("this processor has no vector kernel")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		b := make([]byte, 64)
		for i := range b {
			b[i] = []byte{',', ',' + 1, ',' ^ 0x80, '\n', '\n' - 1, '"', '"' | 0x80, 'a', 0, 0xff}[rng.IntN(10)]
		}
		f, l, q := masks(b, ',', '"')
		f2, l2, q2 := masksAVX2(&b[0], ',', '"')
		if f != f2 || l != l2 || q != q2 {
			t.Fatalf("%q: %x %x %x, and %x %x %x", b, f, l, q, f2, l2, q2)
		}
	}
}
