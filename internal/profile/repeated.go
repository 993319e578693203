package profile

import "github.com/apache/arrow-go/v18/arrow/array"

// repeated are texts that a column has again and again in a block. Such a text is read when
// it is first seen; how often it came again is counted at the end of the block, or when
// another text takes its place.
type repeated struct {
	on    bool
	block uint32 // of texts; those of others are old
	hits  int    // cells with a value that were known
	texts []seen // by their hashes
}

// seen is a text of a block, as it was read.
type seen struct {
	hash  uint64
	x     float64
	row   int32 // that has it
	times int32 // that it came again
	block uint32
	kind  kind
}

// count has a column count what came again.
func (s *seen) count(c *Column, cells *array.String) {
	if s.times > 0 {
		c.cell(cells.Value(int(s.row)), s.hash, int64(s.times))
	}
}

// seenTexts is how many texts of a block are kept, a power of two.
const seenTexts = 4096

// fewestHits is the share of the first cells, one of so many, that must be known for
// texts to be looked for.
const fewestHits = 32

// begin starts a block.
func (r *repeated) begin() {
	if r.texts == nil {
		r.texts = make([]seen, seenTexts)
	}
	r.on, r.hits = true, 0
	r.block++
}

// places are the two where a text with that hash may be, the first for the later one.
func (r *repeated) places(hash uint64) (first, second *seen) {
	i := hash & (seenTexts - 1)
	return &r.texts[i], &r.texts[i^1]
}

// is reports whether a text of the block has been seen there.
func (s *seen) is(cell string, hash uint64, block uint32, cells *array.String) bool {
	return s.hash == hash && s.block == block && cells.Value(int(s.row)) == cell
}

// decide goes on only where the first cells say that it pays.
func (r *repeated) decide() { r.on = r.hits*fewestHits >= firstCells }

// end has a column count what came again.
func (r *repeated) end(c *Column, cells *array.String) {
	for i := range r.texts {
		if s := &r.texts[i]; s.block == r.block {
			s.count(c, cells)
		}
	}
}
