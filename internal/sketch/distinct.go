package sketch

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// Hash is the hash of a cell that Distinct counts. It does not depend on the
// process or the machine.
func Hash(s string) uint64 { return xxhash.Sum64String(s) }

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
