package grid

import (
	"fmt"
	"io"
)

// Window is an io.ReaderAt over a stream, for offsets that do not go far back:
// it keeps what was read last.
type Window struct {
	Text  io.Reader
	start int64 // offset of buf[0]
	buf   []byte
	eof   bool
}

// ReadAt reads len(p) bytes at off. Bytes before off are given up, since blocks
// are read in their order and each starts at or after the one before.
func (w *Window) ReadAt(p []byte, off int64) (int, error) {
	if off < w.start {
		return 0, fmt.Errorf("grid: offset %d has gone by, the window starts at %d", off, w.start)
	}
	end := off + int64(len(p))
	for !w.eof && w.start+int64(len(w.buf)) < end {
		w.drop(off)
		chunk := make([]byte, max(end-w.start-int64(len(w.buf)), 256<<10))
		n, err := io.ReadFull(w.Text, chunk)
		w.buf = append(w.buf, chunk[:n]...)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			w.eof = true
		} else if err != nil {
			return 0, err
		}
	}
	from := off - w.start
	if from >= int64(len(w.buf)) {
		return 0, io.EOF
	}
	n := copy(p, w.buf[from:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// drop gives up the bytes before off, once they are many.
func (w *Window) drop(off int64) {
	if n := min(off-w.start, int64(len(w.buf))); n > 1<<20 {
		w.buf = append(w.buf[:0], w.buf[n:]...)
		w.start += n
	}
}
