package trees

// cells are the sums of the gradients of a column's bins.
type cells [256]int64

// histogram is the cells of the columns of a leaf, by plane.
type histogram []([laneColumns]cells)

// half is how many columns are added to at a time: their cells stay in the nearest cache.
const half = laneColumns / 2

// add adds records to the first columns of a plane of a histogram.
func (h histogram) add(plane int, rows []record, columns int) {
	const some = 1024 // records, which stay there too
	lower, upper := (*[half]cells)(h[plane][:half]), (*[half]cells)(h[plane][half:])
	for len(rows) > 0 {
		n := min(some, len(rows))
		if columns > half/2 {
			addLower(lower, rows[:n])
		} else {
			addSome(lower, rows[:n], 0, columns)
		}
		if columns > half+half/2 {
			addUpper(upper, rows[:n])
		} else {
			addSome(upper, rows[:n], half, columns-half)
		}
		rows = rows[n:]
	}
}

// addLower adds the columns of the lower half, whatever is in them.
func addLower(h *[half]cells, rows []record) {
	for i := range rows {
		r := &rows[i]
		v := r.gradient().packed()
		h[0][r[0]] += v
		h[1][r[1]] += v
		h[2][r[2]] += v
		h[3][r[3]] += v
		h[4][r[4]] += v
		h[5][r[5]] += v
		h[6][r[6]] += v
		h[7][r[7]] += v
		h[8][r[8]] += v
		h[9][r[9]] += v
		h[10][r[10]] += v
		h[11][r[11]] += v
		h[12][r[12]] += v
		h[13][r[13]] += v
	}
}

// addUpper adds the columns of the upper half, whatever is in them.
func addUpper(h *[half]cells, rows []record) {
	for i := range rows {
		r := &rows[i]
		v := r.gradient().packed()
		h[0][r[14]] += v
		h[1][r[15]] += v
		h[2][r[16]] += v
		h[3][r[17]] += v
		h[4][r[18]] += v
		h[5][r[19]] += v
		h[6][r[20]] += v
		h[7][r[21]] += v
		h[8][r[22]] += v
		h[9][r[23]] += v
		h[10][r[24]] += v
		h[11][r[25]] += v
		h[12][r[26]] += v
		h[13][r[27]] += v
	}
}

// addSome adds some columns of a half, the first of which is in a lane.
func addSome(h *[half]cells, rows []record, first, columns int) {
	for k := range max(columns, 0) {
		c, at := &h[k], (first+k)&31
		for i := range rows {
			c[rows[i][at]] += rows[i].gradient().packed()
		}
	}
}

// clear empties the cells of so many columns.
func (h histogram) clear(columns int) {
	for p := range h {
		clear(h[p][:min(max(columns-p*laneColumns, 0), laneColumns)])
	}
}

// subtract takes a part of the rows away.
func (h histogram) subtract(part histogram, columns int) {
	for k := range columns {
		l := laneOf(k)
		a, b := &h[l.plane][l.at], &part[l.plane][l.at]
		for i := range a {
			a[i] -= b[i]
		}
	}
}
