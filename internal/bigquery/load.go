package bigquery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	storage "cloud.google.com/go/bigquery/storage/apiv1"
	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/retry"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/table"
)

// streams is how many streams rows are written by at once.
const streams = 4

// load writes the rows to the table where they wait: each stream a run of them, all
// committed at once.
func (w *writing) load(ctx context.Context, rows sink.Rows) error {
	client, err := w.writing(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	var without atomic.Int64
	made := make([]pending, streams)
	group, within := errgroup.WithContext(ctx)
	for i := range made {
		made[i] = pending{writing: w, client: client}
		group.Go(func() error {
			all := len(rows.Pieces)
			some := rows.Slice(all*i/streams, all*(i+1)/streams)
			n, err := made[i].whole(within, some)
			without.Add(n)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	w.taken = sink.Taken{Keyless: without.Load()}
	ask := &storagepb.BatchCommitWriteStreamsRequest{Parent: w.storagePath()}
	for _, p := range made {
		w.taken.Rows += p.rows
		w.taken.Refused += p.refused
		w.taken.Rejects = append(w.taken.Rejects, p.rejects[:min(len(p.rejects), maxRefused-len(w.taken.Rejects))]...)
		if p.name != "" {
			ask.WriteStreams = append(ask.WriteStreams, p.name)
		}
	}
	if len(ask.WriteStreams) == 0 {
		return nil
	}
	return commit(ctx, client, ask)
}

// storagePath is the table where rows wait, as the Storage APIs name it.
func (w *writing) storagePath() string {
	return fmt.Sprintf("projects/%s/datasets/%s/tables/%s", w.Project, w.Dataset, w.stage)
}

// commit makes the rows of all streams visible. One whose answer was lost finds its streams
// committed when it is made again.
func commit(ctx context.Context, client *storage.BigQueryWriteClient, ask *storagepb.BatchCommitWriteStreamsRequest) error {
	return patiently(ctx, func() error {
		got, err := client.BatchCommitWriteStreams(ctx, ask, alone)
		if err != nil || got.CommitTime != nil {
			return err
		}
		for _, e := range got.StreamErrors {
			if e.Code != storagepb.StorageError_STREAM_ALREADY_COMMITTED {
				return fmt.Errorf("the streams are not committed: %s: %s", e.Code, e.ErrorMessage)
			}
		}
		return nil
	})
}

// pending is a stream of rows that nobody sees before they are committed.
type pending struct {
	*writing
	client *storage.BigQueryWriteClient
	name   string // of the stream; empty before the first row
	rows   int64  // that it has
	// rejects are rows that the service refuses, not more than are kept of all that it refuses.
	rejects []table.Reject
	refused int64

	conn storagepb.BigQueryWrite_AppendRowsClient
	stop context.CancelFunc
}

// errLost says that a stream has not the rows that it took.
var errLost = errors.New("the stream lost its place")

// whole writes rows to a stream, and says how many have no key. Where the stream lost its
// place, which it can't tell, another one takes all of them.
func (p *pending) whole(ctx context.Context, rows sink.Rows) (without int64, err error) {
	defer p.close()
	err = retry.Do(ctx, tries, firstWait, func() (bool, error) {
		p.close()
		p.name, p.rows, p.rejects, p.refused, without = "", 0, nil, 0, 0
		err := rows.Each(ctx, func(b table.Batch) error {
			n, err := sink.Keyed(b, p.At, func(some arrow.RecordBatch) error { return p.append(ctx, p.waiting(some)) })
			without += n
			return err
		})
		if err == nil && p.name != "" {
			err = p.finalize(ctx)
		}
		return errors.Is(err, errLost), err
	})
	return without, err
}

// finalize ends the stream, which says how many rows it has.
func (p *pending) finalize(ctx context.Context) error {
	var got *storagepb.FinalizeWriteStreamResponse
	err := patiently(ctx, func() (err error) {
		got, err = p.client.FinalizeWriteStream(ctx, &storagepb.FinalizeWriteStreamRequest{Name: p.name}, alone)
		return err
	})
	if err == nil && got.RowCount != p.rows {
		err = fmt.Errorf("%w: it has %d rows of %d", errLost, got.RowCount, p.rows)
	}
	return err
}

// waiting are rows in the columns in which they wait.
func (w *writing) waiting(r arrow.RecordBatch) arrow.RecordBatch {
	columns, fields := make([]arrow.Array, r.NumCols()), make([]arrow.Field, r.NumCols())
	for i, c := range r.Columns() {
		if types.Of(c.DataType()) == "STRING" && c.DataType().ID() != arrow.STRING {
			c = texts(c)
		}
		if t, ok := c.DataType().(*arrow.TimestampType); ok && (t.Unit != arrow.Microsecond || t.TimeZone != "UTC" && t.TimeZone != "") {
			c = microseconds(c.(*array.Timestamp), t)
		}
		columns[i], fields[i] = c, arrow.Field{Name: staged(i), Type: c.DataType(), Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, r.NumRows())
}

// texts is a column as texts.
func texts(a arrow.Array) arrow.Array {
	write := arrowtext.Writer(a)
	b := array.NewStringBuilder(memory.DefaultAllocator)
	var cell []byte
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		cell = write(cell[:0], i)
		b.Append(string(cell))
	}
	return b.NewArray()
}

// microseconds is a column of moments, or of local times, as BigQuery has them.
func microseconds(a *array.Timestamp, t *arrow.TimestampType) arrow.Array {
	to := &arrow.TimestampType{Unit: arrow.Microsecond}
	if t.TimeZone != "" {
		to.TimeZone = "UTC"
	}
	b := array.NewTimestampBuilder(memory.DefaultAllocator, to)
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(arrow.Timestamp(a.Value(i).ToTime(t.Unit).UnixMicro()))
	}
	return b.NewArray()
}

// maxAppend bounds what is appended at once, in bytes; BigQuery takes 10 MB.
const maxAppend = 9 << 20

// append appends rows at the end of the stream, in parts where they are many.
func (p *pending) append(ctx context.Context, r arrow.RecordBatch) error {
	schema, body, err := encoded(r)
	if err != nil {
		return err
	}
	if n := r.NumRows(); len(body) > maxAppend && n > 1 {
		if err := p.append(ctx, r.NewSlice(0, n/2)); err != nil {
			return err
		}
		return p.append(ctx, r.NewSlice(n/2, n))
	}
	if len(body) > maxAppend {
		return p.refuse(r, fmt.Sprintf("the row has %d bytes, and BigQuery takes %d at most", len(body), maxAppend))
	}
	if p.name == "" {
		if err := p.create(ctx); err != nil {
			return err
		}
	}
	err = patiently(ctx, func() error {
		err := p.send(ctx, schema, body)
		if err != nil {
			p.close()
		}
		return err
	})
	var refused *refusedRows
	if errors.As(err, &refused) {
		return p.without(ctx, r, refused.list)
	}
	if err == nil {
		p.rows += r.NumRows()
	}
	return err
}

// refuse notes a row that is refused.
func (p *pending) refuse(row arrow.RecordBatch, reason string) error {
	p.refused++
	if len(p.rejects) >= maxRefused {
		return nil
	}
	r, err := p.rejected(row, reason)
	p.rejects = append(p.rejects, r)
	return err
}

// without appends rows again of which the service refuses some, which keep the others from
// being taken.
func (p *pending) without(ctx context.Context, r arrow.RecordBatch, refused []*storagepb.RowError) error {
	why := map[int64]string{}
	for _, e := range refused {
		if e.Index < 0 || e.Index >= r.NumRows() {
			return fmt.Errorf("BigQuery refuses row %d of %d: %s", e.Index, r.NumRows(), e.Message)
		}
		why[e.Index] = e.Message
	}
	for from := int64(0); from < r.NumRows(); {
		to := from + 1
		if reason, bad := why[from]; bad {
			if err := p.refuse(r.NewSlice(from, to), "BigQuery refuses it: "+reason); err != nil {
				return err
			}
			from = to
			continue
		}
		for to < r.NumRows() && why[to] == "" {
			to++
		}
		if err := p.append(ctx, r.NewSlice(from, to)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// encoded are the schema and the rows as the messages of Arrow that the service takes.
func encoded(r arrow.RecordBatch) (schema, rows []byte, err error) {
	var out bytes.Buffer
	p := ipc.GetSchemaPayload(r.Schema(), memory.DefaultAllocator)
	defer p.Release()
	if _, err := p.WritePayload(&out); err != nil {
		return nil, nil, err
	}
	q, err := ipc.GetRecordBatchPayload(r)
	if err != nil {
		return nil, nil, err
	}
	defer q.Release()
	n := out.Len()
	if _, err := q.WritePayload(&out); err != nil {
		return nil, nil, err
	}
	return out.Bytes()[:n:n], out.Bytes()[n:], nil
}

// create makes the stream. A table that has just been made may not be known everywhere yet.
func (p *pending) create(ctx context.Context) error {
	return retry.Do(ctx, tries, 3*firstWait, func() (bool, error) {
		got, err := p.client.CreateWriteStream(ctx, &storagepb.CreateWriteStreamRequest{Parent: p.storagePath(),
			WriteStream: &storagepb.WriteStream{Type: storagepb.WriteStream_PENDING}}, alone)
		if err == nil {
			p.name = got.Name
		}
		return passing(err) || status.Code(err) == codes.NotFound, err
	})
}

// send sends rows that belong at the end, and waits for the answer. Rows that are there
// already were sent before, and their answer was lost.
func (p *pending) send(ctx context.Context, schema, body []byte) error {
	if p.conn == nil {
		within, stop := context.WithCancel(ctx)
		conn, err := p.client.AppendRows(within, alone)
		if err != nil {
			stop()
			return err
		}
		p.conn, p.stop = conn, stop
	} else {
		schema = nil // it is known
	}
	data := &storagepb.AppendRowsRequest_ArrowData{Rows: &storagepb.ArrowRecordBatch{SerializedRecordBatch: body}}
	if schema != nil {
		data.WriterSchema = &storagepb.ArrowSchema{SerializedSchema: schema}
	}
	err := p.conn.Send(&storagepb.AppendRowsRequest{WriteStream: p.name, Offset: wrapperspb.Int64(p.rows),
		Rows: &storagepb.AppendRowsRequest_ArrowRows{ArrowRows: data}})
	if err != nil && !errors.Is(err, io.EOF) { // the reason for an end is what is received
		return err
	}
	got, err := p.conn.Recv()
	if errors.Is(err, io.EOF) {
		return status.Error(codes.Unavailable, "the service ended the stream")
	}
	if err == nil && got.GetError() != nil {
		err = refusal(got)
	}
	if err == nil && got.GetError() == nil && got.GetAppendResult().GetOffset().GetValue() != p.rows {
		err = fmt.Errorf("%w: rows for %d are at %d", errLost, p.rows, got.GetAppendResult().GetOffset().GetValue())
	}
	switch status.Code(err) {
	case codes.AlreadyExists:
		return nil
	case codes.OutOfRange:
		return fmt.Errorf("%w: %v", errLost, err)
	}
	return err
}

// refusedRows are rows of an append that the service refuses, all others with them.
type refusedRows struct{ list []*storagepb.RowError }

func (e *refusedRows) Error() string {
	return fmt.Sprintf("BigQuery refuses %d rows: %s", len(e.list), e.list[0].Message)
}

// refusal is why rows were not taken.
func refusal(got *storagepb.AppendRowsResponse) error {
	if rows := got.GetRowErrors(); len(rows) > 0 {
		return &refusedRows{rows}
	}
	return status.ErrorProto(got.GetError())
}

// close gives the connection up.
func (p *pending) close() {
	if p.stop != nil {
		p.stop()
	}
	p.conn, p.stop = nil, nil
}
