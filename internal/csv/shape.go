package csv

import (
	"math"
)

// maxShapes bounds how many shapes are kept of a column; one that has more is free
// text, of which any shape is as likely.
const maxShapes = 48

// others is among how many new shapes the chance of a new one is dealt.
const others = 8

// Shapes is what the cells of a column look like, learned from a sample: enough to
// tell how likely a cell is there.
type Shapes struct {
	N      int            // cells
	Empty  int            // those without a character
	Quoted int            // those in quotes
	Seen   map[string]int // cells by shape, the most frequent; empty cells are not in it
	New    int            // cells with a shape that no cell before them had
	First  map[byte]int   // cells by the class of their first character
	Last   map[byte]int   // and of their last
}

// add learns a cell.
func (s *Shapes) add(content []byte, quoted bool) {
	s.N++
	if quoted {
		s.Quoted++
	}
	if len(content) == 0 {
		s.Empty++
		return
	}
	if s.Seen == nil {
		s.Seen, s.First, s.Last = map[string]int{}, map[byte]int{}, map[byte]int{}
	}
	s.First[class(content[0])]++
	s.Last[class(content[len(content)-1])]++
	sh := shape(content)
	if n := s.Seen[sh]; n > 0 {
		s.Seen[sh] = n + 1
		return
	}
	s.New++
	if len(s.Seen) < maxShapes {
		s.Seen[sh] = 1
	}
}

// cost is the negative logarithm of how likely the cell is in the column.
func (s *Shapes) cost(content []byte, quoted bool) float64 {
	n := float64(s.N)
	inQuotes := (float64(s.Quoted) + 0.5) / (n + 1)
	if !quoted {
		inQuotes = 1 - inQuotes
	}
	return s.contentCost(content) - math.Log(inQuotes)
}

func (s *Shapes) contentCost(content []byte) float64 {
	n := float64(s.N)
	if len(content) == 0 {
		return -math.Log((float64(s.Empty) + 0.2) / (n + 1))
	}
	// How often a shape was new tells how likely another new one is (Good, 1953).
	fresh := (float64(s.New) + 0.2) / (n + 1)
	if k := s.Seen[shape(content)]; k > 0 {
		return -math.Log((1-fresh)*float64(k)/n + fresh/others)
	}
	// A new shape begins and ends as others do.
	ends := s.share(s.First, content[0]) * s.share(s.Last, content[len(content)-1])
	return -math.Log(fresh * ends / others)
}

// share is how likely a character of the class of c is at that end of a cell; it is
// one half where no cell is known.
func (s *Shapes) share(at map[byte]int, c byte) float64 {
	return (float64(at[class(c)]) + 0.25) / (float64(s.N-s.Empty) + 0.5)
}

// class is a for letters, 9 for digits, and otherwise the character itself.
func class(c byte) byte {
	switch {
	case letter(c), c >= 0x80:
		return 'a'
	case digit(c):
		return '9'
	}
	return c
}

// shape is the cell with each letter of a run as one a and each digit as 9; a cell
// that is long has only the shape of its beginning.
func shape(content []byte) string {
	const longest = 24
	out := make([]byte, 0, longest)
	for _, c := range content {
		c = class(c)
		if len(out) > 0 && c == out[len(out)-1] && c != '9' {
			continue
		}
		if out = append(out, c); len(out) == longest {
			break
		}
	}
	return string(out)
}
