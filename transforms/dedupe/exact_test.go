package dedupe

import (
	"fmt"
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
			found := beam.Combine(s, &joinFn{}, Exact(s, c.key, "", beam.CreateList(s, batches)))
			passert.Equals(s, beam.ParDo(s, text, found), c.want)
			ptest.RunAndValidate(t, p)
		})
	}
}

func TestExactOfNothing(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	passert.Empty(s, Exact(s, "id", "", beam.CreateList(s, []table.Batch{})))
	ptest.RunAndValidate(t, p)
}
