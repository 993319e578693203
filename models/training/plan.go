package training

import (
	"fmt"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/trees"
)

// Candidate is a learner with its settings.
type Candidate struct {
	Name     string         `json:"name"`     // of the learner
	Settings learn.Settings `json:"settings"` // of the learner
}

// Effort is how much is tried. What it means depends on the table alone.
type Effort string

// The efforts: few learners that are quick, by three folds; all, by five; and all by ten.
const (
	Quick    Effort = "quick"
	Normal   Effort = "normal"
	Thorough Effort = "thorough"
)

// Efforts lists them.
var Efforts = []Effort{Quick, Normal, Thorough}

// Folds is by how many folds an effort measures.
func (e Effort) Folds() int {
	switch e {
	case Quick:
		return 3
	case Thorough:
		return 10
	}
	return 5
}

// slow are learners that take most of the time, where others do nearly as well.
var slow = []string{"lasso", trees.Slow, "forest", "knn"}

// tries reports whether an effort tries a learner on so many rows.
func (e Effort) tries(l learn.Learner, rows int) bool {
	return e != Quick || !slices.Contains(slow, l.Name()) || rows > trees.LargeRows && l.Name() == trees.Slow
}

// Candidates returns the candidates of the given names with settings over their
// defaults, or when there are none all that fit and that the effort tries.
func Candidates(names []string, settings map[string]learn.Settings, rows, classes int, e Effort) ([]Candidate, error) {
	var out []Candidate
	if len(names) == 0 {
		for _, l := range catalogue.For(rows, classes) {
			if !e.tries(l, rows) {
				continue
			}
			out = append(out, Candidate{l.Name(), l.Defaults(rows, classes)})
		}
		return out, nil
	}
	for _, name := range names {
		l, err := catalogue.Find(name)
		if err != nil {
			return nil, err
		}
		if !l.Fits(classes) {
			return nil, fault.Usagef("models: %s can't predict %s", name, map[bool]string{true: "a quantity", false: "classes"}[classes == 0])
		}
		s := l.Defaults(rows, classes)
		for key := range settings[name] {
			if _, ok := s[key]; !ok {
				return nil, unknownSetting(name, key, s)
			}
		}
		out = append(out, Candidate{name, s.With(settings[name])})
	}
	return out, nil
}

func unknownSetting(name, key string, s learn.Settings) error {
	var keys []string
	for k := range s {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return fault.Usagef("models: %s has no setting %q%s", name, key, fault.Hint(key, keys, ""))
}

// Data is the rows that are trained on.
type Data struct {
	Frame *features.Frame
	Y     []float64 // on the target's own scale, or numbers of classes
	Folds Folds
}

// Item is one piece of work: fit a candidate without some folds, and predict
// them. No held folds is the fit on all rows.
type Item struct {
	Candidate int   `json:"candidate"`
	Held      []int `json:"held"`
}

// Items lists the work of selection: each candidate without each fold that is measured.
func Items(candidates int, f Folds) []Item {
	var out []Item
	for c := range candidates {
		for _, k := range f.Measured() {
			out = append(out, Item{c, []int{k}})
		}
	}
	return out
}

// Result is what an item gave.
type Result struct {
	Item Item
	// Outputs are the predictions of the rows of the held folds, in the order
	// of the rows, on the learned scale.
	Outputs []float64
	// Text and Binary are the fitted predictor.
	Text, Binary []byte
}

// Fit does an item.
func Fit(it Item, c Candidate, d Data, g Goal, seed uint64) (Result, error) {
	l, err := catalogue.Find(c.Name)
	if err != nil {
		return Result{}, err
	}
	train := d.Folds.Train(it.Held)
	e := learn.Examples{Frame: d.Frame.Select(train), Y: learn.Pick(g.Learned(d.Y), train), Classes: g.Classes(), Seed: seed}
	if d.Folds.Units != nil {
		e.Units = learn.Pick(d.Folds.Units, train)
	}
	p, err := l.Fit(e, c.Settings)
	if err != nil {
		return Result{}, fmt.Errorf("training: %s without folds %v: %w", c.Name, it.Held, err)
	}
	r := Result{Item: it}
	if r.Text, r.Binary, err = p.Save(); err != nil || len(it.Held) == 0 {
		return r, err
	}
	test := d.Frame.Select(d.Folds.Test(it.Held))
	r.Outputs = make([]float64, test.N*g.Outputs())
	return r, p.Predict(test, r.Outputs)
}
