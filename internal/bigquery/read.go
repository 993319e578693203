package bigquery

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	storage "cloud.google.com/go/bigquery/storage/apiv1"
	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// counted is how many rows a stream of the session has.
type counted struct {
	Stream int
	Rows   int64
}

// Plan implements source.Source.
func (s *Source) Plan(ctx context.Context) (source.Plan, error) {
	part, err := s.Range(ctx, 0, 1)
	if err != nil {
		return source.Plan{}, err
	}
	return s.Join(ctx, [][]byte{part})
}

// Ranges implements source.Ranged: streams are counted by several workers.
func (s *Source) Ranges(context.Context) (int, error) { return len(s.Session.Streams), nil }

// Range implements source.Ranged.
func (s *Source) Range(ctx context.Context, i, n int) ([]byte, error) {
	client, err := s.At.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	all := len(s.Session.Streams)
	counts := []counted{}
	for k := all * i / n; k < all*(i+1)/n; k++ {
		st := &stream{source: s, client: client, number: k}
		for {
			some, err := st.next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, s.At.named(err)
			}
			rows, err := s.countOf(some)
			if err != nil {
				return nil, err
			}
			st.at += rows
		}
		counts = append(counts, counted{k, st.at})
	}
	return json.Marshal(counts)
}

// countOf is how many rows came. An emulator may not say it.
func (s *Source) countOf(got *storagepb.ReadRowsResponse) (int64, error) {
	body := got.GetArrowRecordBatch().GetSerializedRecordBatch()
	if got.GetRowCount() > 0 || len(body) == 0 {
		return got.GetRowCount(), nil
	}
	rows, err := decode(s.Session.Schema, body, s.At.Given)
	if err != nil {
		return 0, err
	}
	return rows.NumRows(), nil
}

// Join implements source.Ranged. The key of a block is its stream and its first row there.
func (s *Source) Join(_ context.Context, parts [][]byte) (p source.Plan, err error) {
	p.Version = source.Version{Bytes: s.Session.Bytes, Generation: s.State, Token: s.Session.Name}
	for _, part := range parts {
		var counts []counted
		if err := json.Unmarshal(part, &counts); err != nil {
			return p, fmt.Errorf("bigquery: %w", err)
		}
		for _, c := range counts {
			for at := int64(0); at < c.Rows; at += s.Block {
				row := p.Grid.Records + at + 1
				p.Grid.Blocks = append(p.Grid.Blocks, grid.Block{First: at, Row: row, Line: row})
				p.Keys = append(p.Keys, []string{strconv.Itoa(c.Stream)})
			}
			p.Grid.Records += c.Rows
		}
	}
	p.Grid.Size = s.Session.Bytes
	p.Grid.BlockSize = (p.Grid.Size + int64(len(p.Grid.Blocks))) / int64(max(len(p.Grid.Blocks), 1))
	return p, nil
}

// stream reads the rows of a stream, from a place on. A connection that is lost is opened
// again where it was.
type stream struct {
	source *Source
	client *storage.BigQueryReadClient
	number int
	at     int64 // row behind those that were taken

	rows storagepb.BigQueryRead_ReadRowsClient
	stop context.CancelFunc
}

// next returns the next rows; the caller moves at on.
func (s *stream) next(ctx context.Context) (got *storagepb.ReadRowsResponse, err error) {
	err = patiently(ctx, func() (err error) {
		if s.rows == nil {
			within, stop := context.WithCancel(ctx)
			s.stop = stop
			s.rows, err = s.client.ReadRows(within, &storagepb.ReadRowsRequest{ReadStream: s.source.Session.Streams[s.number], Offset: s.at}, alone)
		}
		if err == nil {
			got, err = s.rows.Recv()
		}
		if err != nil {
			s.close()
		}
		return err
	})
	return got, err
}

func (s *stream) close() {
	if s.stop != nil {
		s.stop()
	}
	s.rows, s.stop = nil, nil
}

