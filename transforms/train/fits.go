package train

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/beamtable"
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
	body, err := beamtable.Encode(r)
	if err != nil {
		return "", err
	}
	return path, sink.WriteFile(filepath.Clean(path), body)
}

func readFit(path string) (training.Result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return training.Result{}, fmt.Errorf("train: %w", err)
	}
	return beamtable.Decode[training.Result](data)
}
