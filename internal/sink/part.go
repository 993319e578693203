package sink

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

// encoding is how batches become bytes that can stand end to end.
type encoding interface {
	// header is what stands in front of all, as far as a batch tells.
	header(b table.Batch) []byte
	append(dst []byte, b table.Batch) ([]byte, error)
}

// partFile is a part that is a file.
type partFile struct {
	encoding
	ctx         context.Context
	dir, output string
	written     Written
	file        store.Writer // nil before the first piece
	w           *bufio.Writer
	size        int64
	buf         []byte
}

// newPart begins a part of an output in dir. The part outlives the element that it
// begins with.
func newPart(ctx context.Context, dir, output string, e encoding) *partFile {
	return &partFile{encoding: e, ctx: context.WithoutCancel(ctx), dir: dir, output: output}
}

// Write implements Part.
func (p *partFile) Write(b table.Batch) (err error) {
	if p.buf, err = p.append(p.buf[:0], b); err != nil || len(p.buf) == 0 {
		return err
	}
	if p.file == nil {
		if err := p.create(b); err != nil {
			return err
		}
	}
	n := int64(len(p.buf))
	p.written.Pieces = append(p.written.Pieces, Piece{b.Position, p.size, n})
	p.size += n
	_, err = p.w.Write(p.buf)
	return err
}

// create makes the file, under a name that no other attempt has.
func (p *partFile) create(b table.Batch) (err error) {
	p.written = Written{Part: store.Join(p.dir, p.output+"."+rand.Text()+".part"), Header: p.header(b)}
	if p.file, err = store.Create(p.ctx, p.written.Part, store.Condition{}); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	p.w = bufio.NewWriterSize(p.file, 256<<10)
	return nil
}

// Close implements Part.
func (p *partFile) Close() (Written, error) {
	if p.file == nil {
		return Written{}, nil
	}
	err := p.w.Flush()
	if err == nil {
		err = p.file.Commit()
	}
	if err != nil {
		p.file.Abort()
		return Written{}, fmt.Errorf("sink: %w", err)
	}
	return p.written, nil
}

// Abort implements Part.
func (p *partFile) Abort() {
	if p.file != nil {
		p.file.Abort()
	}
}

// maxOpen bounds the part files that are open at once.
const maxOpen = 128

// partFiles holds the part files that are open.
type partFiles struct {
	files map[string]*store.File
	order []string
}

func (o *partFiles) get(ctx context.Context, name string) (*store.File, error) {
	if f := o.files[name]; f != nil {
		return f, nil
	}
	if o.files == nil {
		o.files = map[string]*store.File{}
	}
	if len(o.order) == maxOpen {
		o.files[o.order[0]].Close()
		delete(o.files, o.order[0])
		o.order = o.order[1:]
	}
	f, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	o.files[name], o.order = f, append(o.order, name)
	return f, nil
}

func (o *partFiles) close() {
	for _, f := range o.files {
		f.Close()
	}
}
