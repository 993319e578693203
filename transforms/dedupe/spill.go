package dedupe

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"slices"

	"github.com/beamline-go/beamline/internal/store"
)

// spill is entries in a file, for runners that would hold them in memory: what is shuffled
// is then where the entries of a partition are.
type spill struct {
	file *os.File
	out  *bufio.Writer
	at   int64
	refs map[int][]byte // by partition: where each part begins, and how long it is
}

// newSpill begins a file in a folder, or in that of temporary files where the folder is in a
// bucket.
func newSpill(dir string) (*spill, error) {
	if store.Remote(dir) {
		dir = ""
	}
	f, err := os.CreateTemp(dir, "entries-*")
	if err != nil {
		return nil, fmt.Errorf("dedupe: %w", err)
	}
	return &spill{file: f, out: bufio.NewWriterSize(f, 1<<20), refs: map[int][]byte{}}, nil
}

// add writes the part of a partition.
func (s *spill) add(partition int, data []byte) error {
	ref := s.refs[partition]
	if ref == nil {
		ref = append(binary.AppendUvarint(ref, uint64(len(s.file.Name()))), s.file.Name()...)
	}
	ref = binary.AppendUvarint(ref, uint64(s.at))
	s.refs[partition] = binary.AppendUvarint(ref, uint64(len(data)))
	s.at += int64(len(data))
	if _, err := s.out.Write(data); err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	return nil
}

// close ends the file.
func (s *spill) close() error {
	err := s.out.Flush()
	if cerr := s.file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	return nil
}

// reference is where the entries of a partition are.
type reference struct {
	name  string
	parts []span
	bytes int // of all parts
}

// span is where a part is in its file.
type span struct{ at, size int64 }

// readReference reads what add wrote.
func readReference(ref []byte) (r reference) {
	next := func() int64 {
		n, k := binary.Uvarint(ref)
		ref = ref[k:]
		return int64(n)
	}
	n := next()
	r.name, ref = string(ref[:n]), ref[n:]
	for len(ref) > 0 {
		p := span{next(), next()}
		r.parts, r.bytes = append(r.parts, p), r.bytes+int(p.size)
	}
	return r
}

// each calls visit with each part. The bytes are good until it returns.
func (r reference) each(visit func(data []byte)) error {
	f, err := os.Open(r.name)
	if err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	defer f.Close()
	var data []byte
	for _, p := range r.parts {
		data = slices.Grow(data[:0], int(p.size))[:p.size]
		if _, err := f.ReadAt(data, p.at); err != nil {
			return fmt.Errorf("dedupe: %w", err)
		}
		visit(data)
	}
	return nil
}
