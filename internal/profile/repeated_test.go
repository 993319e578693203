package profile

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/sketch"
)

// TestRepeatedCellsCountAsEachOfThem holds a column whose cells repeat against the same
// cells, each of them read.
func TestRepeatedCellsCountAsEachOfThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	kinds := []func() string{
		func() string { return fmt.Sprint(rng.IntN(1000) - 500) },
		func() string { return fmt.Sprintf("%.2f", rng.NormFloat64()) },
		func() string { return fmt.Sprintf("2021-%02d-%02d", 1+rng.IntN(13), 1+rng.IntN(31)) },
		func() string { return fmt.Sprintf("%d/%d/99", 1+rng.IntN(13), 1+rng.IntN(31)) },
		func() string { return fmt.Sprintf("20210%d%02d", 1+rng.IntN(9), 1+rng.IntN(31)) },
		func() string { return fmt.Sprintf("$%d,%03d", 1+rng.IntN(9), rng.IntN(1000)) },
		func() string { return fmt.Sprintf("%d%%", rng.IntN(100)) },
		func() string { return fmt.Sprintf("a  word %d ", rng.IntN(50)) },
		func() string {
			return []string{"", "NA", "null", "true", "False", "12E3", "007", "+49301234567"}[rng.IntN(8)]
		},
	}
	for try := range 50 {
		var pool []string
		for range 1 + rng.IntN(400) {
			pool = append(pool, kinds[(try+rng.IntN(2)*rng.IntN(3))%len(kinds)]())
		}
		b := array.NewStringBuilder(memory.DefaultAllocator)
		for range 200 + rng.IntN(3000) {
			b.Append(pool[rng.IntN(len(pool))])
		}
		cells := b.NewStringArray()
		var quick, slow Column
		quick.add(cells, nil, &space{})
		one := &space{}
		for i := range cells.Len() {
			slow.add(array.NewSlice(cells, int64(i), int64(i+1)).(*array.String), nil, one)
		}
		if got, want := said(t, &quick), said(t, &slow); got != want {
			t.Fatalf("cells like %q:\n%s\neach of them:\n%s", pool[0], got, want)
		}
	}
}

// said is all that is known of a column, the values in order.
func said(t *testing.T, c *Column) string {
	t.Helper()
	top := c.Values.Top(1 << 20)
	c.Values = sketch.Values{}
	for i := range c.Layouts { // in the order in which they were met
		c.Layouts[i].Quantiles = sketch.Quantiles{N: c.Layouts[i].Quantiles.N}
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %v", text, top)
}
