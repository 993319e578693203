package evaluate_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/artifact/artifacttest"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/evaluate"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// A pipeline that measures a model on rows whose price is known: two are as the model says,
// and the third is 300 dearer.
func ExampleModel() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "evaluate-*")
	check(err)
	defer os.RemoveAll(dir)
	m, err := artifacttest.Prices()
	check(err)
	check(artifact.Save(ctx, filepath.Join(dir, "model"), m))
	known := cleaning.Learned{Schema: m.Schema, Plan: m.Clean}
	check(known.Save(ctx, dir))
	check(os.WriteFile(filepath.Join(dir, "sold.csv"), []byte("area,price\n10,10000\n20,20000\n30,30300\n"), 0o600))

	p, s := beam.NewPipelineWithRoot()
	texts, err := tableio.Read(s, filepath.Join(dir, "sold.csv"), tableio.ReadOptions{})
	check(err)
	rows, _, _ := cleaning.Rows(s, texts, cleaning.Options{Dir: dir, Columns: []string{"area", "price"}, NeedTarget: true})
	staged, err := tableio.WriteTo(s, []sink.Sink{&sink.Stage{Dir: dir}}, rows)
	check(err)
	result.Leave(s, dir, evaluate.Model(s, staged, evaluate.Options{Model: filepath.Join(dir, "model"), Seed: 1}))
	_, err = beam.Run(ctx, "direct", p)
	check(err)

	left, err := result.Read(ctx, dir)
	check(err)
	a, err := result.One[training.Assessment](left, evaluate.ResultKind)
	check(err)
	fmt.Println(a.Rows, "rows, mae", math.Round(float64(a.Metrics["mae"].Value)))
	// Output: 3 rows, mae 100
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
