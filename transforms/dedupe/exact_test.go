package dedupe

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/table"
)

func TestMain(m *testing.M) { ptest.Main(m) }

func init() {
	register.Combiner1[Found](&joinFn{})
	register.Function1x1(text)
	register.Function1x0(note)
}

// joinFn joins what was found in the parts.
type joinFn struct{}

func (*joinFn) MergeAccumulators(a, b Found) Found { a.Merge(b); return a }

func text(f Found) string {
	return fmt.Sprint(f.Duplicates, f.Conflict, f.First, f.Second)
}

func read(t *testing.T, file int, text string) table.Batch {
	t.Helper()
	b, err := csv.ReadBytes([]byte(text), "f.csv", csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	b.Input = file
	return b
}

func TestExact(t *testing.T) {
	first := "id,x\n1,a\n2,b\n1,a\n,c\n,c\n3,d\n"
	for _, c := range []struct {
		name, key string
		texts     []string
		want      string
	}{
		{"by key", "id", []string{first, "id,x\n4,e\n2,b\n"}, "[{0 3} {1 2}] false {0 0} {0 0}"},
		{"one key, two records", "id", []string{first, "id,x\n3,other\n2,z\n"}, "[{0 3}] true {0 6} {1 1}"},
		{"without a key", "", []string{first, "id,x\n3,d\n"}, "[{0 3} {0 5} {1 1}] false {0 0} {0 0}"},
		{"nothing twice", "id", []string{"id,x\n1,a\n2,a\n"}, "[] false {0 0} {0 0}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, s := beam.NewPipelineWithRoot()
			var batches []table.Batch
			for i, text := range c.texts {
				batches = append(batches, read(t, i, text))
			}
			found := beam.Combine(s, &joinFn{}, Exact(s, c.key, beam.CreateList(s, batches)))
			passert.Equals(s, beam.ParDo(s, text, found), c.want)
			ptest.RunAndValidate(t, p)
			if again(t, c.key, 1, batches) != c.want {
				t.Errorf("in files it is %s", again(t, c.key, 1, batches))
			}
		})
	}
}

// again finds what is there several times in two passes, with entries in files.
func again(t *testing.T, key string, records int64, batches []table.Batch) string {
	t.Helper()
	dir := t.TempDir()
	p, s := beam.NewPipelineWithRoot()
	Seen(s, dir, key, records, beam.CreateList(s, batches))
	ptest.RunAndValidate(t, p)
	p, s = beam.NewPipelineWithRoot()
	noted = ""
	beam.ParDo0(s, note, beam.Combine(s, &joinFn{}, Again(s, key, dir, records, beam.CreateList(s, batches))))
	if err := ptest.Run(p); err != nil {
		t.Fatal(err)
	}
	if noted == "" { // nothing was seen twice, and no partition is there
		noted = text(Found{})
	}
	return noted
}

// noted is what note was told: the direct runner is in this process.
var noted string

func note(f Found) { noted = text(f) }

// TestManyEntries finds the same in memory and in files of many partitions, of a filter that
// is too small for the records.
func TestManyEntries(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var batches []table.Batch
	var all Found
	count := map[string]Row{}
	const rows = 4000
	for file := range 3 {
		var b strings.Builder
		b.WriteString("id,x\n")
		for i := range rows {
			id := fmt.Sprint(rng.IntN(20 * rows))
			fmt.Fprintf(&b, "%s,a\n", id)
			if _, ok := count[id]; ok {
				all.Duplicates = append(all.Duplicates, Row{file, int64(i + 1)})
			} else {
				count[id] = Row{file, int64(i + 1)}
			}
		}
		batches = append(batches, read(t, file, b.String()))
	}
	for _, records := range []int64{3 * rows, 300 * partitionRecords} {
		if got := again(t, "id", records, batches); got != text(all) {
			t.Errorf("of %d records it finds %.200s, want %.200s", records, got, text(all))
		}
	}
}

func TestExactOfNothing(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	passert.Empty(s, Exact(s, "id", beam.CreateList(s, []table.Batch{})))
	ptest.RunAndValidate(t, p)
}
