package matching_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/transforms/matching"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() { register.Function1x2(found) }

func found(body []byte) (result.Item, error) { return result.New("found", body) }

var first = []string{"anna", "bjorn", "carla", "david", "elena", "frida", "georg", "hanna", "ivar", "julia"}
var last = []string{"andersen", "bakke", "christiansen", "dahl", "eriksen", "fredriksen", "gundersen", "hansen"}

// people are names, towns and birthdays; the last of them is the first, misspelled.
func people() (text string, cells []match.Cells) {
	text = "name,town,born\n"
	add := func(person ...string) {
		text += strings.Join(person, ",") + "\n"
		cells = append(cells, match.Cells{Place: match.Place{Row: int64(len(cells) + 1)}, Cells: person})
	}
	born := func(i int) string { return fmt.Sprintf("%d-%02d-%02d", 1940+i*37%60, 1+i*7%12, 1+i*11%28) }
	for i := range 80 {
		add(first[i%10]+" "+last[i/10], []string{"oslo", "bergen", "bodo"}[i%3], born(i))
	}
	add("anna andersn", "oslo", born(0))
	return text, cells
}

// A pipeline that finds records of the same person. Which keys records are compared by, and
// what speaks for a pair, was learned of the table before.
func ExampleCompare() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "matching-*")
	check(err)
	defer os.RemoveAll(dir)
	text, cells := people()
	check(os.WriteFile(filepath.Join(dir, "people.csv"), []byte(text), 0o600))
	m := match.Learn([]string{"name", "town", "born"}, cells, int64(len(cells)))
	check(matching.SaveModel(ctx, dir, m))
	keys := len(m.Blocking)
	side := func(s beam.Scope) matching.Side {
		batches, err := tableio.Read(s, filepath.Join(dir, "people.csv"), tableio.ReadOptions{})
		check(err)
		return matching.Side{Batches: []beam.PCollection{batches}, Columns: []string{"name", "town", "born"}, Compared: []int{0, 1, 2}}
	}

	p, s := beam.NewPipelineWithRoot()
	matching.Shared(s, dir, keys, int64(len(cells)), side(s))
	_, err = beam.Run(ctx, "direct", p)
	check(err)
	p, s = beam.NewPipelineWithRoot()
	pairs := matching.Compare(s, dir, matching.Options{Share: matching.Share{To: keys, Ranges: 1}}, side(s))
	result.Leave(s, dir, beam.ParDo(s, found, pairs))
	_, err = beam.Run(ctx, "direct", p)
	check(err)

	left, err := result.Read(ctx, dir)
	check(err)
	parts, err := result.All[[]byte](left, "found")
	check(err)
	var all matching.Found
	for _, part := range parts {
		f, err := matching.ReadFound(part)
		check(err)
		all.Merge(f)
	}
	for _, x := range all.Pairs {
		fmt.Println(all.Records.Cells(x.A)[0], "|", all.Records.Cells(x.B)[0])
	}
	// Output: anna andersen | anna andersn
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
