package train

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/models/training"
)

// maxFit bounds a fitted model.
const maxFit = 4 << 30

// fitName names the fit of an item.
func fitName(it training.Item) string { return fmt.Sprint(it.Candidate, it.Held) }

// saveFit writes a fitted model to a file of its own attempt, and returns its
// path.
func saveFit(ctx context.Context, dir string, r training.Result) (string, error) {
	path := store.Join(dir, "fit."+rand.Text())
	r.Outputs = nil
	body, err := wire.Encode(r)
	if err != nil {
		return "", err
	}
	return path, store.WriteFile(ctx, path, body, store.Condition{})
}

func readFit(ctx context.Context, path string) (training.Result, error) {
	data, err := store.ReadFile(ctx, path, maxFit)
	if err != nil {
		return training.Result{}, fmt.Errorf("train: %w", err)
	}
	return wire.Decode[training.Result](data)
}
