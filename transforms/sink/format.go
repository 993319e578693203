package sink

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/beamline-go/beamline/internal/avrorows"
	"github.com/beamline-go/beamline/internal/number"
)

// Format is how a table is written. It is also the extension of its file.
type Format string

// The formats of tables. CSV is written by other means: it has the text of its cells.
const (
	CSV       Format = "csv"
	ParquetOf Format = "parquet"
	JSONLines Format = "jsonl"
	Avro      Format = "avro"
	Arrow     Format = "arrow"
)

// Formats lists them all.
var Formats = []Format{CSV, ParquetOf, JSONLines, Avro, Arrow}

// encoder writes records of one schema.
type encoder interface {
	WriteBuffered(r arrow.RecordBatch) error
	Close() error
}

func newEncoder(f Format, s *arrow.Schema, out io.Writer) (encoder, error) {
	switch f {
	case ParquetOf:
		return newParquet(s, out)
	case JSONLines:
		return &jsonEncoder{out: out}, nil
	case Avro:
		return avrorows.NewWriter(out, s)
	case Arrow:
		w, err := ipc.NewFileWriter(out, ipc.WithSchema(s))
		return arrowEncoder{w}, err
	}
	return nil, fmt.Errorf("sink: no encoder writes %s", f)
}

// arrowEncoder writes an Arrow IPC file.
type arrowEncoder struct{ *ipc.FileWriter }

func (e arrowEncoder) WriteBuffered(r arrow.RecordBatch) error { return e.Write(r) }

// jsonEncoder writes an object a line, with members in the order of the columns:
// numbers as the shortest that read back equal, dates and times as ISO 8601 has them.
type jsonEncoder struct {
	out  io.Writer
	line []byte
}

func (e *jsonEncoder) WriteBuffered(r arrow.RecordBatch) error {
	names := make([]string, r.NumCols())
	for c, f := range r.Schema().Fields() {
		name, err := json.Marshal(f.Name)
		if err != nil {
			return err
		}
		names[c] = string(name) + ":"
	}
	for i := range int(r.NumRows()) {
		e.line = append(e.line[:0], '{')
		for c := range names {
			if c > 0 {
				e.line = append(e.line, ',')
			}
			e.line = append(e.line, names[c]...)
			var err error
			if e.line, err = appendJSON(e.line, r.Column(c), i); err != nil {
				return err
			}
		}
		if _, err := e.out.Write(append(e.line, "}\n"...)); err != nil {
			return err
		}
	}
	return nil
}

func (e *jsonEncoder) Close() error { return nil }

func appendJSON(dst []byte, a arrow.Array, i int) ([]byte, error) {
	if a.IsNull(i) {
		return append(dst, "null"...), nil
	}
	switch a := a.(type) {
	case *array.Int64:
		return number.AppendInt(dst, a.Value(i)), nil
	case *array.Float64:
		return number.Append(dst, a.Value(i)), nil
	case *array.Boolean:
		return fmt.Append(dst, a.Value(i)), nil
	case *array.Date32:
		return a.Value(i).ToTime().AppendFormat(dst, `"2006-01-02"`), nil
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).AppendFormat(dst, `"`+time.RFC3339Nano+`"`), nil
	case *array.String:
		text, err := json.Marshal(strings.ToValidUTF8(a.Value(i), "\ufffd"))
		return append(dst, text...), err
	}
	return dst, fmt.Errorf("sink: no cell of Arrow type %s is written", a.DataType())
}
