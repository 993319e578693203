package training

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Split says how rows are dealt to folds.
type Split struct {
	Folds int    `json:"folds"`
	Group string `json:"group,omitempty"` // rows of one group stay together
	Time  string `json:"time,omitempty"`  // later folds are predicted from earlier ones
	Seed  uint64 `json:"seed"`
	Auto  bool   `json:"auto,omitempty"` // a column to split by is looked for
}

// DealFrame deals the rows of a frame, by the columns that the split names, or by one
// that is found.
func DealFrame(s Split, f *features.Frame, y []float64, g Goal) (Folds, Dealt, error) {
	d := Dealt{Split: s}
	same, found := repeats(f)
	d.Leaks, d.Target = leaks(f, y, g, same), lookAt(y, g, s.Folds)
	if s.Auto && s.Group+s.Time == "" {
		var err error
		if d.Suspects, err = suspects(f, y, g, s.Seed); err != nil {
			return Folds{}, d, err
		}
		for _, x := range d.Suspects {
			switch {
			case x.Chosen && x.Time:
				d.Split.Time = x.Column
			case x.Chosen:
				d.Split.Group = x.Column
			}
		}
	}
	var groups []string
	var times []float64
	switch name := d.Split.Group + d.Split.Time; {
	case d.Split.Group != "":
		c := f.Column(name)
		if c == nil {
			return Folds{}, d, fault.Usagef("split: the column %q is no feature to split by", name)
		}
		for i := range y {
			groups = append(groups, c.Text(i))
		}
	case d.Split.Time != "":
		c := f.Column(name)
		if c == nil || c.Num == nil {
			return Folds{}, d, fault.Usagef("split: the column %q is no time or number to split by", name)
		}
		times = c.Num
	default:
		d.Repeats = found
	}
	folds, err := Deal(d.Split, y, g.Classes(), groups, times, same)
	d.Rows = folds.thin(mostDealt, s.Seed, same)
	return folds, d, err
}

// mostDealt is about how many rows are chosen and measured by, where there are more: more
// would tell no more of which learner is best, and what was chosen learns from all.
const mostDealt = 200000

// Folds are the folds of rows. With Time, fold 0 is the earliest and is never
// predicted.
type Folds struct {
	K    int
	Of   []int // fold of each row; -1 for one that nothing is chosen or measured by
	Time bool
	// Units holds the unit of each row, which stays together where rows are held out inside
	// of a fit too: its group, the first of the rows that are one record with it, or a
	// stretch of time. Nil where each row is its own.
	Units []int
}

// thin takes rows out of their folds, drawn by chance, so that about `most` are left, and
// returns how many are. Those that are one record stay or go together.
func (f *Folds) thin(most int, seed uint64, same []int) (left int) {
	n := len(f.Of)
	if n <= most {
		return n
	}
	for i := range f.Of {
		first := i
		if same != nil {
			first = same[i]
		}
		if learn.Mix(learn.Mix(seed+1)+uint64(first)) > math.MaxUint64/uint64(n)*uint64(most) {
			f.Of[i] = -1
			continue
		}
		left++
	}
	return left
}

// Deal deals rows to folds. classes, of which there are k, are spread evenly; k
// is 0 for a quantity. groups holds the group of each row, times when it was,
// for splits by them; same, where it is not nil, the first of the rows that are one
// record, which stay together where rows are dealt by chance.
func Deal(s Split, y []float64, k int, groups []string, times []float64, same []int) (Folds, error) {
	n := len(y)
	f := Folds{K: s.Folds, Of: make([]int, n), Time: s.Time != ""}
	if s.Folds < 2 {
		return f, fault.Usagef("split: %d folds, but at least 2 are needed", s.Folds)
	}
	if n < 2*s.Folds {
		return f, fault.Dataf("%d records can be trained on, too few for %d folds", n, s.Folds)
	}
	switch {
	case s.Time != "":
		f.K++
		f.byTime(times)
	case s.Group != "":
		return f, f.byGroup(groups, s.Seed)
	default:
		f.byChance(y, k, s.Seed, same)
		f.Units = same
	}
	return f, nil
}

// byChance deals the rows of each class, or of each stretch of a quantity, in
// an order drawn by the seed; those that are one record follow the first.
func (f *Folds) byChance(y []float64, k int, seed uint64, same []int) {
	var order []int
	keys := make([]uint64, len(y))
	for i := range y {
		keys[i] = learn.Mix(seed*0x9e3779b97f4a7c15 + uint64(i))
		if same == nil || same[i] == i {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		class := 0
		if k > 0 {
			class = cmp.Compare(y[a], y[b])
		}
		return cmp.Or(class, cmp.Compare(keys[a], keys[b]))
	})
	for r, i := range order {
		f.Of[i] = r % f.K
	}
	for i, first := range same {
		f.Of[i] = f.Of[first]
	}
}

// byGroup deals the groups, the largest first, each to the fold with the fewest
// rows.
func (f *Folds) byGroup(groups []string, seed uint64) error {
	sizes := map[string]int{}
	for _, g := range groups {
		sizes[g]++
	}
	if len(sizes) < f.K {
		return fault.Dataf("the column to split by has %d groups, too few for %d folds", len(sizes), f.K)
	}
	names := make([]string, 0, len(sizes))
	for g := range sizes {
		names = append(names, g)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(hashText(a, seed), hashText(b, seed)), cmp.Compare(a, b))
	})
	load, to := make([]int, f.K), map[string]int{}
	for _, g := range names {
		least := 0
		for k := range load {
			if load[k] < load[least] {
				least = k
			}
		}
		to[g] = least
		load[least] += sizes[g]
	}
	f.Units = make([]int, len(groups))
	first := map[string]int{}
	for i, g := range groups {
		f.Of[i] = to[g]
		if _, ok := first[g]; !ok {
			first[g] = i
		}
		f.Units[i] = first[g]
	}
	return nil
}

// stretches is how many units of time a fold has.
const stretches = 10

// byTime cuts the rows, in the order of their time, into parts of one size.
func (f *Folds) byTime(times []float64) {
	order := make([]int, len(times))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(times[a], times[b]) })
	f.Units = make([]int, len(times))
	for r, i := range order {
		f.Of[i] = r * f.K / len(order)
		f.Units[i] = r * f.K * stretches / len(order)
	}
}

func hashText(s string, seed uint64) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, seed, s)
	return h.Sum64()
}

// Train returns the rows that a model may learn from which is to predict the
// held folds; all rows where it is to predict none.
func (f Folds) Train(held []int) []int {
	var out []int
	for i, k := range f.Of {
		if len(held) > 0 && (k < 0 || f.Time && k >= slices.Min(held)) || slices.Contains(held, k) {
			continue
		}
		out = append(out, i)
	}
	return out
}

// Test returns the rows of the held folds.
func (f Folds) Test(held []int) []int {
	var out []int
	for i, k := range f.Of {
		if slices.Contains(held, k) {
			out = append(out, i)
		}
	}
	return out
}

// Measured lists the folds that are predicted.
func (f Folds) Measured() []int {
	var out []int
	for k := range f.K {
		if k > 0 || !f.Time {
			out = append(out, k)
		}
	}
	return out
}
