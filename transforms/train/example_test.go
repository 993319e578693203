package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
	"github.com/beamline-go/beamline/transforms/train"
)

// A pipeline that chooses between two models, and leaves the one that is better in a folder.
func ExampleRun() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "train-*")
	check(err)
	defer os.RemoveAll(dir)
	text := "area,price\n"
	for i := range 60 {
		text += fmt.Sprintf("%d,%d\n", i, 1000*i+i*i%7)
	}
	check(os.WriteFile(filepath.Join(dir, "sold.csv"), []byte(text), 0o600))
	known := cleaning.Learned{Schema: table.Schema{Columns: []table.Column{
		{Name: "area", Type: table.Float64, Role: table.RoleNumeric, Presence: table.Required},
		{Name: "price", Type: table.Float64, Role: table.RoleTarget, Presence: table.Required}}}}
	check(known.Save(ctx, dir))
	candidates, err := training.Candidates([]string{"ridge", "tree"}, nil, 60, 0, training.Normal)
	check(err)

	p, s := beam.NewPipelineWithRoot()
	texts, err := tableio.Read(s, filepath.Join(dir, "sold.csv"), tableio.ReadOptions{})
	check(err)
	rows, _, _ := cleaning.Rows(s, texts, cleaning.Options{Dir: dir, Columns: []string{"area", "price"}, NeedTarget: true})
	staged, err := tableio.WriteTo(s, []sink.Sink{&sink.Stage{Dir: dir}}, rows)
	check(err)
	trained, err := train.Run(s, staged, train.Job{Goal: training.Goal{Target: "price", Metric: "rmse", Confidence: 0.9},
		Split: training.Split{Folds: 3, Seed: 1}, Candidates: candidates, Seed: 1, Dir: dir}, 1)
	check(err)
	result.Leave(s, dir, trained)
	_, err = beam.Run(ctx, "direct", p)
	check(err)

	left, err := result.Read(ctx, dir)
	check(err)
	r, err := result.One[train.Result](left, train.ResultKind)
	check(err)
	m, err := artifact.Load(ctx, filepath.Join(dir, "model"))
	check(err)
	fmt.Println(r.Choice.Name, "of", r.Rows, "rows;", m.Name(), m.ID == r.ModelID)
	// Output: ridge of 60 rows; ridge true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
