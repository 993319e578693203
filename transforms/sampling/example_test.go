package sampling_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/transforms/tableio"

	"github.com/beamline-go/beamline/transforms/sampling"
)

func init() { register.Function1x0(show) }

func show(r sample.Rows) { fmt.Println(r.Seen, "rows, all of them:", r.Whole(), r.Columns) }

// A pipeline that keeps a sample of a table's rows, of at most so many bytes.
func ExampleTake() {
	dir, err := os.MkdirTemp("", "sample-*")
	check(err)
	defer os.RemoveAll(dir)
	check(os.WriteFile(filepath.Join(dir, "in.csv"), []byte("id,town\n1,Oslo\n2,Bergen\n3,Oslo\n"), 0o600))

	p, s := beam.NewPipelineWithRoot()
	rows, err := tableio.Read(s, filepath.Join(dir, "in.csv"), tableio.ReadOptions{})
	check(err)
	beam.ParDo0(s, show, sampling.Take(s, 1<<20, rows))
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)
	// Output: 3 rows, all of them: true [id town]
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
