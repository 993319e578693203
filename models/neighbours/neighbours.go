// Package neighbours predicts from the most similar training rows.
package neighbours

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Learner learns by keeping rows: k nearest neighbours (Cover and Hart, 1967)
// over standardized columns, each weighted by how closely it goes along with the
// target, so that columns that say nothing do not drown the others. Words of
// texts are not compared.
type Learner struct{}

// Name is the learner's name.
func (Learner) Name() string { return "knn" }

// Fits reports that any target can be learned.
func (Learner) Fits(int) bool { return true }

// Defaults: keep bounds the rows that are kept, and with them the size of the
// model and the cost of a prediction.
func (Learner) Defaults(_, classes int) learn.Settings {
	s := learn.Settings{"k": 10, "keep": 4096}
	if classes > 0 {
		s["k"] = 25
	}
	return s
}

// model is the rows that were kept.
type model struct {
	Encoder *features.Encoder
	Classes int
	K       int
	Rows    int // rows that were kept
	Of      int // training rows
	// Prior is how many neighbours that are like all rows are counted besides the nearest:
	// no class is impossible because few rows are near.
	Prior   float64   `json:",omitempty"`
	Weights []float64 // of the columns, 0 for those that are left out
	// Order lists the columns that are not left out as they are laid out: those that weigh
	// most first, so that a row that is too far is seen to be by few of them.
	Order []int `json:",omitempty"`

	x      []float64 // row after row, the weighted columns
	y      []float64
	shares []float64 // of the classes
	// heads are the first columns of all rows, which most rows are told to be too far by:
	// they lie together, and stay in the cache.
	heads []float64
}

// headColumns is how many columns a head has at most.
const headColumns = 16

// Fit keeps rows and weights columns.
func (Learner) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Linear})
	if err != nil {
		return nil, err
	}
	out := &model{Encoder: enc, Classes: e.Classes, K: int(s["k"]), Of: m.N, Prior: 1, Weights: weights(m, e)}
	out.prune()
	kept := spread(m.N, int(s["keep"]))
	out.Rows = len(kept)
	out.x = out.project(m.Select(kept))
	out.layHeads()
	for _, r := range kept {
		out.y = append(out.y, e.Y[r])
	}
	out.share()
	return out, nil
}

// spread returns at most n of the numbers below rows, evenly apart.
func spread(rows, n int) []int {
	if rows <= n {
		n = rows
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i * rows / n
	}
	return out
}

// weights are the correlations of the columns with the target, the greatest one
// of its classes.
func weights(m *features.Matrix, e learn.Examples) []float64 {
	out := make([]float64, len(m.Dense))
	for k := range learn.Outputs(e.Classes) {
		t := make([]float64, m.N)
		mean, ss := 0.0, 0.0
		for i, y := range e.Y {
			t[i] = y
			if e.Classes > 0 {
				t[i] = 0
				if int(y) == k {
					t[i] = 1
				}
			}
			mean += t[i] / float64(m.N)
		}
		for i := range t {
			t[i] -= mean
			ss += t[i] * t[i]
		}
		for j, col := range m.Dense {
			s := 0.0
			for i, x := range col {
				s += x * t[i]
			}
			if ss > 0 {
				out[j] = max(out[j], math.Abs(s)/math.Sqrt(ss*float64(m.N)))
			}
		}
	}
	return out
}

// order is that of the columns that are not left out.
func (m *model) order() (out []int) {
	for j, w := range m.Weights {
		if w > 0 {
			out = append(out, j)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(m.Weights[b], m.Weights[a]) })
	return out
}

// fewestColumns are compared also where hardly any goes along with the target.
const fewestColumns = 16

// prune leaves columns out that go along with the target no more than chance does, by two
// deviations: all of them together would drown the others.
func (m *model) prune() {
	order := m.order()
	for _, j := range order[min(fewestColumns, len(order)):] {
		if m.Weights[j]*math.Sqrt(float64(m.Of)) < 2 {
			m.Weights[j] = 0
		}
	}
	m.Order = m.order()
}

// project lays the weighted columns out by rows.
func (m *model) project(x *features.Matrix) []float64 {
	w := len(m.Order)
	out := make([]float64, x.N*w)
	for k, j := range m.Order {
		for i, v := range x.Dense[j] {
			out[i*w+k] = v * m.Weights[j]
		}
	}
	return out
}

// near is a kept row and its squared distance.
type near struct {
	d   float64
	row int
}

// Predict averages the targets of the nearest rows, the nearer ones counting
// more: each by one over its distance.
func (m *model) Predict(f *features.Frame, out []float64) error {
	x, err := m.Encoder.Transform(f)
	if err != nil {
		return err
	}
	defer x.Release()
	flat := m.project(x)
	w := len(flat) / max(x.N, 1)
	best := make([]near, 0, m.K+1)
	k := learn.Outputs(m.Classes)
	for i := range x.N {
		best = m.nearest(flat[i*w:(i+1)*w], best[:0])
		m.vote(best, out[i*k:(i+1)*k])
	}
	return nil
}

