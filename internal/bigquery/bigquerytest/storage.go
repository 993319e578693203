package bigquerytest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// given is a table that a test gives as the Storage API would.
type given struct {
	schema *rest.TableSchema
	rows   arrow.RecordBatch
}

// Give gives a table that can be read, and no more.
func (s *Server) Give(table string, schema *rest.TableSchema, rows arrow.RecordBatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given[table] = given{schema, rows}
}

// session is what a session reads: a state of a table, in streams.
type session struct {
	rows    arrow.RecordBatch
	streams [][2]int64 // the rows of each
	packed  bool       // their buffers are compressed
}

// reads is the Storage Read API.
type reads struct {
	storagepb.UnimplementedBigQueryReadServer
	s *Server
}

// lost is the end of a connection.
func lost(err error) error {
	if err == nil {
		return nil
	}
	return status.Error(codes.Unavailable, err.Error())
}

func (r *reads) CreateReadSession(ctx context.Context, ask *storagepb.CreateReadSessionRequest) (*storagepb.ReadSession, error) {
	if before, _ := r.s.fails("CreateReadSession"); before != nil {
		return nil, lost(before)
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	in := ask.ReadSession
	rows, err := r.s.rows(ctx, path.Base(in.Table), in.ReadOptions)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	out := &storagepb.ReadSession{Name: fmt.Sprintf("projects/%s/locations/eu/sessions/%d", Project, r.s.next()), Table: in.Table, EstimatedTotalBytesScanned: 64 * rows.NumRows()}
	schema, _, err := messages(rows, false)
	if err != nil {
		return nil, err
	}
	out.Schema = &storagepb.ReadSession_ArrowSchema{ArrowSchema: &storagepb.ArrowSchema{SerializedSchema: schema}}
	n := int64(r.s.Streams)
	if most := int64(ask.MaxStreamCount); most > 0 {
		n = min(n, most)
	}
	n = min(n, rows.NumRows())
	x := &session{rows: rows, packed: in.ReadOptions.GetArrowSerializationOptions().GetBufferCompression() == storagepb.ArrowSerializationOptions_LZ4_FRAME}
	for i := range n {
		x.streams = append(x.streams, [2]int64{rows.NumRows() * i / n, rows.NumRows() * (i + 1) / n})
		out.Streams = append(out.Streams, &storagepb.ReadStream{Name: fmt.Sprintf("%s/streams/%d", out.Name, i)})
	}
	r.s.sessions[out.Name] = x
	return out, nil
}

// rows are the rows of a table as Arrow has them.
func (s *Server) rows(ctx context.Context, table string, o *storagepb.ReadSession_TableReadOptions) (arrow.RecordBatch, error) {
	if g, ok := s.given[table]; ok {
		return g.rows, nil
	}
	schema, err := s.schema(ctx, table)
	if err != nil || schema == nil {
		return nil, fmt.Errorf("table %s is not found: %v", table, err)
	}
	wanted := map[string]bool{}
	for _, f := range o.GetSelectedFields() {
		wanted[f] = true
	}
	var list []string
	var fields []arrow.Field
	for _, f := range schema.Fields {
		if len(wanted) == 0 || wanted[f.Name] {
			list, fields = append(list, quoted(f.Name)), append(fields, arrow.Field{Name: f.Name, Type: arrowType(f.Type), Nullable: true})
		}
	}
	query := "select " + strings.Join(list, ", ") + " from " + quoted(table)
	if o.GetRowRestriction() != "" {
		query += " where " + o.GetRowRestriction()
	}
	_, cells, err := s.read(ctx, query)
	if err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for _, row := range cells {
		for i, v := range row {
			if v == nil {
				b.Field(i).AppendNull()
			} else if err := b.Field(i).AppendValueFromString(fmt.Sprint(v)); err != nil {
				return nil, err
			}
		}
	}
	return b.NewRecordBatch(), nil
}

// arrowType is a type of BigQuery as the Storage API sends it.
func arrowType(kind string) arrow.DataType {
	switch kind {
	case "INTEGER":
		return arrow.PrimitiveTypes.Int64
	case "FLOAT":
		return arrow.PrimitiveTypes.Float64
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	case "TIMESTAMP":
		return arrow.FixedWidthTypes.Timestamp_us
	}
	return arrow.BinaryTypes.String
}

// messages are the schema and the rows as they travel.
func messages(r arrow.RecordBatch, packed bool) (schema, rows []byte, err error) {
	var out bytes.Buffer
	s := ipc.GetSchemaPayload(r.Schema(), memory.DefaultAllocator)
	defer s.Release()
	if _, err := s.WritePayload(&out); err != nil {
		return nil, nil, err
	}
	n := out.Len()
	var o []ipc.Option
	if packed {
		o = append(o, ipc.WithLZ4())
	}
	p, err := ipc.GetRecordBatchPayload(r, o...)
	if err != nil {
		return nil, nil, err
	}
	defer p.Release()
	_, err = p.WritePayload(&out)
	return out.Bytes()[:n:n], out.Bytes()[n:], err
}

func (r *reads) ReadRows(ask *storagepb.ReadRowsRequest, out storagepb.BigQueryRead_ReadRowsServer) error {
	name, number, _ := strings.Cut(ask.ReadStream, "/streams/")
	r.s.mu.Lock()
	x := r.s.sessions[name]
	r.s.mu.Unlock()
	var i int
	if _, err := fmt.Sscan(number, &i); err != nil || x == nil || i >= len(x.streams) {
		return status.Error(codes.NotFound, "there is no stream "+ask.ReadStream)
	}
	to := x.streams[i][1]
	for at := x.streams[i][0] + ask.Offset; at < to; {
		if before, _ := r.s.fails("ReadRows"); before != nil {
			return lost(before)
		}
		n := min(int64(r.s.PerMessage), to-at)
		schema, rows, err := messages(x.rows.NewSlice(at, at+n), x.packed)
		if err != nil {
			return err
		}
		answer := &storagepb.ReadRowsResponse{RowCount: n, Rows: &storagepb.ReadRowsResponse_ArrowRecordBatch{
			ArrowRecordBatch: &storagepb.ArrowRecordBatch{SerializedRecordBatch: rows}}}
		if at == x.streams[i][0]+ask.Offset { // the first says what all have
			answer.Schema = &storagepb.ReadRowsResponse_ArrowSchema{ArrowSchema: &storagepb.ArrowSchema{SerializedSchema: schema}}
		}
		if err := out.Send(answer); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// writeStream is a stream of rows that are pending.
type writeStream struct {
	table            string
	rows             []arrow.RecordBatch
	count            int64
	ended, committed bool
}

// writes is the Storage Write API.
type writes struct {
	storagepb.UnimplementedBigQueryWriteServer
	s *Server
}

func (w *writes) CreateWriteStream(_ context.Context, ask *storagepb.CreateWriteStreamRequest) (*storagepb.WriteStream, error) {
	before, after := w.s.fails("CreateWriteStream")
	if before != nil {
		return nil, lost(before)
	}
	if ask.WriteStream.GetType() != storagepb.WriteStream_PENDING {
		return nil, status.Error(codes.InvalidArgument, "this server has pending streams alone")
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	name := fmt.Sprintf("%s/streams/%d", ask.Parent, w.s.next())
	w.s.streams[name] = &writeStream{table: path.Base(ask.Parent)}
	return &storagepb.WriteStream{Name: name, Type: storagepb.WriteStream_PENDING}, lost(after)
}

func (w *writes) AppendRows(conn storagepb.BigQueryWrite_AppendRowsServer) error {
	var schema []byte
	for {
		in, err := conn.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		before, after := w.s.fails("AppendRows")
		if before != nil {
			return lost(before)
		}
		if x := in.GetArrowRows().GetWriterSchema(); x != nil {
			schema = x.SerializedSchema
		}
		out := &storagepb.AppendRowsResponse{WriteStream: in.WriteStream}
		if refused := w.append(in, schema, out); refused != nil {
			out.Response = &storagepb.AppendRowsResponse_Error{Error: status.Convert(refused).Proto()}
		} else {
			out.Response = &storagepb.AppendRowsResponse_AppendResult_{AppendResult: &storagepb.AppendRowsResponse_AppendResult{Offset: in.Offset}}
		}
		if after != nil {
			return lost(after)
		}
		if err := conn.Send(out); err != nil {
			return err
		}
	}
}

// append takes rows that come at the end of a stream: all, or none where some of them are
// bad, which out then names.
func (w *writes) append(in *storagepb.AppendRowsRequest, schema []byte, out *storagepb.AppendRowsResponse) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	x := w.s.streams[in.WriteStream]
	switch {
	case x == nil:
		return status.Error(codes.NotFound, "there is no stream "+in.WriteStream)
	case x.ended:
		return status.Error(codes.InvalidArgument, "the stream is finalized")
	case in.Offset == nil:
		return status.Error(codes.InvalidArgument, "rows without an offset may be written twice")
	case in.Offset.Value < x.count:
		return status.Error(codes.AlreadyExists, "the offset is within the stream")
	case in.Offset.Value > x.count:
		return status.Error(codes.OutOfRange, "the offset is beyond the end")
	}
	r, err := ipc.NewReader(io.MultiReader(bytes.NewReader(schema), bytes.NewReader(in.GetArrowRows().GetRows().GetSerializedRecordBatch())))
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	rows, err := r.Read()
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	for i := range rows.NumRows() {
		for _, c := range rows.Columns() {
			if bad := w.s.Bad; bad != "" && c.IsValid(int(i)) && strings.Contains(c.ValueStr(int(i)), bad) {
				out.RowErrors = append(out.RowErrors, &storagepb.RowError{Index: i, Code: storagepb.RowError_FIELDS_ERROR, Message: "a cell holds " + bad})
				break
			}
		}
	}
	if len(out.RowErrors) > 0 {
		return status.Error(codes.InvalidArgument, "some rows are bad")
	}
	rows.Retain()
	x.rows = append(x.rows, rows)
	x.count += rows.NumRows()
	return nil
}

func (w *writes) FinalizeWriteStream(_ context.Context, ask *storagepb.FinalizeWriteStreamRequest) (*storagepb.FinalizeWriteStreamResponse, error) {
	before, after := w.s.fails("FinalizeWriteStream")
	if before != nil {
		return nil, lost(before)
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	x := w.s.streams[ask.Name]
	if x == nil {
		return nil, status.Error(codes.NotFound, "there is no stream "+ask.Name)
	}
	x.ended = true
	return &storagepb.FinalizeWriteStreamResponse{RowCount: x.count}, lost(after)
}

func (w *writes) BatchCommitWriteStreams(ctx context.Context, ask *storagepb.BatchCommitWriteStreamsRequest) (*storagepb.BatchCommitWriteStreamsResponse, error) {
	before, after := w.s.fails("BatchCommitWriteStreams")
	if before != nil {
		return nil, lost(before)
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, name := range ask.WriteStreams {
		x := w.s.streams[name]
		switch {
		case x == nil || !x.ended:
			return nil, status.Error(codes.InvalidArgument, "a stream is not finalized: "+name)
		case x.committed:
			return &storagepb.BatchCommitWriteStreamsResponse{StreamErrors: []*storagepb.StorageError{{Code: storagepb.StorageError_STREAM_ALREADY_COMMITTED, Entity: name}}}, nil
		}
	}
	for _, name := range ask.WriteStreams {
		x := w.s.streams[name]
		for _, r := range x.rows {
			if err := w.s.insert(ctx, x.table, r); err != nil {
				return nil, status.Error(codes.InvalidArgument, err.Error())
			}
		}
		x.committed, x.rows = true, nil
	}
	return &storagepb.BatchCommitWriteStreamsResponse{CommitTime: timestamppb.Now()}, lost(after)
}

// insert inserts rows into a table.
func (s *Server) insert(ctx context.Context, table string, r arrow.RecordBatch) error {
	var columns, marks []string
	for _, f := range r.Schema().Fields() {
		columns, marks = append(columns, quoted(f.Name)), append(marks, "?")
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	do, err := tx.PrepareContext(ctx, "insert into "+quoted(table)+" ("+strings.Join(columns, ", ")+") values ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return err
	}
	for i := range int(r.NumRows()) {
		values := make([]any, r.NumCols())
		for c := range values {
			values[c] = value(r.Column(c), i)
		}
		if _, err := do.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// value is a cell as SQLite has it.
func value(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).Format("2006-01-02 15:04:05.999999") + "+00"
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly)
	}
	return a.ValueStr(i)
}
