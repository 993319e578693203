package arrowtext

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Bounds of what a file is read into.
const (
	leastBuffer = 256 << 20 // bytes that one buffer may have, whatever the size of the file
	packing     = 64        // times as large may a file become in one buffer
)

// MostText is how many bytes of text a batch may have: dictionaries and compression make
// much of little.
const MostText = 512 << 20

// MostBuffer is how many bytes one buffer may have of what is read from a file of a size.
func MostBuffer(size int64) int64 { return min(leastBuffer+packing*size, max(math.MaxInt32, size)) }

// Limited refuses to allocate what no honest file needs: lengths are what a file says of
// itself. It panics, which Safely makes an error of.
type Limited struct {
	memory.Allocator
	Most int64 // bytes of a buffer
}

// Allocate implements memory.Allocator.
func (l Limited) Allocate(size int) []byte {
	l.Check(size)
	return l.Allocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (l Limited) Reallocate(size int, b []byte) []byte {
	l.Check(size)
	return l.Allocator.Reallocate(size, b)
}

// Check panics where a buffer is larger than it may be.
func (l Limited) Check(size int) {
	if size < 0 || int64(size) > l.Most {
		panic(fmt.Sprintf("a buffer of %d bytes, where %d is the most", size, l.Most))
	}
}
