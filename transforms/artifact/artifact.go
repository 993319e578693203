// Package artifact reads and writes the models package's artifacts where
// pipelines have them: on this machine or in a bucket.
package artifact

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models"
)

// Load reads the artifact in a folder. Where keys are named, one of them must have signed it.
func Load(ctx context.Context, dir string, keys ...ed25519.PublicKey) (*models.Model, error) {
	return models.LoadFrom(dir, reader(ctx, dir), keys...)
}

// reader reads the files of a folder.
func reader(ctx context.Context, dir string) func(name string, limit int64) ([]byte, error) {
	return func(name string, limit int64) ([]byte, error) {
		return store.ReadFile(ctx, store.Join(dir, name), limit)
	}
}

// Sign signs the artifact in a folder.
func Sign(ctx context.Context, dir string, key ed25519.PrivateKey) error {
	signature, err := models.Sign(reader(ctx, dir), key)
	if err == nil {
		err = store.WriteFile(ctx, store.Join(dir, models.SignatureFile), signature, store.Condition{})
	}
	if err != nil {
		return fmt.Errorf("artifact: %w", err)
	}
	return nil
}

// Same refuses an artifact that is not the one of that digest, which was looked at before:
// somebody put another one in its place meanwhile. Any is meant where it is empty.
func Same(m *models.Model, dir, digest string) error {
	if digest != "" && m.Digest() != digest {
		return fault.Dataf("%s: the model was replaced while it was used; run the command again", dir)
	}
	return nil
}

// Save writes the artifact to a folder.
func Save(ctx context.Context, dir string, m *models.Model) error {
	files, err := m.Files()
	if err != nil {
		return err
	}
	if err := store.MakeDir(dir); err != nil {
		return fmt.Errorf("artifact: %w", err)
	}
	for name, data := range files {
		if err := store.WriteFile(ctx, store.Join(dir, name), data, store.Condition{}); err != nil {
			return fmt.Errorf("artifact: %w", err)
		}
	}
	return nil
}
