package sink

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/beamline-go/beamline/internal/store"
)

// Kept stages rows, and leaves in a file where they are, for a process that does more with
// them once the pipeline has ended.
type Kept struct {
	Dir  string
	File string // name of the output
}

// Name implements Sink.
func (k *Kept) Name() string { return k.File }

// Part implements Sink.
func (k *Kept) Part(ctx context.Context) (Part, error) {
	return newPart(ctx, k.Dir, k.Name(), stagedBatches{}), nil
}

// Commit implements Sink.
func (k *Kept) Commit(ctx context.Context, parts []Written) ([]Made, error) {
	body, err := json.Marshal(rowsOf(parts))
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	path := store.Join(k.Dir, k.File)
	if err := store.WriteFile(ctx, path, body, store.Condition{}); err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return []Made{{Output: k.File, Path: path, Bytes: int64(len(body))}}, nil
}

// maxKept bounds the files that say where rows are, in bytes.
const maxKept = 4 << 30

// ReadKept returns the rows of which such a file says where they are.
func ReadKept(ctx context.Context, path string) (r Rows, err error) {
	body, err := store.ReadFile(ctx, path, maxKept)
	if err == nil {
		err = json.Unmarshal(body, &r)
	}
	if err != nil {
		err = fmt.Errorf("sink: %w", err)
	}
	return r, err
}
