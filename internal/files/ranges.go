package files

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
)

// rangeBlocks is how many blocks a range has: the first of them is gone over once for
// each state of the grammar, which costs little beside the others.
const rangeBlocks = 128

// cut is a file that is planned by ranges.
type cut struct {
	*store.File
	grammar   csv.Dialect
	start     int64
	blockSize int64
}

// part is what a range of a version of a file holds.
type part struct {
	Token string
	Range csv.Range
}

// cut opens the file for planning by ranges; it reports false where that can't be.
func (f *File) cut(ctx context.Context) (c cut, ok bool, err error) {
	in, err := format.Named(f.In)
	if err != nil || in.Grammar == nil || f.Packed || f.Format.Mender != nil {
		return c, false, err
	}
	raw, err := f.Path.Raw(ctx)
	if err != nil {
		return c, false, err
	}
	c = cut{File: raw, grammar: in.Grammar(f.Format), start: f.Format.Start, blockSize: grid.BlockSize(raw.Size)}
	if !c.grammar.Ranged(c.blockSize) {
		raw.Close()
		return c, false, nil
	}
	return c, true, nil
}

// blocks is how many blocks the file has.
func (c cut) blocks() int64 { return max((c.Size-c.start+c.blockSize-1)/c.blockSize, 0) }

// Ranges implements source.Ranged.
func (f *File) Ranges(ctx context.Context) (int, error) {
	if f.size > 0 && f.size <= rangeBlocks*grid.BlockSize(f.size) {
		return 1, nil // it need not be opened
	}
	c, ok, err := f.cut(ctx)
	if err != nil || !ok {
		return 1, f.placed(err)
	}
	defer c.Close()
	return int(max((c.blocks()+rangeBlocks-1)/rangeBlocks, 1)), nil
}

// Range implements source.Ranged.
func (f *File) Range(ctx context.Context, i, n int) ([]byte, error) {
	c, ok, err := f.cut(ctx)
	if err != nil || !ok {
		return nil, f.placed(err)
	}
	defer c.Close()
	from, to := c.blocks()*int64(i)/int64(n), c.blocks()*int64(i+1)/int64(n)
	section := io.NewSectionReader(c, c.start+from*c.blockSize, (to-from)*c.blockSize)
	r, err := csv.ScanRange(progress.Reader(ctx, io.NopCloser(section)), c.grammar, c.blockSize, from == 0)
	if err != nil {
		return nil, f.placed(err)
	}
	var out bytes.Buffer
	err = gob.NewEncoder(&out).Encode(part{c.Version, r})
	return out.Bytes(), err
}

// Join implements source.Ranged. Where ranges do not tell what is there, it reads the
// file from its beginning.
func (f *File) Join(ctx context.Context, parts [][]byte) (p source.Plan, err error) {
	c, ok, err := f.cut(ctx)
	if err == nil && !ok {
		return f.Plan(ctx)
	}
	if err != nil {
		return p, f.placed(err)
	}
	defer c.Close()
	if p.Version = f.version(c.Info); !f.found(c.Info) {
		return p, f.placed(errChanged)
	}
	ranges := make([]csv.Range, len(parts))
	for i, body := range parts {
		var x part
		if err := gob.NewDecoder(bytes.NewReader(body)).Decode(&x); err != nil {
			return p, fmt.Errorf("files: %w", err)
		}
		if ranges[i] = x.Range; x.Token != c.Version {
			return p, f.placed(errChanged)
		}
	}
	from := max(c.start, c.Size-csv.TailSize)
	tail := make([]byte, c.Size-from)
	if _, err := c.ReadAt(tail, from); err != nil && err != io.EOF {
		return p, f.placed(err)
	}
	if p.Grid, ok = csv.JoinRanges(ranges, tail, c.grammar, c.blockSize, c.start, f.Format.Line); !ok {
		return f.Plan(ctx)
	}
	return p, f.placed(f.same(ctx, p.Version))
}
