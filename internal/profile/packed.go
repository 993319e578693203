package profile

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// Packed is an accumulator that profile.json holds as its JSON, compressed: what columns
// are merged by is longer than what is to be read of them, and often than the cells.
type Packed struct{ *Column }

// maxPacked bounds what a packed accumulator holds, in bytes of JSON.
const maxPacked = 64 << 20

// writers are kept: making one takes longer than packing what most columns have.
var writers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is one that there is
	return w
}}

// MarshalJSON packs the accumulator.
func (p Packed) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(p.Column)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	w.Reset(&b)
	_, _ = w.Write(data) // into memory
	if err := w.Close(); err != nil {
		return nil, err
	}
	return json.Marshal(b.Bytes())
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Packed) UnmarshalJSON(text []byte) error {
	var packed []byte
	if err := json.Unmarshal(text, &packed); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxPacked+1))
	if err != nil {
		return fmt.Errorf("profile: a sketch can't be read: %w", err)
	}
	if len(data) > maxPacked {
		return fmt.Errorf("profile: a sketch is longer than %d bytes", maxPacked)
	}
	p.Column = &Column{}
	return json.Unmarshal(data, p.Column)
}

// JSON is profile.json: a column a line.
func (p Profile) JSON() ([]byte, error) {
	columns := p.Columns
	p.Columns = nil
	head, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(head, []byte("null}")))
	for i := range columns {
		b.WriteString([]string{"[\n", ",\n"}[min(i, 1)])
		line, err := json.Marshal(columns[i])
		if err != nil {
			return nil, fmt.Errorf("profile: %q: %w", columns[i].Name, err)
		}
		b.Write(line)
	}
	if len(columns) == 0 {
		b.WriteString("[")
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}
