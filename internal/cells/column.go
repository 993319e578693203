package cells

// Column is where the cells of a column stand in a buffer: cell i ends before the
// byte Ends[First+i*Stride], and starts behind the end before that in Ends, or at
// Start if there is none.
type Column struct {
	Ends          []uint32
	Start         int
	First, Stride int
	Rows          int
	// Last says that the column is the last of its record: a carriage return
	// before its end is not part of it.
	Last bool
}

// start is where the first cell starts.
func (c *Column) start() int {
	if c.First == 0 {
		return c.Start
	}
	return int(c.Ends[c.First-1]) + 1
}

// Cell is where the cell of row r begins and ends in the text.
func (c *Column) Cell(text []byte, r int) (s, e int) {
	k := c.First + r*c.Stride
	s = c.Start
	if k > 0 {
		s = int(c.Ends[k-1]) + 1
	}
	e = int(c.Ends[k])
	if c.Last && e > s && text[e-1] == '\r' {
		e--
	}
	return s, e
}

// Ints reads a column as Int does each cell, into out. It appends the rows of cells
// that Int does not take to other.
func Ints(b []byte, c Column, out []int64, other []int32) []int32 {
	s, k := c.start(), c.First
	for i := range out[:c.Rows] {
		e := int(c.Ends[k])
		end := e
		if c.Last && e > s && b[e-1] == '\r' {
			e--
		}
		n := e - s
		var v uint64
		var ok bool
		if n >= 1 && n <= 8 && b[s] != '-' {
			v, ok = eight(load(b, s), n)
			out[i] = int64(v)
		} else {
			out[i], ok = Int(b, s, e)
		}
		if !ok {
			out[i] = 0
			other = append(other, int32(i))
		}
		s = c.next(&k, end)
	}
	return other
}

// next moves on to the next row, and returns where its cell starts.
func (c *Column) next(k *int, end int) int {
	*k += c.Stride
	if c.Stride == 1 {
		return end + 1
	}
	if *k-1 < len(c.Ends) {
		return int(c.Ends[*k-1]) + 1
	}
	return 0
}

// Floats is Ints for Float.
func Floats(b []byte, c Column, out []float64, other []int32) []int32 {
	s, k := c.start(), c.First
	for i := range out[:c.Rows] {
		e := int(c.Ends[k])
		end := e
		if c.Last && e > s && b[e-1] == '\r' {
			e--
		}
		v, ok := Float(b, s, e)
		if out[i] = v; !ok {
			out[i] = 0
			other = append(other, int32(i))
		}
		s = c.next(&k, end)
	}
	return other
}

// Dates is Ints for Date.
func Dates(b []byte, c Column, out []int32, other []int32) []int32 {
	s, k := c.start(), c.First
	for i := range out[:c.Rows] {
		e := int(c.Ends[k])
		end := e
		if c.Last && e > s && b[e-1] == '\r' {
			e--
		}
		v, ok := Date(b, s, e)
		if out[i] = v; !ok {
			other = append(other, int32(i))
		}
		s = c.next(&k, end)
	}
	return other
}

// Timestamps is Ints for Timestamp.
func Timestamps(b []byte, c Column, out []int64, other []int32) []int32 {
	s, k := c.start(), c.First
	for i := range out[:c.Rows] {
		e := int(c.Ends[k])
		end := e
		if c.Last && e > s && b[e-1] == '\r' {
			e--
		}
		v, ok := Timestamp(b, s, e)
		if out[i] = v; !ok {
			other = append(other, int32(i))
		}
		s = c.next(&k, end)
	}
	return other
}
