package main

import (
	"context"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() {
	register.DoFn2x0[table.Batch, func(int64)](&addFn{})
	register.Emitter1[int64]()
}

// total is what the pipeline found; it runs in this process.
var total struct {
	sync.Mutex
	table readingTable
	rows  int64
	sums  []aggregate
}

// addFn adds batches up.
type addFn struct {
	rows int64
	sums []aggregate
}

// StartBundle begins a share.
func (f *addFn) StartBundle(func(int64)) {
	f.rows, f.sums = 0, make([]aggregate, len(measuredColumns(total.table)))
}

// ProcessElement adds a batch.
func (f *addFn) ProcessElement(b table.Batch, _ func(int64)) {
	f.rows += int64(b.Len())
	addRecord(f.sums, measuredColumns(total.table), b.Record)
}

// FinishBundle adds the share to the total. It emits something for the group that the
// pipeline ends in: prism is busy while a stage without an output runs.
func (f *addFn) FinishBundle(done func(int64)) {
	done(f.rows)
	total.Lock()
	defer total.Unlock()
	total.rows += f.rows
	mergeAggregates(total.table, total.sums, f.sums)
}

// readPrism reads in a pipeline on prism.
func readPrism(path string, t readingTable, _ bool, threads int) (int64, []aggregate, error) {
	ctx := context.Background()
	total.table, total.rows, total.sums = t, 0, make([]aggregate, len(measuredColumns(t)))
	files, err := tableio.Open(ctx, []string{path}, csv.Settings{}, nil, "")
	if err != nil {
		return 0, nil, err
	}
	runner, err := runners.New("prism", nil, "bench")
	if err != nil {
		return 0, nil, err
	}
	err = pipelines.Launcher{Runner: runner, Splits: 1, Shards: 1}.Run(ctx, func(s beam.Scope) error {
		planned := tableio.Plan(s, files)
		parts := make([]beam.PCollection, threads)
		for i := range threads {
			parts[i] = beam.ParDo(s, &addFn{}, tableio.ReadValues(s, planned, t.columns, tableio.Cut{Splits: 1, Share: i, Of: threads}))
		}
		beam.GroupByKey(s, beam.AddFixedKey(s, beam.Flatten(s, parts...)))
		return nil
	})
	return total.rows, total.sums, err
}
