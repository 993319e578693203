package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/beamline-go/beamline/internal/number"
)

// mark is how new the newest record is.
type mark struct {
	at   string // where a record says it; empty where nothing is asked for
	text string
}

// see takes a record.
func (m *mark) see(record []byte) error {
	if m.at == "" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return err
	}
	value, err := found(doc, m.at)
	if err != nil {
		return nil // a record that does not say it is no newer than others
	}
	switch v := value.(type) {
	case nil:
	case string:
		m.raise(v)
	case json.Number:
		m.raise(v.String())
	default:
		return errors.New("what stands at " + m.at + " is neither a time nor a number")
	}
	return nil
}

// raise raises the mark, of numbers by their size and of other texts by their order, which
// times of ISO 8601 have.
func (m *mark) raise(text string) {
	x, xok := number.Parse(text)
	y, yok := number.Parse(m.text)
	if m.text == "" || xok && yok && x > y || !(xok && yok) && text > m.text {
		m.text = text
	}
}

// bounded is the mark, or now where it is a time to come: by a clock that is wrong all that
// is written until then would never be asked for.
func (m mark) bounded(now time.Time) string {
	if t, err := time.Parse(time.RFC3339, m.text); err == nil && t.After(now) {
		return now.UTC().Format(time.RFC3339)
	}
	return m.text
}
