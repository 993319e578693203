// Package crowd remembers which of many hashes were met more than once, in little
// memory.
package crowd

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"github.com/beamline-go/beamline/internal/store"
)

// Crowd has two bits for each of many slots. Where two hashes share a slot it may
// take one for the other, so that it knows too many, never too few.
type Crowd []byte

// A hash that was met once, among n, is taken for another in at most 1/spare of
// cases, as long as there are enough slots.
const (
	spare    = 16
	leastLog = 16 // slots, as powers of two
	mostLog  = 26
)

// New returns a Crowd, for n hashes, that has met nothing.
func New(n int64) Crowd {
	log := min(max(bits.Len64(uint64(max(n, 1)*spare-1)), leastLog), mostLog)
	return make(Crowd, 1<<log/4)
}

func (c Crowd) slot(hash uint64) (byte, uint64) {
	slot, _ := bits.Mul64(hash, uint64(len(c)*4))
	return byte(slot & 3 * 2), slot >> 2
}

// Add meets a hash.
func (c Crowd) Add(hash uint64) {
	shift, at := c.slot(hash)
	c[at] |= (1 + c[at]>>shift&1) << shift
}

// AddOf meets a hash of one of two sides; it is met more than once when both
// sides have it.
func (c Crowd) AddOf(side uint8, hash uint64) {
	shift, at := c.slot(hash)
	c[at] |= 1 << side << shift
}

// Has reports whether a hash was met more than once.
func (c Crowd) Has(hash uint64) bool {
	shift, at := c.slot(hash)
	return c[at]>>shift&3 == 3
}

// Merge adds what another Crowd of the same size has met.
func (c Crowd) Merge(o Crowd) {
	const first = 0b01010101
	for i := range c {
		both := c[i] & o[i] & first << 1 // once in each
		c[i] |= o[i] | both
	}
}

// MergeOf adds what another Crowd of the same size has met, of sides.
func (c Crowd) MergeOf(o Crowd) {
	for i := range c {
		c[i] |= o[i]
	}
}

// MergeParts merges packed Crowds of the same size, of sides where two says so.
func MergeParts(parts func(*[]byte) bool, two bool) (all Crowd, err error) {
	var part []byte
	for parts(&part) {
		seen, err := Unpack(part)
		switch {
		case err != nil:
			return nil, err
		case all == nil:
			all = seen
		case two:
			all.MergeOf(seen)
		default:
			all.Merge(seen)
		}
	}
	return all, nil
}

const maxFile = 1 << 28 // bytes

// Save writes the Crowd to a file, for Load.
func (c Crowd) Save(ctx context.Context, name string) error {
	if err := store.WriteFile(ctx, name, c.Pack(), store.Condition{}); err != nil {
		return fmt.Errorf("crowd: %w", err)
	}
	return nil
}

// Load reads what Save wrote.
func Load(ctx context.Context, name string) (Crowd, error) {
	data, err := store.ReadFile(ctx, name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("crowd: %w", err)
	}
	return Unpack(data)
}

// Both are safe for use by several goroutines.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(0))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<mostLog/4))
)

// Pack returns the Crowd as it travels.
func (c Crowd) Pack() []byte { return packer.EncodeAll(c, nil) }

// Unpack reads what Pack wrote.
func Unpack(data []byte) (Crowd, error) {
	c, err := unpacker.DecodeAll(data, nil)
	if n := len(c); err == nil && (n < 1<<leastLog/4 || n&(n-1) != 0) {
		err = fmt.Errorf("%d bytes", n)
	}
	if err != nil {
		return nil, fmt.Errorf("crowd: %w", err)
	}
	return c, nil
}