// Open implements source.Source.
func (s *Source) Open(ctx context.Context, p source.Plan, w source.Wanted) (_ source.Blocks, err error) {
	if p.Version.Token != s.Session.Name {
		return nil, fmt.Errorf("%s: the work was planned in another state of the table", s.At.Given)
	}
	b := &blocks{Source: s, plan: p, wanted: w}
	if w.Typed != nil {
		if b.typer, err = vector.NewTyper(w.Typed); err != nil {
			return nil, err
		}
	}
	b.client, err = s.At.reading(ctx)
	return b, err
}

// blocks reads blocks.
type blocks struct {
	*Source
	plan   source.Plan
	wanted source.Wanted
	typer  vector.Typer
	client *storage.BigQueryReadClient
	stream *stream           // nil where none is open
	rest   arrow.RecordBatch // rows that came with those of the block before
}

// Read implements source.Blocks. A block that follows the one before goes on in the stream
// that is open.
func (b *blocks) Read(ctx context.Context, block int) (batch table.Batch, err error) {
	number, err := strconv.Atoi(b.plan.Keys[block][0])
	if err != nil || number >= len(b.Session.Streams) {
		return batch, fmt.Errorf("%s: block %d is of no stream", b.At.Given, block)
	}
	first, row := b.plan.Grid.Blocks[block].First, b.plan.Grid.Blocks[block].Row
	if b.stream == nil || b.stream.number != number || b.stream.at != first {
		b.drop()
		b.stream = &stream{source: b.Source, client: b.client, number: number, at: first}
	}
	last := b.plan.Grid.Records
	if block+1 < len(b.plan.Grid.Blocks) {
		last = b.plan.Grid.Blocks[block+1].Row - 1
	}
	cells, err := b.take(ctx, last-row+1)
	if err != nil {
		b.drop()
		return batch, b.At.named(err)
	}
	batch = table.Batch{Position: table.Position{Input: b.wanted.Input, Sequence: int64(block)}, Source: b.At.Given, First: row,
		Record: cells.Record(b.wanted.Columns, int(last-row+1))}
	if b.wanted.Typed != nil {
		batch = b.typer.Batch(batch)
	}
	return batch, nil
}

// take takes the next n rows of the stream that is open.
func (b *blocks) take(ctx context.Context, n int64) (vector.Texts, error) {
	cells := make(vector.Texts, len(b.wanted.Columns))
	for n > 0 {
		if b.rest == nil || b.rest.NumRows() == 0 {
			if err := b.more(ctx); err != nil {
				return nil, err
			}
		}
		some := min(n, b.rest.NumRows())
		if err := b.append(cells, b.rest.NewSlice(0, some)); err != nil {
			return nil, err
		}
		b.rest = b.rest.NewSlice(some, b.rest.NumRows())
		b.stream.at += some
		n -= some
	}
	return cells, nil
}

// more reads rows behind those that were taken.
func (b *blocks) more(ctx context.Context) error {
	got, err := b.stream.next(ctx)
	if err == io.EOF {
		return fmt.Errorf("%s: the stream ends at row %d, and has more in the plan", b.At.Given, b.stream.at)
	}
	if err != nil {
		return err
	}
	b.rest, err = decode(b.Session.Schema, got.GetArrowRecordBatch().GetSerializedRecordBatch(), b.At.Given)
	return err
}

// append appends the rows of a record as texts.
func (b *blocks) append(cells vector.Texts, r arrow.RecordBatch) error {
	for i, c := range b.wanted.Columns {
		at := slices.IndexFunc(b.Fields, func(f field) bool { return f.Name == c })
		if at < 0 {
			for range r.NumRows() {
				cells[i].Append(nil)
			}
			continue
		}
		found := slices.IndexFunc(r.Schema().Fields(), func(f arrow.Field) bool { return strings.EqualFold(f.Name, b.Fields[at].In) })
		if found < 0 {
			return fmt.Errorf("%s: the rows have no column %s", b.At.Given, b.Fields[at].In)
		}
		appendTexts(&cells[i], r.Column(found))
	}
	return nil
}

// drop gives the stream up.
func (b *blocks) drop() {
	if b.stream != nil {
		b.stream.close()
	}
	b.stream, b.rest = nil, nil
}

// Close implements source.Blocks.
func (b *blocks) Close() error {
	b.drop()
	return b.client.Close()
}
