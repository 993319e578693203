package systems

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/table"
)

// Load is the sink of a target: rows are staged, and a commit writes them as a whole.
type Load struct {
	To  string // the name of the target, which holds no secret
	Dir string // where rows are staged
	Run sink.Run
}

// NewLoad returns the sink of the target of a name.
func NewLoad(name, dir string) *Load {
	sum := sha256.Sum256([]byte(name + dir)) // a folder of its own for each pipeline
	return &Load{To: name, Dir: dir, Run: sink.Run{ID: hex.EncodeToString(sum[:8]), Command: "pipeline", At: time.Now().UTC()}}
}

func (l *Load) kept() *sink.Kept { return &sink.Kept{Dir: l.Dir, File: "rows"} }

// Name implements sink.Sink.
func (l *Load) Name() string { return place.Shown(l.To) }

// Part implements sink.Sink.
func (l *Load) Part(ctx context.Context) (sink.Part, error) { return l.kept().Part(ctx) }

// errFound ends a walk over rows.
var errFound = errors.New("found")

// Commit implements sink.Sink.
func (l *Load) Commit(ctx context.Context, parts []sink.Written) ([]sink.Made, error) {
	made, err := l.kept().Commit(ctx, parts)
	if err != nil {
		return nil, err
	}
	rows, err := sink.ReadKept(ctx, made[0].Path)
	if err != nil {
		return nil, err
	}
	var columns *arrow.Schema
	err = rows.Each(ctx, func(b table.Batch) error {
		columns = b.Record.Schema()
		return errFound
	})
	if !errors.Is(err, errFound) {
		return nil, err
	}
	run := l.Run
	run.Key = columns.Field(0).Name // where the name of the target says nothing
	target, err := Target(l.To)
	if err != nil {
		return nil, err
	}
	if _, err := target.Write(ctx, rows, columns, run); err != nil {
		return nil, err
	}
	return []sink.Made{{Output: l.Name(), Path: l.Name()}}, nil
}
