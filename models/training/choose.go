package training

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/models/learn"
)

// Score is a measure over folds. Folds in which it is not defined have no part in its
// mean and its standard deviation.
type Score struct {
	Mean  metrics.Value   `json:"mean"`          // over the folds
	SD    metrics.Value   `json:"sd"`            // standard deviation over the folds
	Folds []metrics.Value `json:"folds"`         // in each fold
	Why   string          `json:"why,omitempty"` // it is not defined, at least in some folds
}

func newScore(m metrics.Metric, folds []float64) Score {
	s := Score{Mean: metrics.Undefined(), SD: metrics.Undefined()}
	var defined []float64
	for _, v := range folds {
		s.Folds = append(s.Folds, metrics.Value(v))
		if s.Folds[len(s.Folds)-1].Defined() {
			defined = append(defined, v)
		}
	}
	if len(defined) < len(folds) {
		s.Why = fmt.Sprintf("%s is not defined in %d of %d folds: %s", m, len(folds)-len(defined), len(folds), m.Kind().Needs)
	}
	if len(defined) > 0 {
		mean, sd := meanAndSD(defined)
		s.Mean = metrics.Value(mean)
		if len(defined) > 1 {
			s.SD = metrics.Value(sd)
		}
	}
	return s
}

// ScoreOf measures a candidate by its results, one for each fold.
func ScoreOf(d Data, g Goal, results []Result) Score {
	var folds []float64
	for _, r := range results {
		folds = append(folds, g.Measure(g.Metric, learn.Pick(d.Y, d.Folds.Test(r.Item.Held)), r.Outputs))
	}
	return newScore(g.Metric, folds)
}

// Measured is a candidate and how it did.
type Measured struct {
	Candidate
	Score
	Weight float64 `json:"weight"` // in the ensemble
}

// Ensemble is the name of what is chosen when it has several members.
const Ensemble = "ensemble"

// Choice is what was selected, and how well it does on rows it has not seen.
type Choice struct {
	Name        string // of the one candidate that is left, or Ensemble
	Weights     []float64
	Calibration Calibration
	Threshold   float64 // from which on the positive class is called; 0 for the most probable one
	Chosen      Score
	Candidates  []Measured
	Others      map[metrics.Metric]Score // the task's other metrics
	Skill       Skill
	Interval    *Interval
	Spread      Result // the forest of residuals, for a quantity
	Confusion   [][]int
	Slices      []Slice
	// Rows, Actual and Predicted are the held-out rows that the figures come
	// from: targets and predictions on the target's own scale, or
	// probabilities.
	Rows      []int
	Actual    []float64
	Predicted []float64
}

// selection is the state of Choose.
type selection struct {
	d      Data
	g      Goal
	y      []float64 // learned
	k      int       // outputs
	single [][]float64
	rows   []int       // that are predicted
	at     map[int]int // where each of them is among these
	test   [][]int     // rows of each fold
	// threshold of each fold, learned from the others.
	threshold []float64
}

// Choose joins the results of all items.
func Choose(c []Candidate, results []Result, d Data, g Goal, seed uint64) (Choice, error) {
	s := &selection{d: d, g: g, y: g.Learned(d.Y), k: g.Outputs(), threshold: slices.Repeat([]float64{g.Threshold}, d.Folds.K)}
	if err := s.collect(len(c), results); err != nil {
		return Choice{}, err
	}
	by := s.heldOut()
	held := by[uncalibrated]
	out := Choice{Rows: s.rows}
	out.Weights = s.blend(s.rows)
	out.Name = nameOf(c, out.Weights)
	y := learn.Pick(d.Y, s.rows)
	if g.Classes() > 0 {
		f := proven(y, by, s.k)
		out.Calibration = calibrate(y, held, s.k, f)
		held = by[f]
		s.learnThresholds(&out, y, held)
	}
	if out.measure(s, c, held); !out.Chosen.Mean.Defined() {
		return out, fault.Dataf("the model can't be measured: %s; name another metric", out.Chosen.Why)
	}
	out.Skill = s.skill(held)
	var within []bool
	if g.Classes() == 0 {
		var err error
		if within, err = out.bound(s, held, seed); err != nil {
			return out, err
		}
	}
	out.Actual, out.Predicted = y, s.original(held)
	out.Slices = worst(d.Frame, s.rows, y, held, within, g)
	return out, nil
}

