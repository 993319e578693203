package sink

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/table"
)

// Stage keeps the rows of a table where they were written, for later stages of the same
// pipeline: nothing is copied, and Rows says where they are.
type Stage struct{ Dir string }

// Name implements Sink.
func (s *Stage) Name() string { return "rows" }

// Part implements Sink.
func (s *Stage) Part(ctx context.Context) (Part, error) {
	return newPart(ctx, s.Dir, s.Name(), stagedBatches{}), nil
}

// Commit implements Sink.
func (s *Stage) Commit(_ context.Context, parts []Written) ([]Made, error) {
	return []Made{{Output: s.Name(), Rows: rowsOf(parts)}}, nil
}

// stagedBatches are batches as they cross workers, without what is not rows.
type stagedBatches struct{}

func (stagedBatches) header(table.Batch) []byte { return nil }

func (stagedBatches) append(dst []byte, b table.Batch) ([]byte, error) {
	if b.Len() == 0 {
		return dst, nil
	}
	b.Rejects, b.Changes, b.Proposals, b.Odd, b.Late, b.Unjoined = nil, nil, nil, nil, nil, nil
	data, err := wire.EncodeBatch(b)
	return append(dst, data...), err
}

// Rows are rows that were staged, in the order of the input.
type Rows struct {
	Parts  []string
	Pieces []StagedBatch
}

// StagedBatch is where a batch is.
type StagedBatch struct {
	At             table.Position
	Part           int // of the parts of Rows
	Offset, Length int64
}

func rowsOf(parts []Written) (r Rows) {
	number := map[string]int{}
	for i, p := range parts {
		number[p.Part] = i
		r.Parts = append(r.Parts, p.Part)
	}
	for _, p := range inOrder(parts) {
		r.Pieces = append(r.Pieces, StagedBatch{p.At, number[p.Part], p.Offset, p.Length})
	}
	return r
}

// Slice is the batches [from, to) of the rows.
func (r Rows) Slice(from, to int) Rows { return Rows{r.Parts, r.Pieces[from:to]} }

// Each calls use with each batch, in the order of the input.
func (r Rows) Each(ctx context.Context, use func(table.Batch) error) error {
	open := partFiles{}
	defer open.close()
	for _, p := range r.Pieces {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, err := open.get(ctx, r.Parts[p.Part])
		if err != nil {
			return fmt.Errorf("sink: %w", err)
		}
		data := make([]byte, p.Length)
		if n, err := file.ReadAt(data, p.Offset); n < len(data) {
			return fmt.Errorf("sink: %s: %d of %d bytes of a batch: %w", r.Parts[p.Part], n, len(data), noEOF(err))
		}
		b, err := wire.DecodeBatch(data)
		if err != nil {
			return err
		}
		if err := use(b); err != nil {
			return err
		}
	}
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Records returns the records of all batches.
func (r Rows) Records(ctx context.Context) (out []arrow.RecordBatch, err error) {
	err = r.Each(ctx, func(b table.Batch) error {
		out = append(out, b.Record)
		return nil
	})
	return out, err
}