// layHeads copies the first columns of all rows.
func (m *model) layHeads() {
	w := len(m.Order)
	h := min(w, headColumns)
	m.heads = make([]float64, 0, m.Rows*h)
	for r := range m.Rows {
		m.heads = append(m.heads, m.x[r*w:r*w+h]...)
	}
}

// nearest finds the K nearest kept rows; of equal distances the earlier row
// wins. A distance that is already too great is not finished.
func (m *model) nearest(x []float64, best []near) []near {
	w := len(x)
	h := min(w, headColumns)
	bound := math.Inf(1)
	for r := range m.Rows {
		d := apart(x[:h], m.heads[r*h:(r+1)*h], 0)
		for j := h; j < w && d < bound; j += headColumns {
			end := min(j+headColumns, w)
			d = apart(x[j:end], m.x[r*w+j:r*w+end], d)
		}
		if d >= bound {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, d, func(n near, d float64) int {
			if n.d <= d {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, near{d, r})
		best = best[:min(len(best), m.K)]
		if len(best) == m.K {
			bound = best[len(best)-1].d
		}
	}
	return best
}

// apart adds the squares of differences to d.
func apart(a, b []float64, d float64) float64 {
	b = b[:len(a)]
	for j, v := range a {
		t := b[j] - v
		d += t * t
	}
	return d
}

func (m *model) vote(best []near, out []float64) {
	clear(out)
	total := 0.0
	for _, b := range best {
		w := 1 / (math.Sqrt(b.d) + 1e-6)
		total += w
		if m.Classes > 0 {
			out[int(m.y[b.row])] += w
		} else {
			out[0] += w * m.y[b.row]
		}
	}
	for i := range out {
		if out[i] /= total; m.Classes > 0 {
			out[i] = (out[i]*float64(len(best)) + m.Prior*m.shares[i]) / (float64(len(best)) + m.Prior)
		}
	}
}

// share counts the classes of the kept rows.
func (m *model) share() {
	if m.Classes == 0 {
		return
	}
	m.shares = make([]float64, m.Classes)
	for _, y := range m.y {
		m.shares[int(y)] += 1 / float64(len(m.y))
	}
}

// Encoding is how rows become columns.
func (m *model) Encoding() *features.Encoder { return m.Encoder }

// Cost counts the rows that were kept, each of which is compared.
func (m *model) Cost() learn.Cost {
	keeps := fmt.Sprintf("%d rows", m.Rows)
	if m.Of > m.Rows {
		keeps += fmt.Sprintf(" of %d", m.Of)
	}
	return learn.Cost{Keeps: keeps, Steps: len(m.x)}
}

// Save writes the settings as JSON, and the rows in little-endian order.
func (m *model) Save() (text, bin []byte, err error) {
	if text, err = json.Marshal(m); err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	for _, part := range [][]float64{m.x, m.y} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			return nil, nil, err
		}
	}
	return text, b.Bytes(), nil
}

// mostClasses bounds the classes of a model that is read.
const mostClasses = 1 << 16

// Load reads what Save wrote.
func (Learner) Load(text, bin []byte) (learn.Predictor, error) {
	m := &model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("neighbours: %w", err)
	}
	used := m.order()
	w := len(used)
	slices.Sort(used)
	if m.Order == nil { // as earlier versions laid them out
		m.Order = slices.Clone(used)
	}
	if !slices.Equal(slices.Sorted(slices.Values(m.Order)), used) {
		return nil, fmt.Errorf("neighbours: %v is no order of the %d columns that count", m.Order, w)
	}
	if m.Encoder == nil || m.Rows < 1 || m.Rows > len(bin) || m.K < 1 || m.Classes < 0 || m.Classes > mostClasses || len(m.Weights) != len(m.Encoder.Names()) || len(bin) != 8*m.Rows*(w+1) {
		return nil, fmt.Errorf("neighbours: %d bytes do not hold %d rows of %d columns", len(bin), m.Rows, w)
	}
	m.K = min(m.K, m.Rows)
	m.x, m.y = make([]float64, m.Rows*w), make([]float64, m.Rows)
	r := bytes.NewReader(bin)
	for _, part := range [][]float64{m.x, m.y} {
		if err := binary.Read(r, binary.LittleEndian, part); err != nil {
			return nil, fmt.Errorf("neighbours: %w", err)
		}
	}
	for _, y := range m.y {
		if m.Classes > 0 && !(y >= 0 && int(y) < m.Classes) {
			return nil, fmt.Errorf("neighbours: class %v of %d", y, m.Classes)
		}
	}
	m.layHeads()
	m.share()
	return m, nil
}
