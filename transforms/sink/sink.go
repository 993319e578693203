// Package sink writes outputs whose parts come from many workers in any order
// as single files in the order of the input.
//
// Each bundle writes the fragments it makes to part files with names of its own
// attempt, and emits where they are. Join then copies the fragments that
// committed elements name, by position: nothing is sorted in memory, no folder
// is listed, and what a failed attempt left is never read.
package sink

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&partFn{})
	beam.RegisterDoFn(&joinFn{})
	register.Emitter1[Fragment]()
	register.Emitter2[string, Index]()
	register.Emitter1[Joined]()
	register.Iter1[Index]()
	beam.RegisterCoder(reflect.TypeFor[Fragment](), encodeFragment, decodeFragment)
	beam.RegisterCoder(reflect.TypeFor[Index](), encodeIndex, decodeIndex)
	beam.RegisterCoder(reflect.TypeFor[Joined](), encodeJoined, decodeJoined)
}

// Fragment is a piece of an output: the bytes that one batch adds to it.
type Fragment struct {
	Output string // name of the file
	At     table.Position
	Data   []byte
}

// Index says where the fragments of one output are that one bundle wrote.
type Index struct {
	Part    string
	Entries []Entry
}

// Entry is a fragment in a part file.
type Entry struct {
	At             table.Position
	Offset, Length int64
}

// Joined is an output that is complete.
type Joined struct {
	Output string
	Path   string
	Bytes  int64
}

// Parts writes fragments to part files in dir. Schematically:
//
//	Parts(PCollection<Fragment>) PCollection<KV<string, Index>>
func Parts(s beam.Scope, dir string, fragments beam.PCollection) (indexes beam.PCollection) {
	return beam.ParDo(s.Scope("Write parts"), &partFn{Dir: dir}, fragments)
}

type partFn struct {
	Dir string

	parts map[string]*part
}

// part is a part file that is being written.
type part struct {
	index Index
	file  store.Writer
	w     *bufio.Writer
	size  int64
}

// StartBundle gives up the parts of a bundle that did not end.
func (f *partFn) StartBundle(emit func(string, Index)) {
	for _, p := range f.parts {
		p.file.Abort()
	}
	f.parts = map[string]*part{}
}

func (f *partFn) ProcessElement(ctx context.Context, x Fragment, emit func(string, Index)) error {
	if len(x.Data) == 0 {
		return nil
	}
	p := f.parts[x.Output]
	if p == nil {
		var err error
		if p, err = newPart(ctx, f.Dir, x.Output); err != nil {
			return err
		}
		f.parts[x.Output] = p
	}
	p.index.Entries = append(p.index.Entries, Entry{x.At, p.size, int64(len(x.Data))})
	p.size += int64(len(x.Data))
	_, err := p.w.Write(x.Data)
	return err
}

// newPart makes a file that no other attempt has.
func newPart(ctx context.Context, dir, output string) (*part, error) {
	name := store.Join(dir, output+"."+rand.Text()+".part")
	// The part outlives the element that it begins with.
	file, err := store.Create(context.WithoutCancel(ctx), name, store.Condition{})
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return &part{index: Index{Part: name}, file: file, w: bufio.NewWriterSize(file, 256<<10)}, nil
}

func (f *partFn) FinishBundle(emit func(string, Index)) error {
	for output, p := range f.parts {
		err := p.w.Flush()
		if err == nil {
			err = p.file.Commit()
		}
		if err != nil {
			p.file.Abort()
			return fmt.Errorf("sink: %w", err)
		}
		emit(output, p.index)
	}
	f.parts = nil
	return nil
}

// Options of Join.
type Options struct {
	Headers map[string]string // the first bytes of outputs that have any
	Shards  map[string]int    // the parts of outputs that have several
}

// Join makes one file of each output in dir, or as many as o asks for. Outputs
// that no fragment names are not made. Schematically:
//
//	Join(PCollection<KV<string, Index>>...) PCollection<Joined>
func Join(s beam.Scope, dir string, o Options, indexes ...beam.PCollection) (joined beam.PCollection) {
	s = s.Scope("Join parts")
	grouped := beam.GroupByKey(s, beam.Flatten(s, indexes...))
	return beam.ParDo(s, &joinFn{Dir: dir, Options: o}, grouped)
}

type joinFn struct {
	Dir     string
	Options Options
}

func (f *joinFn) ProcessElement(ctx context.Context, output string, indexes func(*Index) bool, emit func(Joined)) error {
	var pieces []piece
	var x Index
	for indexes(&x) {
		for _, e := range x.Entries {
			pieces = append(pieces, piece{x.Part, e})
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int { return a.At.Compare(b.At) })
	total := int64(0)
	for _, p := range pieces {
		total += p.Length
	}
	shards := max(f.Options.Shards[output], 1)
	done := int64(0)
	for k := range shards {
		own := 0
		for ; own < len(pieces) && (k == shards-1 || done+pieces[own].Length/2 < total*int64(k+1)/int64(shards)); own++ {
			done += pieces[own].Length
		}
		name := store.Join(f.Dir, ShardName(output, k, shards))
		n, err := join(ctx, name, f.Options.Headers[output], pieces[:own])
		if err != nil {
			return fmt.Errorf("sink: %s: %w", output, err)
		}
		log.Infof(ctx, "%s is complete: %d bytes", name, n)
		emit(Joined{output, name, n})
		pieces = pieces[own:]
	}
	return nil
}

// partName is the name of a part of an output as that of the same part of another.
func partName(part, output, other string) string {
	extension, to := path.Ext(output), path.Ext(other)
	number := strings.TrimSuffix(strings.TrimPrefix(part, strings.TrimSuffix(output, extension)), extension)
	return strings.TrimSuffix(other, to) + number + to
}

// ShardName is the name of a part of an output, from 0; the name itself where
// there is only one.
func ShardName(output string, k, shards int) string {
	if shards <= 1 {
		return output
	}
	extension := path.Ext(output)
	return fmt.Sprintf("%s-%05d-of-%05d%s", strings.TrimSuffix(output, extension), k, shards, extension)
}

// piece is a fragment and the part file that it is in.
type piece struct {
	part string
	Entry
}

// join writes the pieces in their order to a file, as a whole, so that an
// attempt that is repeated replaces it.
func join(ctx context.Context, path, header string, pieces []piece) (n int64, err error) {
	err = store.Write(ctx, path, func(out io.Writer) error {
		w := bufio.NewWriterSize(out, 1<<20)
		if _, err := w.WriteString(header); err != nil {
			return err
		}
		n = int64(len(header))
		open := partFiles{}
		defer open.close()
		for _, p := range pieces {
			if err := ctx.Err(); err != nil {
				return err
			}
			file, err := open.get(ctx, p.part)
			if err != nil {
				return err
			}
			k, err := io.Copy(w, io.NewSectionReader(file, p.Offset, p.Length))
			if err != nil {
				return err
			}
			n += k
		}
		return w.Flush()
	})
	return n, err
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
