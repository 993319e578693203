package dedupe_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/transforms/dedupe"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() { register.Function1x0(show) }

// show prints the duplicates of one part of the keys.
func show(f dedupe.Found) {
	for _, d := range f.Duplicates {
		fmt.Println("row", d.Row, "is there before")
	}
}

// A pipeline that finds the records that are there twice.
func ExampleExact() {
	dir, err := os.MkdirTemp("", "dedupe-*")
	check(err)
	defer os.RemoveAll(dir)
	check(os.WriteFile(filepath.Join(dir, "in.csv"), []byte("id,town\n1,Oslo\n2,Bergen\n1,Oslo\n"), 0o600))

	p, s := beam.NewPipelineWithRoot()
	rows, err := tableio.Read(s, filepath.Join(dir, "in.csv"), tableio.ReadOptions{})
	check(err)
	beam.ParDo0(s, show, dedupe.Exact(s, "id", rows))
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)
	// Output: row 3 is there before
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
