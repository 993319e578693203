// Package artifact reads and writes the models package's artifacts where
// pipelines have them: on this machine or in a bucket.
package artifact

import (
	"context"
	"fmt"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models"
)

// Load reads the artifact in a folder.
func Load(ctx context.Context, dir string) (*models.Model, error) {
	return models.LoadFrom(dir, func(name string, limit int64) ([]byte, error) {
		return store.ReadFile(ctx, store.Join(dir, name), limit)
	})
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
