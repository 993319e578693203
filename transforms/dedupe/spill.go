package dedupe

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

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

// spilled calls visit with each part that a reference names. The bytes are good until it
// returns.
func spilled(ref []byte, visit func(data []byte)) error {
	n, k := binary.Uvarint(ref)
	name := string(ref[k : k+int(n)])
	ref = ref[k+int(n):]
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	defer f.Close()
	var data []byte
	for len(ref) > 0 {
		at, k := binary.Uvarint(ref)
		size, l := binary.Uvarint(ref[k:])
		ref = ref[k+l:]
		if int(size) > cap(data) {
			data = make([]byte, size)
		}
		data = data[:size]
		if _, err := io.ReadFull(io.NewSectionReader(f, int64(at), int64(size)), data); err != nil {
			return fmt.Errorf("dedupe: %w", err)
		}
		visit(data)
	}
	return nil
}

// spilledSize is the bytes of the parts that a reference names.
func spilledSize(ref []byte) (bytes int) {
	n, k := binary.Uvarint(ref)
	for ref = ref[k+int(n):]; len(ref) > 0; {
		_, k := binary.Uvarint(ref)
		size, l := binary.Uvarint(ref[k:])
		ref = ref[k+l:]
		bytes += int(size)
	}
	return bytes
}
