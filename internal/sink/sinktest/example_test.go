package sinktest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/sink/sinktest"
	"github.com/beamline-go/beamline/table"
)

// The sink of this example keeps how many records each batch has. It stands for a file of
// package sink, or a package of its own, with a line in the list sinks of systems.

// Counts is the sink: what is exported travels to workers.
type Counts struct{ Dir string }

func (c *Counts) Name() string { return "counts.txt" }

func (c *Counts) Part(context.Context) (sink.Part, error) {
	f, err := os.CreateTemp(c.Dir, "part-*") // no other attempt has that name
	return &countsPart{file: f}, err
}

type countsPart struct {
	file   *os.File
	offset int64
	pieces []sink.Piece
}

func (p *countsPart) Write(b table.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	n, err := fmt.Fprintf(p.file, "%s has %d\n", b.Source, b.Len())
	p.pieces = append(p.pieces, sink.Piece{At: b.Position, Offset: p.offset, Length: int64(n)})
	p.offset += int64(n)
	return err
}

func (p *countsPart) Close() (sink.Written, error) {
	if len(p.pieces) == 0 {
		p.Abort()
		return sink.Written{}, nil
	}
	return sink.Written{Part: p.file.Name(), Pieces: p.pieces}, p.file.Close()
}

func (p *countsPart) Abort() {
	p.file.Close()
	os.Remove(p.file.Name())
}

// Commit puts the lines in the order of the batches, whoever wrote them.
func (c *Counts) Commit(_ context.Context, parts []sink.Written) ([]sink.Made, error) {
	type line struct {
		at   table.Position
		text string
	}
	var lines []line
	for _, p := range parts {
		body, err := os.ReadFile(p.Part)
		if err != nil {
			return nil, err
		}
		for _, x := range p.Pieces {
			lines = append(lines, line{x.At, string(body[x.Offset : x.Offset+x.Length])})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(l.text)
	}
	path := filepath.Join(c.Dir, c.Name())
	if err := os.WriteFile(path+".new", []byte(out.String()), 0o644); err != nil {
		return nil, err
	}
	return []sink.Made{{Output: c.Name(), Path: path, Bytes: int64(out.Len())}}, os.Rename(path+".new", path)
}

func TestExample(t *testing.T) {
	open := func(t *testing.T) sink.Sink { return &Counts{Dir: t.TempDir()} }
	sinktest.Run(t, open, func(t *testing.T, made []sink.Made) []byte {
		body, err := os.ReadFile(made[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		return body
	})
}
