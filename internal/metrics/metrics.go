// Package metrics measures predictions. A metric is a Kind, and a line in Kinds.
package metrics

import (
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
)

// Metric is the name of a way to measure.
type Metric string

// Kind is a way to measure predictions: of a quantity, or of classes.
type Kind struct {
	Name   Metric
	About  string // what it is, for people
	Needs  string // what it needs of records to be defined
	Higher bool   // more is better
	Log    bool   // models learn the logarithm of 1 + the quantity, which may not be below 0
	// Quantity measures predictions p of the values y, of which there are some; it is nil
	// for a metric of classes. NaN is what is not defined.
	Quantity func(y, p []float64) float64
	// Classes measures probabilities, k of them a row, of the classes y, of which there are
	// some.
	Classes func(y, p []float64, k int, cut Cut) float64
	// Threshold is the probability from which on a class of two is called so that the
	// metric is best; nil where it does not depend on one.
	Threshold func(y, p []float64, class int) float64
}

// Kinds are all metrics, in the order in which they are told of.
var Kinds = []Kind{rmse, rmsle, mae, r2, auc, logLoss, accuracy, f1}

// records is what most metrics need to be defined.
const records = "it needs records"

// For lists the metrics of a task: of classes, or of a quantity.
func For(ofClasses bool) (names []Metric) {
	for _, k := range Kinds {
		if (k.Classes != nil) == ofClasses {
			names = append(names, k.Name)
		}
	}
	return names
}

// Parse returns the metric of that name, if it fits the task.
func Parse(name string, ofClasses bool) (Metric, error) {
	m := Metric(name)
	if slices.Contains(For(ofClasses), m) {
		return m, nil
	}
	task := map[bool]string{false: "regression", true: "classification"}
	if slices.Contains(For(!ofClasses), m) {
		return "", fault.Usagef("the metric %s is for %s, but the task is %s; one of %s", name, task[!ofClasses], task[ofClasses], fault.Few(For(ofClasses)))
	}
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k.Name))
	}
	return "", fault.Usagef("unknown metric %q%s", name, fault.Hint(name, names, ""))
}

// Kind is what the metric is; it has only a name where it is none.
func (m Metric) Kind() Kind {
	if i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == m }); i >= 0 {
		return Kinds[i]
	}
	return Kind{Name: m, Needs: records}
}

// Takes reports whether the metric is defined for values of which the least is that.
func (m Metric) Takes(least float64) bool { return !m.Kind().Log || least > -1 }

// Better reports whether a is better than b.
func (m Metric) Better(a, b float64) bool {
	if m.Kind().Higher {
		return a > b
	}
	return a < b
}

// Quantity measures predictions of a quantity. It returns NaN for nothing.
func Quantity(m Metric, y, p []float64) float64 {
	measure := m.Kind().Quantity
	if len(y) == 0 || measure == nil {
		return math.NaN()
	}
	return measure(y, p)
}

// Classes measures probabilities, k of them a row, of the classes y. It returns NaN for
// nothing.
func Classes(m Metric, y, p []float64, k int, cut Cut) float64 {
	measure := m.Kind().Classes
	if len(y) == 0 || measure == nil {
		return math.NaN()
	}
	return measure(y, p, k, cut)
}
