// Package repeats remembers which of many hashes were met more than once, in little
// memory.
package repeats

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"github.com/beamline-go/beamline/internal/store"
)

// Filter has two bits for each of many slots. Where two hashes share a slot it may
// take one for the other, so that it knows too many, never too few.
type Filter []byte

// A hash that was met once, among n, is taken for another in at most 1/spare of
// cases, as long as there are enough slots.
const (
	spare    = 16
	leastLog = 16 // slots, as powers of two
	mostLog  = 26
)

// New returns a Filter, for n hashes, that has met nothing.
func New(n int64) Filter {
	log := min(max(bits.Len64(uint64(max(n, 1)*spare-1)), leastLog), mostLog)
	return make(Filter, 1<<log/4)
}

func (c Filter) slot(hash uint64) (byte, uint64) {
	slot, _ := bits.Mul64(hash, uint64(len(c)*4))
	return byte(slot & 3 * 2), slot >> 2
}

// Add meets a hash.
func (c Filter) Add(hash uint64) {
	shift, at := c.slot(hash)
	c[at] |= (1 + c[at]>>shift&1) << shift
}

// AddOf meets a hash of one of two sides; it is met more than once when both
// sides have it.
func (c Filter) AddOf(side uint8, hash uint64) {
	shift, at := c.slot(hash)
	c[at] |= 1 << side << shift
}

// Has reports whether a hash was met more than once.
func (c Filter) Has(hash uint64) bool {
	shift, at := c.slot(hash)
	return c[at]>>shift&3 == 3
}

// Merge adds what another Filter of the same size has met.
func (c Filter) Merge(o Filter) {
	const first = 0b01010101
	for i := range c {
		both := c[i] & o[i] & first << 1 // once in each
		c[i] |= o[i] | both
	}
}

// MergeOf adds what another Filter of the same size has met, of sides.
func (c Filter) MergeOf(o Filter) {
	for i := range c {
		c[i] |= o[i]
	}
}

// MergeParts merges packed Filters of the same size, of sides where two says so.
func MergeParts(parts func(*[]byte) bool, two bool) (all Filter, err error) {
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

// Save writes the Filter to a file, for Load.
func (c Filter) Save(ctx context.Context, name string) error {
	if err := store.WriteFile(ctx, name, c.Pack(), store.Condition{}); err != nil {
		return fmt.Errorf("repeats: %w", err)
	}
	return nil
}

// Load reads what Save wrote.
func Load(ctx context.Context, name string) (Filter, error) {
	data, err := store.ReadFile(ctx, name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("repeats: %w", err)
	}
	return Unpack(data)
}

// Both are safe for use by several goroutines.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(0))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<mostLog/4))
)

// Pack returns the Filter as it travels.
func (c Filter) Pack() []byte { return packer.EncodeAll(c, nil) }

// Unpack reads what Pack wrote.
func Unpack(data []byte) (Filter, error) {
	c, err := unpacker.DecodeAll(data, nil)
	if n := len(c); err == nil && (n < 1<<leastLog/4 || n&(n-1) != 0) {
		err = fmt.Errorf("%d bytes", n)
	}
	if err != nil {
		return nil, fmt.Errorf("repeats: %w", err)
	}
	return c, nil
}
