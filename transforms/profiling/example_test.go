package profiling_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/transforms/tableio"

	"github.com/beamline-go/beamline/transforms/profiling"
)

func init() { register.Function1x0(show) }

// show prints what a table's columns are.
func show(t profile.Table) {
	for _, c := range profile.Infer(t, profile.Options{}).Columns {
		fmt.Println(c.Name, c.Type, c.Presence)
	}
}

// A pipeline that finds out what the columns of a table are.
func ExampleLearn() {
	dir, err := os.MkdirTemp("", "profile-*")
	check(err)
	defer os.RemoveAll(dir)
	text := "id,day,price\n"
	for i := range 60 {
		text += fmt.Sprintf("%d,2026-01-%02d,%d.5\n", 1000+i, 1+i%28, i%7)
	}
	check(os.WriteFile(filepath.Join(dir, "in.csv"), []byte(text+"1060,2026-01-05,\n"), 0o600))

	p, s := beam.NewPipelineWithRoot()
	rows, err := tableio.Read(s, filepath.Join(dir, "in.csv"), tableio.ReadOptions{})
	check(err)
	beam.ParDo0(s, show, profiling.Merge(s, profiling.Learn(s, rows, profile.Reading{})))
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)
	// Output:
	// id int64 required
	// day date required
	// price float64 optional
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
