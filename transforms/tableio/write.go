package tableio

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
)

func init() {
	beam.RegisterDoFn(&partFn{})
	beam.RegisterDoFn(&commitFn{})
	beam.RegisterDoFn(&encodeFn{})
	register.Emitter2[int, sink.Written]()
	register.Emitter1[sink.Made]()
	register.Iter1[sink.Written]()
	beam.RegisterCoder(reflect.TypeFor[sink.Written](), encodeWritten, decodeWritten)
	beam.RegisterCoder(reflect.TypeFor[sink.Made](), encodeMade, decodeMade)
}

// WriteTo writes each batch to all of the sinks. Schematically:
//
//	WriteTo(PCollection<table.Batch>...) PCollection<sink.Made>
//
// A sink that no batch had anything for makes nothing.
func WriteTo(s beam.Scope, sinks []sink.Sink, batches ...beam.PCollection) (made beam.PCollection, err error) {
	specs := make([]systems.Spec, len(sinks))
	for i, x := range sinks {
		if specs[i], err = systems.Describe(x); err != nil {
			return made, err
		}
	}
	s = s.Scope("Write")
	var parts []beam.PCollection
	for _, b := range batches {
		parts = append(parts, beam.ParDo(s, &partFn{Sinks: specs}, b))
	}
	return beam.ParDo(s, &commitFn{Sinks: specs}, beam.GroupByKey(s, beam.Flatten(s, parts...))), nil
}

// partFn writes the parts of a bundle, by the number of their sink: each worker has parts
// of its own.
type partFn struct {
	Sinks []systems.Spec

	sinks []sink.Sink
	crew  parallel.Crew[[]sink.Part, struct{}]
}

func (f *partFn) Setup() error {
	f.sinks = make([]sink.Sink, len(f.Sinks))
	for i, s := range f.Sinks {
		var err error
		if f.sinks[i], err = s.Sink(); err != nil {
			return err
		}
	}
	return nil
}

// StartBundle gives up the parts of a bundle that did not end.
func (f *partFn) StartBundle(ctx context.Context, _ func(int, sink.Written)) {
	for _, parts := range f.crew.Disband() {
		for _, p := range *parts {
			p.Abort()
		}
	}
	f.crew.New = func() (parts []sink.Part, err error) {
		parts = make([]sink.Part, len(f.sinks))
		for i, s := range f.sinks {
			if parts[i], err = s.Part(ctx); err != nil {
				return nil, err
			}
		}
		return parts, nil
	}
}

func (f *partFn) ProcessElement(b table.Batch, _ func(int, sink.Written)) error {
	return f.crew.Do(func(parts *[]sink.Part) (none struct{}, err error) {
		for _, p := range *parts {
			if err := p.Write(b); err != nil {
				return none, err
			}
		}
		return none, nil
	}, parallel.Drop)
}

func (f *partFn) FinishBundle(emit func(int, sink.Written)) error {
	if err := f.crew.Wait(parallel.Drop); err != nil {
		return err
	}
	for _, parts := range f.crew.Disband() {
		for i, p := range *parts {
			w, err := p.Close()
			if err != nil {
				return err
			}
			if len(w.Pieces) > 0 {
				emit(i, w)
			}
		}
	}
	return nil
}

type commitFn struct{ Sinks []systems.Spec }

func (f *commitFn) ProcessElement(ctx context.Context, number int, written func(*sink.Written) bool, emit func(sink.Made)) error {
	s, err := f.Sinks[number].Sink()
	if err != nil {
		return err
	}
	var parts []sink.Written
	for w := (sink.Written{}); written(&w); w = (sink.Written{}) {
		parts = append(parts, w)
	}
	made, err := s.Commit(ctx, parts)
	for _, m := range made {
		log.Infof(ctx, "%s is complete", m.Output)
		emit(m)
	}
	return err
}

// Encode writes staged rows as a table. Schematically:
//
//	Encode(PCollection<sink.Made>) PCollection<sink.Made>
func Encode(s beam.Scope, t sink.Table, staged beam.PCollection) (made beam.PCollection, err error) {
	settings, err := json.Marshal(t)
	if err != nil {
		return made, fmt.Errorf("sink: %w", err)
	}
	return beam.ParDo(s.Scope("Write "+t.File), &encodeFn{Table: settings}, staged), nil
}

type encodeFn struct{ Table []byte }

func (f *encodeFn) ProcessElement(ctx context.Context, staged sink.Made, emit func(sink.Made)) error {
	var t sink.Table
	if err := json.Unmarshal(f.Table, &t); err != nil {
		return err
	}
	made, err := t.Encode(ctx, staged.Rows)
	for _, m := range made {
		emit(m)
	}
	return err
}