// learnThresholds learns the threshold by which the metric is best, where it depends on
// one, and for each fold from the others.
func (s *selection) learnThresholds(out *Choice, y, held []float64) {
	out.Threshold = s.g.Threshold
	if best := s.g.Metric.Kind().Threshold; best != nil && s.k == 2 && s.g.Threshold == 0 {
		out.Threshold = best(y, held, s.g.Positive)
		for _, k := range s.d.Folds.Measured() {
			var oy, op []float64
			for i, r := range s.rows {
				if s.speaksFor(r, k) {
					oy, op = append(oy, y[i]), append(op, held[2*i:2*i+2]...)
				}
			}
			s.threshold[k] = best(oy, op, s.g.Positive)
		}
	}
	out.Confusion = make([][]int, s.k)
	for c := range out.Confusion {
		out.Confusion[c] = make([]int, s.k)
	}
	for i, r := range s.rows {
		g := s.g
		g.Threshold = s.threshold[s.d.Folds.Of[r]]
		out.Confusion[int(y[i])][g.Call(held[i*s.k : (i+1)*s.k])[0]]++
	}
}

// collect puts the results where they are found.
func (s *selection) collect(candidates int, results []Result) error {
	s.single = make([][]float64, candidates)
	for a := range s.single {
		s.single[a] = make([]float64, len(s.y)*s.k)
	}
	s.test = make([][]int, s.d.Folds.K)
	for _, k := range s.d.Folds.Measured() {
		s.test[k] = s.d.Folds.Test([]int{k})
		s.rows = append(s.rows, s.test[k]...)
	}
	slices.Sort(s.rows)
	s.at = make(map[int]int, len(s.rows))
	for i, r := range s.rows {
		s.at[r] = i
	}
	want := Items(candidates, s.d.Folds)
	seen := map[string]bool{}
	for _, r := range results {
		test := s.d.Folds.Test(r.Item.Held)
		if len(r.Outputs) != len(test)*s.k {
			return fmt.Errorf("training: %d outputs for %d rows", len(r.Outputs), len(test))
		}
		seen[fmt.Sprint(r.Item)] = true
		for i, row := range test {
			copy(s.single[r.Item.Candidate][row*s.k:], r.Outputs[i*s.k:(i+1)*s.k])
		}
	}
	for _, it := range want {
		if !seen[fmt.Sprint(it)] {
			return fmt.Errorf("training: the result of candidate %d without folds %v is not there", it.Candidate, it.Held)
		}
	}
	return nil
}

func (s *selection) singleOf(a, row int) []float64 { return s.single[a][row*s.k : (row+1)*s.k] }

// blend learns weights from rows, by each candidate's prediction of them without their fold.
func (s *selection) blend(rows []int) []float64 {
	m := len(s.single)
	if m == 1 || len(rows) == 0 {
		return equal(m)
	}
	p := make([][]float64, m)
	for a := range p {
		p[a] = make([]float64, 0, len(rows)*s.k)
		for _, r := range rows {
			p[a] = append(p[a], s.singleOf(a, r)...)
		}
	}
	y := learn.Pick(s.y, rows)
	if s.g.Classes() > 0 {
		return blendClasses(y, p, s.k)
	}
	return blendQuantity(y, p)
}

// speaksFor reports whether something may be learned from a row for fold k.
func (s *selection) speaksFor(row, k int) bool {
	j := s.d.Folds.Of[row]
	return j != k && (!s.d.Folds.Time || j < k)
}

// heldOut predicts every measured row by an ensemble whose weights never saw its
// fold, by each form of calibration, which has not seen it either.
func (s *selection) heldOut() (by [][]float64) {
	forms := flat + 1
	if s.g.Classes() == 0 {
		forms = uncalibrated + 1
	}
	for range forms {
		by = append(by, make([]float64, len(s.rows)*s.k))
	}
	for _, k := range s.d.Folds.Measured() {
		other := s.others(k)
		weights := s.blend(other)
		var p []float64
		if forms > 1 {
			p = make([]float64, len(other)*s.k)
			for i, r := range other {
				s.mix(weights, r, p[i*s.k:(i+1)*s.k])
			}
		}
		for f := range forms {
			c := calibrate(learn.Pick(s.y, other), p, s.k, f)
			for _, r := range s.test[k] {
				out := by[f][s.at[r]*s.k : (s.at[r]+1)*s.k]
				s.mix(weights, r, out)
				c.Apply(out, s.k)
			}
		}
	}
	return by
}

