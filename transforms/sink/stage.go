package sink

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/beamtable"
)

func init() {
	beam.RegisterDoFn(&stageFn{})
	register.Emitter1[Fragment]()
}

// Stage turns batches into fragments of an output that ReadStaged reads: each is
// a batch behind its length. Schematically:
//
//	Stage(PCollection<table.Batch>) PCollection<Fragment>
func Stage(s beam.Scope, output string, batches beam.PCollection) (fragments beam.PCollection) {
	return beam.ParDo(s.Scope("Stage rows"), &stageFn{Output: output}, batches)
}

type stageFn struct{ Output string }

func (f *stageFn) ProcessElement(b table.Batch, emit func(Fragment)) error {
	if b.Len() == 0 {
		return nil
	}
	b.Rejects = nil
	data, err := beamtable.EncodeBatch(b)
	if err != nil {
		return err
	}
	emit(Fragment{f.Output, b.Position, append(binary.LittleEndian.AppendUint64(nil, uint64(len(data))), data...)})
	return nil
}

// ReadStaged calls use with each batch of a staged output, in the order of the
// input.
func ReadStaged(ctx context.Context, path string, use func(table.Batch) error) error {
	f, err := store.Open(ctx, path)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f.Reader(), 1<<20)
	for {
		var size [8]byte
		if _, err := io.ReadFull(r, size[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("sink: %s: %w", path, err)
		}
		var data bytes.Buffer
		n := int64(binary.LittleEndian.Uint64(size[:]))
		if k, err := io.CopyN(&data, r, n); err != nil {
			return fmt.Errorf("sink: %s: %d of %d bytes of a batch: %w", path, k, n, err)
		}
		b, err := beamtable.DecodeBatch(data.Bytes())
		if err != nil {
			return err
		}
		if err := use(b); err != nil {
			return err
		}
	}
}

// StagedRecords reads all records of a staged output.
func StagedRecords(ctx context.Context, path string) ([]arrow.RecordBatch, error) {
	var out []arrow.RecordBatch
	err := ReadStaged(ctx, path, func(b table.Batch) error {
		out = append(out, b.Record)
		return nil
	})
	return out, err
}
