package features

import "sync"

// Matrix is encoded rows: dense columns, and a sparse part behind them that is
// never made dense.
type Matrix struct {
	N      int
	Dense  [][]float64 // by column; NaN where missing, in the tree view only
	Sparse Sparse

	cells []float64 // of Dense
}

// matrices are those that were released.
var matrices = sync.Pool{New: func() any { return new(Matrix) }}

// borrow returns a matrix whose dense cells are to be written, all of them: what they hold is
// anything.
func borrow(width, n int) *Matrix {
	m := matrices.Get().(*Matrix)
	if cap(m.cells) < width*n {
		m.cells = make([]float64, width*n)
	}
	if cap(m.Dense) < width {
		m.Dense = make([][]float64, width)
	}
	m.N, m.Dense = n, columnsOf(m.Dense[:width], m.cells[:width*n], n)
	m.Sparse = Sparse{Start: m.Sparse.Start[:0], Index: m.Sparse.Index[:0], Values: m.Sparse.Values[:0]}
	return m
}

// Release lets the memory of a matrix that Transform returned be used for another one: it
// must not be looked at any more.
func (m *Matrix) Release() { matrices.Put(m) }

// Sparse is a matrix by rows of which most cells are zero: row i has the values
// Values[Start[i]:Start[i+1]] in the columns Index[Start[i]:Start[i+1]].
type Sparse struct {
	Columns int
	Start   []int32
	Index   []int32
	Values  []float64
}

// Width is the number of columns, dense and sparse.
func (m *Matrix) Width() int { return len(m.Dense) + m.Sparse.Columns }

// Row returns the dense part of row i in dst, which has the right length.
func (m *Matrix) Row(i int, dst []float64) []float64 {
	for j, col := range m.Dense {
		dst[j] = col[i]
	}
	return dst
}

// ByColumn returns the sparse part by columns: column j has the values
// Values[Start[j]:Start[j+1]] in the rows Index[...].
func (s Sparse) ByColumn(rows int) Sparse {
	out := Sparse{Columns: rows, Start: make([]int32, s.Columns+1), Index: make([]int32, len(s.Index)), Values: make([]float64, len(s.Values))}
	for _, j := range s.Index {
		out.Start[j+1]++
	}
	for j := range s.Columns {
		out.Start[j+1] += out.Start[j]
	}
	next := append([]int32(nil), out.Start...)
	for i := range rows {
		if len(s.Start) == 0 {
			break
		}
		for k := s.Start[i]; k < s.Start[i+1]; k++ {
			j := s.Index[k]
			out.Index[next[j]], out.Values[next[j]] = int32(i), s.Values[k]
			next[j]++
		}
	}
	return out
}

// Select returns the given rows.
func (m *Matrix) Select(rows []int) *Matrix {
	out := &Matrix{N: len(rows), Dense: newColumns(len(m.Dense), len(rows)), Sparse: Sparse{Columns: m.Sparse.Columns}}
	for j, col := range m.Dense {
		for i, r := range rows {
			out.Dense[j][i] = col[r]
		}
	}
	if m.Sparse.Columns == 0 {
		return out
	}
	s := &out.Sparse
	s.Start = append(s.Start, 0)
	for _, r := range rows {
		a, b := m.Sparse.Start[r], m.Sparse.Start[r+1]
		s.Index, s.Values = append(s.Index, m.Sparse.Index[a:b]...), append(s.Values, m.Sparse.Values[a:b]...)
		s.Start = append(s.Start, int32(len(s.Index)))
	}
	return out
}