// mix adds up the candidates' predictions of a row.
func (s *selection) mix(w []float64, row int, out []float64) {
	for a, v := range w {
		if v == 0 {
			continue
		}
		for j, p := range s.singleOf(a, row) {
			out[j] += v * p
		}
	}
}

func nameOf(c []Candidate, w []float64) string {
	name, members := "", 0
	for a, v := range w {
		if v > 0 {
			name = c[a].Name
			members++
		}
	}
	if members > 1 {
		return Ensemble
	}
	return name
}

// original turns predictions of a quantity into the target's own scale.
func (s *selection) original(p []float64) []float64 {
	if s.g.Classes() > 0 {
		return p
	}
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = s.g.Original(v)
	}
	return out
}

// measure fills in the scores of the choice and of the candidates.
func (c *Choice) measure(s *selection, candidates []Candidate, held []float64) {
	over := func(m metrics.Metric, predicted func(row int) []float64) Score {
		var folds []float64
		for _, k := range s.d.Folds.Measured() {
			test := s.test[k]
			var p []float64
			for _, r := range test {
				p = append(p, predicted(r)...)
			}
			g := s.g
			g.Threshold = s.threshold[k]
			folds = append(folds, g.Measure(m, learn.Pick(s.d.Y, test), p))
		}
		return newScore(m, folds)
	}
	own := func(r int) []float64 { return held[s.at[r]*s.k : (s.at[r]+1)*s.k] }
	c.Chosen = over(s.g.Metric, own)
	c.Others = map[metrics.Metric]Score{}
	for _, m := range metrics.For(s.g.Classes() > 0) {
		if m != s.g.Metric && m.Takes(slices.Min(s.d.Y)) {
			c.Others[m] = over(m, own)
		}
	}
	for a, cand := range candidates {
		score := over(s.g.Metric, func(r int) []float64 { return s.singleOf(a, r) })
		c.Candidates = append(c.Candidates, Measured{cand, score, c.Weights[a]})
	}
	slices.SortStableFunc(c.Candidates, func(a, b Measured) int {
		if s.g.Metric.Kind().Higher {
			return cmp.Compare(b.Mean, a.Mean)
		}
		return cmp.Compare(a.Mean, b.Mean)
	})
}

// bound learns the intervals, and tells which of the held-out rows lay in theirs.
func (c *Choice) bound(s *selection, held []float64, seed uint64) (within []bool, _ error) {
	p := make([][]float64, len(s.single))
	for a := range p {
		for _, r := range s.rows {
			p[a] = append(p[a], s.singleOf(a, r)[0])
		}
	}
	i, within, spread, err := fitInterval(s.d, s.g, s.rows, learn.Pick(s.y, s.rows), held, Dispute(c.Weights, p, held), seed)
	c.Interval, c.Spread = &i, spread
	return within, err
}

// Met reports whether a score meets a requirement, such as "<= 0.13". An empty
// requirement is met; one of a score that is not defined is decided neither way.
func Met(require string, score metrics.Value) (met, decided bool, err error) {
	if require == "" {
		return true, true, nil
	}
	op, bound, err := parseRequire(require)
	if err != nil || !score.Defined() {
		return false, false, err
	}
	v := float64(score)
	switch op {
	case "<=":
		met = v <= bound
	case "<":
		met = v < bound
	case ">=":
		met = v >= bound
	default:
		met = v > bound
	}
	return met, true, nil
}

// CheckRequire refuses a requirement that is none, or one that a worse score meets.
func CheckRequire(require string, m metrics.Metric) error {
	if require == "" {
		return nil
	}
	op, _, err := parseRequire(require)
	if err == nil && m.Kind().Higher != (op[0] == '>') {
		better := map[bool]string{true: "more", false: "less"}[m.Kind().Higher]
		err = fault.Usagef("require: %q is met by a worse %s, of which %s is better", require, m, better)
	}
	return err
}

// ParseRequire refuses a requirement that is no comparison; none is no fault.
func ParseRequire(require string) error {
	if require == "" {
		return nil
	}
	_, _, err := parseRequire(require)
	return err
}

func parseRequire(s string) (op string, bound float64, err error) {
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(s), op); ok {
			if v, ok := number.Parse(strings.TrimSpace(rest)); ok {
				return op, v, nil
			}
			break
		}
	}
	return "", 0, fault.Usagef("require: %q is not a comparison such as \"<= 0.13\"", s)
}
