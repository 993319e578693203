package sketch

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// Hash is the hash of a cell that Distinct counts. It does not depend on the
// process or the machine. Short texts, as most cells are, are mixed as wyhash
// does (Wang Yi, 2019, final version 4); longer ones are left to xxHash.
func Hash(s string) uint64 {
	n := len(s)
	var a, b uint64
	switch {
	case n > 16:
		return xxhash.Sum64String(s)
	case n >= 8:
		a, b = word(s), word(s[n-8:])
	case n >= 4:
		a, b = half(s), half(s[n-4:])
	case n > 0:
		a = uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1])
	}
	hi, lo := bits.Mul64(a^mixA, b^mixB)
	hi, lo = bits.Mul64(lo^mixA^uint64(n), hi^mixB)
	return hi ^ lo
}

const (
	mixA = 0x2d358dccaa6c78a5
	mixB = 0x8bb84b93962eacc9
)

func word(s string) uint64 { return half(s) | half(s[4:])<<32 }

func half(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

const (
	distinctP    = 12 // 4,096 registers: a standard error of 1.6 %
	distinctSize = 1 << distinctP
)

// Distinct estimates the number of distinct hashes with HyperLogLog (Flajolet
// and others, 2007) and the estimator of Ertl, "New cardinality estimation
// algorithms for HyperLogLog sketches" (2017), which needs the registers alone
// and no tables. The zero value is empty.
type Distinct struct {
	Registers []byte `json:"registers,omitempty"`
}

// Add counts a hash.
func (d *Distinct) Add(hash uint64) {
	if d.Registers == nil {
		d.Registers = make([]byte, distinctSize)
	}
	i := hash >> (64 - distinctP)
	rank := byte(bits.LeadingZeros64(hash<<distinctP|1<<(distinctP-1)) + 1)
	if rank > d.Registers[i] {
		d.Registers[i] = rank
	}
}

// Merge counts all that e counted.
func (d *Distinct) Merge(e Distinct) {
	if e.Registers == nil {
		return
	}
	if d.Registers == nil {
		d.Registers = make([]byte, distinctSize)
	}
	for i, r := range e.Registers {
		d.Registers[i] = max(d.Registers[i], r)
	}
}

// Estimate returns the number of distinct hashes, 0 for an empty sketch.
func (d *Distinct) Estimate() int64 {
	if d.Registers == nil {
		return 0
	}
	const q = 64 - distinctP
	var counts [q + 2]float64
	for _, r := range d.Registers {
		counts[r]++
	}
	m := float64(distinctSize)
	z := m * tau(1-counts[q+1]/m)
	for k := q; k >= 1; k-- {
		z = (z + counts[k]) / 2
	}
	z += m * sigma(counts[0]/m)
	return int64(math.Round(m * m / (2 * math.Ln2) / z))
}

// sigma and tau correct for registers that are still zero and that are full
// (Ertl, algorithm 6).
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y /= 2
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}
