package training

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/beamline-go/beamline/internal/features"
)

// Fingerprints tell records that were trained on from others: the least of the hashes of
// their features and targets, which stand for all of them as any other sample would
// (Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007).
type Fingerprints struct {
	Records  int    `json:"records"`
	Distinct int    `json:"distinct"` // records that differ
	Least    []byte `json:"least"`    // hashes of eight bytes, ascending
}

// mostFingerprints is how many hashes are kept.
const mostFingerprints = 512

// FingerprintsOf takes the fingerprints of rows.
func FingerprintsOf(f *features.Frame, y []float64) Fingerprints {
	hashes := recordHashes(f, y)
	slices.Sort(hashes)
	p := Fingerprints{Records: len(hashes)}
	hashes = slices.Compact(hashes)
	p.Distinct = len(hashes)
	for _, h := range hashes[:min(len(hashes), mostFingerprints)] {
		p.Least = binary.BigEndian.AppendUint64(p.Least, h)
	}
	return p
}

// recordHashes is a hash for each row of its features and its target.
func recordHashes(f *features.Frame, y []float64) []uint64 {
	out := make([]uint64, f.N)
	target := features.Column{Num: y}
	h := xxhash.New()
	for i := range out {
		h.Reset()
		for k := range f.Columns {
			writeCell(h, &f.Columns[k], i)
		}
		writeCell(h, &target, i)
		out[i] = h.Sum64()
	}
	return out
}

// Bounds of what is told of records that were trained on.
const (
	leastTold = 5   // records that the sample can tell of
	moreKnown = 0.1 // share above that of records that repeat of themselves
)

// Known is the share of rows that were trained on, estimated from those that the sample can
// tell of, and whether it is more than records that repeat of themselves would make it.
func (p Fingerprints) Known(f *features.Frame, y []float64) (share float64, beyond bool) {
	least := map[uint64]bool{}
	last := uint64(0)
	for b := p.Least; len(b) >= 8; b = b[8:] {
		last = binary.BigEndian.Uint64(b)
		least[last] = true
	}
	if p.Distinct <= mostFingerprints {
		last = math.MaxUint64 // it tells of all
	}
	told, known := 0.0, 0.0
	for _, h := range recordHashes(f, y) {
		if h > last {
			continue
		}
		told++
		if least[h] {
			known++
		}
	}
	if told < leastTold || p.Records == 0 {
		return 0, false
	}
	share = known / told
	usual := 1 - float64(p.Distinct)/float64(p.Records)
	return share, share > usual+moreKnown+2*math.Sqrt(usual*(1-usual)/told)
}
