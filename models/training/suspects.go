package training

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
)

// Dealt is how rows were dealt to folds, and what of them may not be independent.
type Dealt struct {
	Split    Split
	Rows     int // that are in folds, by which it is chosen and measured
	Repeats  int // rows equal to earlier ones, which are in the fold of those
	Suspects []Suspect
	Leaks    []Leak
	Target   Target
}

// Suspect is a column whose values rows share, or that tells their time, so that folds
// by chance may claim too much. Chance and Apart are the skill of a quick model on rows
// dealt by chance, and on rows whose value, or whose future, it has not seen: 1 less its
// loss over that of a constant.
type Suspect struct {
	Column        string
	Time          bool
	Things        int // different values
	Chance, Apart float64
	Chosen        bool // the folds follow it
}

// Bounds of suspects.
const (
	quickRows      = 2000
	quickFolds     = 3
	fewestThings   = 10
	fewestChosen   = 20
	mostSuspects   = 3
	clusters       = 0.05 // of the variance that the others of a group explain
	tellingGap     = 0.05 // of skill, from which on it is said,
	tellingRatio   = 0.6  // and of what is left of it, up to which it is acted on where one thing speaks for it,
	tellingLoss    = 4.0  // or of the loss, so many times that by chance: errors are twice as large
	tellingErrors  = 3.0  // standard errors of the gap,
	likelyErrors   = 1.5  // where two things speak for it
	evenSizes      = 0.5  // variance of the sizes of groups over their mean
	eachItsOwnTime = 0.9  // records with a time of their own
)

// named is how columns are called that tell things apart.
var named = regexp.MustCompile(`(?i)(^|[_ .-])(id|nr|no|key|code|number)$|[a-z](Id|ID|Key)$`)

// suspects finds the columns by which rows hang together, those that matter most first.
func suspects(f *features.Frame, y []float64, g Goal, seed uint64) ([]Suspect, error) {
	learned := g.Learned(y)
	signal := learned
	if g.Classes() > 0 {
		signal = against(learned, g.Classes())
	}
	type candidate struct {
		at      int
		explain float64
		signs   int
	}
	var found []candidate
	timed := -1
	for i := range f.Columns {
		c := &f.Columns[i]
		if c.Kind == features.Time && timed < 0 && distinctOf(c) >= fewestThings {
			timed = i
			continue
		}
		sizes, signs := things(c)
		if sizes == nil {
			continue
		}
		if x := explained(c, signal); x > clusters {
			found = append(found, candidate{i, x, signs})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.explain, a.explain) })
	var out []Suspect
	var err error
	for _, x := range found[:min(len(found), mostSuspects)] {
		if out, err = compare(out, f, y, g, x.at, false, x.signs, seed); err != nil {
			return nil, err
		}
	}
	if timed >= 0 {
		c := &f.Columns[timed]
		signs := 0
		if slices.IsSorted(c.Num) || float64(distinctOf(c)) >= eachItsOwnTime*float64(f.N) {
			signs = 1
		}
		if out, err = compare(out, f, y, g, timed, true, signs, seed); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b Suspect) int { return cmp.Compare(a.Apart, b.Apart) })
	for i := range out {
		if out[i].Chosen && slices.ContainsFunc(out[:i], func(s Suspect) bool { return s.Chosen }) {
			out[i].Chosen = false // there is one way to deal rows
		}
	}
	return out, nil
}

// against is 1 for the most frequent class, and 0 for the others.
func against(y []float64, k int) []float64 {
	counts := make([]int, k)
	for _, v := range y {
		counts[int(v)]++
	}
	most := slices.Index(counts, slices.Max(counts))
	out := make([]float64, len(y))
	for i, v := range y {
		if int(v) == most {
			out[i] = 1
		}
	}
	return out
}

func distinctOf(c *features.Column) int {
	seen := map[uint64]bool{}
	for i := range max(len(c.Num), len(c.Str)) {
		seen[cellHash(c, i)] = true
	}
	return len(seen)
}

// things are the sizes of the groups of a column that may name things with several
// records each, or nil. signs counts what speaks for it: things have numbers or codes, or
// the column is called so; they are there equally often.
func things(c *features.Column) (sizes []float64, signs int) {
	if c.Kind == features.Text || c.Kind == features.Time || c.Kind == features.Number && !(named.MatchString(c.Name) && wholeNumbers(c.Num)) {
		return nil, 0
	}
	counts := map[uint64]float64{}
	n := max(len(c.Num), len(c.Str))
	codes := 0
	for i := range n {
		if c.Missing(i) {
			continue
		}
		counts[cellHash(c, i)]++
		if c.Kind == features.Word && strings.ContainsFunc(c.Str[i], unicode.IsDigit) {
			codes++
		}
	}
	if len(counts) < fewestThings || 2*len(counts) > n {
		return nil, 0
	}
	for _, k := range counts {
		sizes = append(sizes, k)
	}
	slices.Sort(sizes) // sums come out the same
	if 4*sizes[len(sizes)-1] > float64(n) {
		return nil, 0
	}
	mean, sd := meanAndSD(sizes)
	if c.Kind == features.Number || 10*codes > 9*n || named.MatchString(c.Name) {
		signs++
	}
	if sd*sd < evenSizes*mean {
		signs++
	}
	return sizes, signs
}

func wholeNumbers(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return !math.IsNaN(v) && v != math.Trunc(v) })
}

