// Outsider is a pipeline of somebody who knows Beam, and of Beamline what go doc says:
// it reads a table, predicts it with a model that was trained before, and writes the
// predictions as Parquet.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/tableio"
)

var (
	input  = flag.String("input", "", "files of the table")
	model  = flag.String("model", "", "folder of the model")
	output = flag.String("output", "predictions.parquet", "file of the predictions")
	key    = flag.String("key", "", "column that names a record")
)

func main() {
	flag.Parse()
	beam.Init()
	p, s := beam.NewPipelineWithRoot()
	rows, err := tableio.Read(s, *input, tableio.ReadOptions{Key: *key})
	if err != nil {
		log.Fatal(err)
	}
	predictions, _, err := score.Rows(s, rows, score.Options{Model: *model, Key: *key, WholeKeys: true})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tableio.Write(s, *output, predictions); err != nil {
		log.Fatal(err)
	}
	if err := beamx.Run(context.Background(), p); err != nil {
		log.Fatal(err)
	}
}
