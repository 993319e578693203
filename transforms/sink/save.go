package sink

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/transforms/beamtable"
)

func init() {
	beam.RegisterDoFn(&saveFn{})
}

// Save writes the elements of a small collection to one file, for the process
// that launched the pipeline to read with Saved. Their order is not kept.
// Schematically:
//
//	Save(PCollection<[]byte>)
func Save(s beam.Scope, path string, elements beam.PCollection) {
	s = s.Scope("sink.Save")
	beam.ParDo0(s, &saveFn{Path: path}, beam.Impulse(s), beam.SideInput{Input: elements})
}

type saveFn struct{ Path string }

func (f *saveFn) ProcessElement(ctx context.Context, _ []byte, elements func(*[]byte) bool) error {
	var all [][]byte
	var e []byte
	for elements(&e) {
		all = append(all, bytes.Clone(e))
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(all); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	return WriteFile(f.Path, b.Bytes())
}

// Encode writes an element for Save.
func Encode[T any](v T) ([]byte, error) { return beamtable.Encode(v) }

// Saved reads the elements that Save wrote.
func Saved[T any](path string) ([]T, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	var all [][]byte
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&all); err != nil {
		return nil, fmt.Errorf("sink: %s: %w", path, err)
	}
	out := make([]T, len(all))
	for i, e := range all {
		if err := gob.NewDecoder(bytes.NewReader(e)).Decode(&out[i]); err != nil {
			return nil, fmt.Errorf("sink: %s: %w", path, err)
		}
	}
	return out, nil
}

// WriteFile writes a file aside and moves it to its name, so that it is there
// as a whole or not at all.
func WriteFile(path string, data []byte) error {
	err := writeAside(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	return nil
}
