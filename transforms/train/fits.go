package train

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"os"
	"path/filepath"

	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/sink"
)

// fitName names the fit of an item.
func fitName(it training.Item) string { return fmt.Sprint(it.Candidate, it.Held) }

// saveFit writes a fitted model to a file of its own attempt, and returns its
// path.
func saveFit(dir string, r training.Result) (string, error) {
	tmp, err := os.CreateTemp(dir, "fit.*")
	if err != nil {
		return "", fmt.Errorf("train: %w", err)
	}
	path := tmp.Name()
	if err := tmp.Close(); err != nil {
		return "", fmt.Errorf("train: %w", err)
	}
	r.Outputs = nil
	body, err := sink.Encode(r)
	if err != nil {
		return "", err
	}
	return path, sink.WriteFile(filepath.Clean(path), body)
}

func readFit(path string) (training.Result, error) {
	var r training.Result
	data, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("train: %w", err)
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&r); err != nil {
		return r, fmt.Errorf("train: %s: %w", path, err)
	}
	return r, nil
}

// ReadResult reads what training left in dir.
func ReadResult(dir string) (Result, error) {
	var r Result
	data, err := os.ReadFile(filepath.Join(dir, ResultFile))
	if err != nil {
		return r, fmt.Errorf("train: %w", err)
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&r); err != nil {
		return r, fmt.Errorf("train: %w", err)
	}
	return r, nil
}
