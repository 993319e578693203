package score_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/artifact/artifacttest"
	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// A pipeline that predicts a table with a model that was trained before.
func ExampleRows() {
	dir, err := os.MkdirTemp("", "score-*")
	check(err)
	defer os.RemoveAll(dir)
	m, err := artifacttest.Prices()
	check(err)
	check(artifact.Save(context.Background(), filepath.Join(dir, "model"), m))
	check(os.WriteFile(filepath.Join(dir, "flats.csv"), []byte("flat,area\nn1,10\nragged\nn3,30\n"), 0o600))

	p, s := beam.NewPipelineWithRoot()
	flats, err := tableio.Read(s, filepath.Join(dir, "flats.csv"), tableio.ReadOptions{Key: "flat"})
	check(err)
	predictions, _, err := score.Rows(s, flats, score.Options{Model: filepath.Join(dir, "model"), Key: "flat"})
	check(err)
	_, err = tableio.Write(s, filepath.Join(dir, "prices.csv"), predictions)
	check(err)
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)

	text, err := os.ReadFile(filepath.Join(dir, "prices.csv"))
	check(err)
	fmt.Println(string(text[:len("flat,prediction")]), len(text) > 60)
	// Output: flat,prediction true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