// explained is the share of the variance of y that the mean of a row's group, without
// the row, explains.
func explained(c *features.Column, y []float64) float64 {
	sum, count := map[uint64]float64{}, map[uint64]float64{}
	mean, variance := meanAndSD(y)
	variance *= variance * float64(len(y)-1)
	for i, v := range y {
		h := cellHash(c, i)
		sum[h] += v
		count[h]++
	}
	left := 0.0
	for i, v := range y {
		guess := mean
		if h := cellHash(c, i); count[h] > 1 {
			guess = (sum[h] - v) / (count[h] - 1)
		}
		left += (v - guess) * (v - guess)
	}
	return 1 - left/max(variance, 1e-300)
}

// compare measures a quick model on some of the rows, dealt by chance and by the column,
// and adds the column to out where that makes a difference.
func compare(out []Suspect, f *features.Frame, y []float64, g Goal, at int, byTime bool, signs int, seed uint64) ([]Suspect, error) {
	c := &f.Columns[at]
	rows := some(c, f.N, byTime)
	part, target := f.Select(rows), learn.Pick(y, rows)
	c = part.Column(c.Name)
	s := Suspect{Column: c.Name, Time: byTime, Things: distinctOf(&f.Columns[at])}
	split := Split{Folds: quickFolds, Seed: seed}
	of, _ := repeats(part)
	chance, err := Deal(split, target, g.Classes(), nil, nil, of)
	if err != nil {
		return out, nil // too few rows to tell
	}
	var groups []string
	if byTime {
		split.Time = c.Name
	} else {
		split.Group = c.Name
		for i := range part.N {
			groups = append(groups, c.Text(i))
		}
	}
	apart, err := Deal(split, target, g.Classes(), groups, c.Num, nil)
	if err != nil {
		return out, nil
	}
	a, err := quick(Data{part, target, chance}, g, seed)
	if err != nil {
		return nil, err
	}
	b, err := quick(Data{part, target, apart}, g, seed)
	if err != nil {
		return nil, err
	}
	var own, other, constant, gaps []float64
	for i := range target {
		if math.IsNaN(b[0][i]) {
			continue // the earliest
		}
		own, other, constant = append(own, a[0][i]), append(other, b[0][i]), append(constant, a[1][i])
		gaps = append(gaps, b[0][i]-a[0][i])
	}
	base, _ := meanAndSD(constant)
	chanceLoss, _ := meanAndSD(own)
	apartLoss, _ := meanAndSD(other)
	gap, sd := meanAndSD(gaps)
	s.Chance, s.Apart = 1-chanceLoss/base, 1-apartLoss/base
	errors := tellingErrors
	if signs > 1 {
		errors = likelyErrors
	}
	told := base > 0 && s.Chance-s.Apart > tellingGap && s.Chance > tellingGap && gap > errors*sd/math.Sqrt(float64(len(gaps)))
	if !told {
		return out, nil
	}
	telling := s.Apart < tellingRatio*s.Chance || apartLoss > tellingLoss*chanceLoss
	s.Chosen = signs > 1 || signs > 0 && telling && (byTime || s.Things >= fewestChosen)
	return append(out, s), nil
}

// some are up to quickRows rows: whole groups, or evenly spread over the time.
func some(c *features.Column, n int, byTime bool) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n <= quickRows {
		return order
	}
	var out []int
	if byTime {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.Num[a], c.Num[b]) })
		for i := range quickRows {
			out = append(out, order[i*n/quickRows])
		}
	} else {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(learn.Mix(cellHash(c, a)), learn.Mix(cellHash(c, b))) })
		out = order[:quickRows]
	}
	slices.Sort(out)
	return out
}

// quick fits small boosted trees, and returns the loss of each row that is held out,
// and that of a constant; NaN where a row is not.
func quick(d Data, g Goal, seed uint64) (losses [2][]float64, err error) {
	c := Candidate{"gbdt", learn.Settings{"trees": 40, "rate": 0.2}}
	l, err := catalogue.Find(c.Name)
	if err != nil {
		return losses, err
	}
	c.Settings = l.Defaults(len(d.Y), g.Classes()).With(c.Settings)
	for k := range losses {
		losses[k] = make([]float64, len(d.Y))
		for i := range d.Y {
			losses[k][i] = math.NaN()
		}
	}
	learned := g.Learned(d.Y)
	for _, k := range d.Folds.Measured() {
		r, err := Fit(Item{0, []int{k}}, c, d, g, seed)
		if err != nil {
			return losses, err
		}
		test := d.Folds.Test([]int{k})
		constant := constantOf(learn.Pick(learned, d.Folds.Train([]int{k})), g, len(test))
		for i, x := range bounded(learn.Pick(d.Y, test), r.Outputs, g) {
			losses[0][test[i]] = x
		}
		for i, x := range bounded(learn.Pick(d.Y, test), constant, g) {
			losses[1][test[i]] = x
		}
	}
	return losses, nil
}

// constantOf is the prediction for n rows of a model that knows the target only.
func constantOf(y []float64, g Goal, n int) []float64 {
	k := g.Outputs()
	one := make([]float64, k)
	if g.Classes() == 0 {
		one[0], _ = meanAndSD(y)
	}
	for _, v := range y {
		if g.Classes() > 0 {
			one[int(v)] += 1 / float64(len(y))
		}
	}
	var out []float64
	for range n {
		out = append(out, one...)
	}
	return out
}

// bounded is losses, of which a class that was never seen costs no more than one in a
// thousand would.
func bounded(y, p []float64, g Goal) []float64 {
	if g.Classes() > 0 {
		p = slices.Clone(p)
		for i := range p {
			p[i] = max(p[i], 1e-3)
		}
	}
	return losses(y, p, g)
}
