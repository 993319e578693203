// Package evaluate measures an artifact on labelled rows as a Beam pipeline.
package evaluate

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/result"
)

func init() {
	beam.RegisterDoFn(&modelFn{})
	register.Emitter1[result.Item]()
}

// ResultKind is the kind of the training.Assessment among the results of the
// pipeline.
const ResultKind = "assessment"

// Options of Model.
type Options struct {
	Model  string // folder of the artifact
	Digest string // that the artifact must have, as its Digest says; any where it is empty
	Seed   uint64 // of the bootstrap
}

// Model measures the artifact on staged rows that were read by its own schema.
// Schematically:
//
//	Model(PCollection<sink.Made>) PCollection<result.Item>
//
// The rows are held in memory, as in training.
func Model(s beam.Scope, staged beam.PCollection, o Options) (results beam.PCollection) {
	return beam.ParDo(s.Scope("Evaluate"), &modelFn{Options: o}, staged)
}

type modelFn struct{ Options Options }

func (f *modelFn) ProcessElement(ctx context.Context, staged sink.Made, emit func(result.Item)) error {
	a, err := assess(ctx, staged.Rows, f.Options)
	r, failed := result.New(ResultKind, a)
	if err != nil {
		r, failed = result.Refuse(err)
	}
	if failed == nil {
		emit(r)
	}
	return failed
}

func assess(ctx context.Context, rows sink.Rows, o Options) (training.Assessment, error) {
	m, err := artifact.Load(ctx, o.Model)
	if err == nil {
		err = artifact.Same(m, o.Model, o.Digest)
	}
	if err != nil {
		return training.Assessment{}, err
	}
	records, err := rows.Records(ctx)
	if err != nil {
		return training.Assessment{}, err
	}
	frame, err := features.NewFrame(m.Schema, records...)
	if err != nil {
		return training.Assessment{}, err
	}
	var y []float64
	for _, r := range records {
		some, err := m.Target(table.Batch{Record: r})
		if err != nil {
			return training.Assessment{}, err
		}
		y = append(y, some...)
	}
	frame, y = models.Labelled(frame, y)
	if len(y) == 0 {
		return training.Assessment{}, fault.Dataf("no record has a target %q to measure by", m.Goal.Target)
	}
	p, err := m.Predict(frame)
	if err != nil {
		return training.Assessment{}, err
	}
	predicted := p.Values
	if m.Goal.Classes() > 0 {
		predicted = p.Probabilities
	}
	a := training.Assess(frame, m.Goal, training.Outcome{Actual: y, Predicted: predicted, Lower: p.Lower, Upper: p.Upper}, o.Seed)
	a.Shifts = m.Shifts(frame)
	if share, beyond := m.Trained.Known(frame, y); beyond {
		a.Known = share
	}
	return a, nil
}
