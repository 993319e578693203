package trees

import "encoding/binary"

// laneColumns is how many columns a record holds.
const laneColumns = 28

// record is a row of up to 28 columns as trees are grown over it: a bin for each, and in
// the last four bytes the row's gradient, which is added to the sums of all of its bins. A
// row of a tree lies in one line of a cache, next to the others of its leaf.
type record [32]byte

// gradient is a quantised first derivative, signed, in the upper half, and a second
// derivative, which is not negative, in the lower half.
type gradient uint32

// packed is a gradient as it is added up: sums of the two halves don't touch each other as
// long as they stay within 32 bits, and are exact in any order.
func (g gradient) packed() int64 { return int64(int32(g)>>16)<<32 + int64(g&0xffff) }

func (r *record) gradient() gradient     { return gradient(binary.LittleEndian.Uint32(r[laneColumns:])) }
func (r *record) setGradient(g gradient) { binary.LittleEndian.PutUint32(r[laneColumns:], uint32(g)) }

// move copies a record as four words, which is faster than to assign it.
func (r *record) move(from *record) {
	binary.LittleEndian.PutUint64(r[0:], binary.LittleEndian.Uint64(from[0:]))
	binary.LittleEndian.PutUint64(r[8:], binary.LittleEndian.Uint64(from[8:]))
	binary.LittleEndian.PutUint64(r[16:], binary.LittleEndian.Uint64(from[16:]))
	binary.LittleEndian.PutUint64(r[24:], binary.LittleEndian.Uint64(from[24:]))
}

// lane is where a column is: a plane of records, and a byte of them.
type lane struct{ plane, at int }

func laneOf(column int) lane { return lane{column / laneColumns, column % laneColumns} }

// planesFor is how many planes so many columns take.
func planesFor(columns int) int { return (columns + laneColumns - 1) / laneColumns }

// planes are rows, each as a record in every plane.
type planes [][]record

func newPlanes(columns, rows int) planes {
	p := make(planes, planesFor(columns))
	all := make([]record, len(p)*rows)
	for i := range p {
		p[i], all = all[:rows], all[rows:]
	}
	return p
}

// all are the records of all planes, one plane after the other.
func (p planes) all() []record {
	if len(p) == 0 {
		return nil
	}
	return p[0][:len(p)*len(p[0])]
}

// set puts the bins of a column into its lane.
func (p planes) set(column int, bins []uint8) {
	l := laneOf(column)
	at := l.at & 31
	rows := p[l.plane][:len(bins)]
	for i, b := range bins {
		rows[i][at] = b
	}
}

// bin is that of a row in a column.
func (p planes) bin(l lane, row int32) uint8 { return p[l.plane][row][l.at&31] }

// workspace is the rows of one tree while it grows: twice, since those of a leaf move to
// the other side when it is cut.
type workspace struct {
	sides [2]struct {
		planes planes
		ids    []int32 // of the rows, in the table
	}
	dest []int32 // where each row of a leaf moves to
}

// reserve makes room for rows of so many columns.
func (w *workspace) reserve(columns, rows int) {
	if w.dest == nil {
		w.dest = make([]int32, rows)
	}
	for s := range w.sides {
		side := &w.sides[s]
		if side.ids == nil {
			side.ids = make([]int32, rows)
		}
		for len(side.planes) < planesFor(columns) {
			side.planes = append(side.planes, make([]record, rows))
		}
	}
}

// load takes rows of a table with their gradients, in those of its columns that the tree
// looks at; nil rows are all of them.
func (w *workspace) load(from planes, look []int, rows []int32, of []gradient) (n int) {
	side := &w.sides[0]
	if rows == nil {
		n = len(of)
		for i := range n {
			side.ids[i] = int32(i)
		}
	} else {
		n = copy(side.ids, rows)
	}
	for p := range planesFor(len(look)) {
		some := look[p*laneColumns : min((p+1)*laneColumns, len(look))]
		out := side.planes[p][:n]
		if whole(some, p) {
			plane := from[p]
			for i, id := range side.ids[:n] {
				out[i].move(&plane[id])
				out[i].setGradient(of[id])
			}
			continue
		}
		lanes := make([]lane, len(some))
		for k, c := range some {
			lanes[k] = laneOf(c)
		}
		for i, id := range side.ids[:n] {
			r := &out[i]
			for k, l := range lanes {
				r[k&31] = from[l.plane][id][l.at&31]
			}
			r.setGradient(of[id])
		}
	}
	return n
}

// whole reports whether columns are those of plane p from its first on.
func whole(columns []int, p int) bool {
	return columns[0] == p*laneColumns && columns[len(columns)-1] == p*laneColumns+len(columns)-1
}

// divide moves the rows [from, to) of a side to the other one: from the front those that go
// to the left, from the end backwards those that go to the right, as a table of the bins of
// a lane says: 0 is left, -1 is right. It returns where the right begins. Nothing depends on
// the order within a leaf.
func (w *workspace) divide(side, from, to, planesUsed int, l lane, goes *[256]int) int {
	src, dst := &w.sides[side], &w.sides[1-side]
	ids, moved := src.ids[from:to], dst.ids[from:to]
	if planesUsed == 1 {
		return from + scatter(src.planes[0][from:to], dst.planes[0][from:to], ids, moved, l.at, goes)
	}
	dest := w.dest[from:to]
	left := aim(src.planes[l.plane][from:to], dest, ids, moved, l.at, goes)
	for p := range planesUsed {
		rows, out := src.planes[p][from:to], dst.planes[p][from:to]
		for i, d := range dest {
			out[d].move(&rows[i])
		}
	}
	return from + left
}

// scatter moves rows and their numbers, and returns how many go to the left. It begins at
// the end, where how many rows are left to move is the index, and is a function of its own:
// its registers are just enough.
//
//go:noinline
func scatter(rows, out []record, ids, moved []int32, at int, goes *[256]int) (left int) {
	out, ids, moved = out[:len(rows)], ids[:len(rows)], moved[:len(rows)]
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		m := goes[r[at&31]]
		d := left + i&m
		out[d].move(r)
		moved[d] = ids[i]
		left += 1 + m
	}
	return left
}

// aim moves the numbers of rows, says where each row goes, and returns how many go to the
// left.
//
//go:noinline
func aim(rows []record, dest, ids, moved []int32, at int, goes *[256]int) (left int) {
	dest, ids, moved = dest[:len(rows)], ids[:len(rows)], moved[:len(rows)]
	for i := len(rows) - 1; i >= 0; i-- {
		m := goes[rows[i][at&31]]
		d := left + i&m
		moved[d], dest[i] = ids[i], int32(d)
		left += 1 + m
	}
	return left
}
