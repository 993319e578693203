// Package wire writes batches, and what was learned of them, as bytes that cross
// workers and are staged in files.
//
// A batch is an Arrow IPC stream behind a small header, so that the bytes between
// workers are in a standard form.
package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/beamline-go/beamline/table"
)

// header is a batch without its rows.
type header struct {
	table.Position
	Source    string
	First     int64
	Rows      []int64          `json:",omitempty"`
	Rejects   []table.Reject   `json:",omitempty"`
	Keys      []string         `json:",omitempty"` // of the rejects
	Changes   []table.Change   `json:",omitempty"`
	Proposals []table.Change   `json:",omitempty"`
	Odd       []table.Odd      `json:",omitempty"`
	Late      map[string]int64 `json:",omitempty"`
	Unjoined  []table.Unjoined `json:",omitempty"`
}

// EncodeBatch writes a batch: the length of a JSON header, the header, and the
// rows as an Arrow IPC stream.
func EncodeBatch(b table.Batch) ([]byte, error) {
	h := header{Position: b.Position, Source: b.Source, First: b.First, Rows: b.Rows, Rejects: b.Rejects, Changes: b.Changes, Proposals: b.Proposals, Odd: b.Odd, Late: b.Late, Unjoined: b.Unjoined}
	for _, r := range b.Rejects {
		h.Keys = append(h.Keys, r.Key)
	}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	var out bytes.Buffer
	out.Grow(len(head) + size(b.Record))
	out.Write(binary.AppendUvarint(nil, uint64(len(head))))
	out.Write(head)
	if b.Record != nil {
		if err := WriteRecord(&out, b.Record); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// size is about how many bytes a record has as a stream.
func size(r arrow.RecordBatch) int {
	if r == nil {
		return 64
	}
	n := 1024 + 256*int(r.NumCols())
	for _, c := range r.Columns() {
		for _, b := range c.Data().Buffers() {
			if b != nil {
				n += b.Len() + 64
			}
		}
	}
	return n
}

// WriteRecord writes one record as an Arrow IPC stream.
func WriteRecord(out *bytes.Buffer, r arrow.RecordBatch) error {
	w := ipc.NewWriter(out, ipc.WithSchema(r.Schema()))
	if err := w.Write(r); err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	return nil
}

// DecodeBatch reads what EncodeBatch wrote.
func DecodeBatch(data []byte) (table.Batch, error) {
	n, k := binary.Uvarint(data)
	if k <= 0 || n > uint64(len(data)-k) {
		return table.Batch{}, fmt.Errorf("wire: the batch is cut short")
	}
	var h header
	if err := json.Unmarshal(data[k:k+int(n)], &h); err != nil {
		return table.Batch{}, fmt.Errorf("wire: %w", err)
	}
	for i := range h.Rejects {
		if i < len(h.Keys) {
			h.Rejects[i].Key = h.Keys[i]
		}
	}
	b := table.Batch{Position: h.Position, Source: h.Source, First: h.First, Rows: h.Rows, Rejects: h.Rejects, Changes: h.Changes, Proposals: h.Proposals, Odd: h.Odd, Late: h.Late, Unjoined: h.Unjoined}
	rest := data[k+int(n):]
	if len(rest) == 0 {
		return b, nil
	}
	var err error
	b.Record, err = ReadRecord(rest)
	return b, err
}

// ReadRecord reads what WriteRecord wrote.
func ReadRecord(data []byte) (arrow.RecordBatch, error) {
	r, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	if !r.Next() {
		return nil, fmt.Errorf("wire: a stream without a record: %v", r.Err())
	}
	rec := r.RecordBatch()
	rec.Retain()
	return rec, nil
}

// Encode writes v as gob does, unexported fields left out.
func Encode[T any](v T) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&v); err != nil {
		return nil, fmt.Errorf("wire: %T: %w", v, err)
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote.
func Decode[T any](data []byte) (T, error) {
	var v T
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&v); err != nil {
		return v, fmt.Errorf("wire: %T: %w", v, err)
	}
	return v, nil
}
