// Package metrics measures predictions.
package metrics

import (
	"cmp"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
)

// Metric is a way to measure.
type Metric string

// The metrics: of a quantity, then of classes.
const (
	RMSE     Metric = "rmse"     // root of the mean squared error
	RMSLE    Metric = "rmsle"    // the same of log(1+y)
	MAE      Metric = "mae"      // mean absolute error
	R2       Metric = "r2"       // share of the variance that is explained
	AUC      Metric = "auc"      // chance that a positive is ranked before a negative
	LogLoss  Metric = "logloss"  // mean negative log probability of the true class
	Accuracy Metric = "accuracy" // share of true labels
	F1       Metric = "f1"       // harmonic mean of precision and recall
)

var quantities, classes = []Metric{RMSE, RMSLE, MAE, R2}, []Metric{AUC, LogLoss, Accuracy, F1}

// For lists the metrics of a task: of classes, or of a quantity.
func For(ofClasses bool) []Metric {
	if ofClasses {
		return classes
	}
	return quantities
}

// Parse returns the metric of that name, if it fits the task.
func Parse(name string, ofClasses bool) (Metric, error) {
	m := Metric(name)
	if slices.Contains(For(ofClasses), m) {
		return m, nil
	}
	task := map[bool]string{false: "regression", true: "classification"}
	if slices.Contains(For(!ofClasses), m) {
		return "", fault.Usagef("the metric %s is for %s, but the task is %s; one of %v", name, task[!ofClasses], task[ofClasses], For(ofClasses))
	}
	var names []string
	for _, k := range append(slices.Clone(quantities), classes...) {
		names = append(names, string(k))
	}
	return "", fault.Usagef("unknown metric %q%s", name, fault.Hint(name, names, ""))
}

// Higher reports whether more is better.
func (m Metric) Higher() bool { return m == R2 || m == AUC || m == Accuracy || m == F1 }

// Better reports whether a is better than b.
func (m Metric) Better(a, b float64) bool {
	if m.Higher() {
		return a > b
	}
	return a < b
}

// Quantity measures predictions of a quantity. It returns NaN for nothing, and
// for R2 of a constant; RMSLE takes what is below 0 as 0.
func Quantity(m Metric, y, p []float64) float64 {
	n := float64(len(y))
	if n == 0 {
		return math.NaN()
	}
	sum, mean, ss := 0.0, 0.0, 0.0
	for i := range y {
		d := y[i] - p[i]
		switch m {
		case MAE:
			d = math.Sqrt(math.Abs(d))
		case RMSLE:
			d = math.Log1p(max(y[i], 0)) - math.Log1p(max(p[i], 0))
		}
		sum += d * d
		mean += y[i] / n
	}
	for _, v := range y {
		ss += (v - mean) * (v - mean)
	}
	switch m {
	case MAE:
		return sum / n
	case R2:
		if ss == 0 {
			return math.NaN()
		}
		return 1 - sum/ss
	}
	return math.Sqrt(sum / n)
}

// Cut is how one of two classes is called: Positive is the class that F1 and AUC are
// about, and is called from the probability Threshold on. Where that is 0, and of more
// classes, the most probable one is called.
type Cut struct {
	Positive  int
	Threshold float64
}

// Classes measures probabilities, k of them a row, of the classes y. Of more than two
// classes AUC and F1 are the mean over the classes.
func Classes(m Metric, y, p []float64, k int, cut Cut) float64 {
	if len(y) == 0 {
		return math.NaN()
	}
	switch m {
	case LogLoss:
		return logLoss(y, p, k)
	case Accuracy:
		right := 0.0
		for i, label := range cut.Labels(p, k) {
			if float64(label) == y[i] {
				right++
			}
		}
		return right / float64(len(y))
	}
	one := func(class int) float64 { return auc(y, p, k, class) }
	if m == F1 {
		labels := cut.Labels(p, k)
		one = func(class int) float64 { return f1(y, labels, class) }
	}
	if k == 2 {
		return one(cut.Positive)
	}
	sum, n := 0.0, 0.0
	for c := range k {
		if v := one(c); !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / n
}

func logLoss(y, p []float64, k int) float64 {
	sum := 0.0
	for i, c := range y {
		sum -= math.Log(max(p[i*k+int(c)], 1e-15))
	}
	return sum / float64(len(y))
}

// Labels returns the class that each row is called; of equally probable ones the first.
func (c Cut) Labels(p []float64, k int) []int {
	out := make([]int, len(p)/k)
	for i := range out {
		if k == 2 && c.Threshold > 0 {
			if out[i] = 1 - c.Positive; p[i*k+c.Positive] >= c.Threshold {
				out[i] = c.Positive
			}
			continue
		}
		for c := 1; c < k; c++ {
			if p[i*k+c] > p[i*k+out[i]] {
				out[i] = c
			}
		}
	}
	return out
}

// auc is the Mann-Whitney statistic: ties count half. NaN with one class only.
func auc(y, p []float64, k, class int) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[a*k+class], p[b*k+class]) })
	ranks, positives := 0.0, 0.0
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && p[order[j]*k+class] == p[order[i]*k+class] {
			j++
		}
		rank := float64(i+j+1) / 2
		for _, r := range order[i:j] {
			if int(y[r]) == class {
				ranks += rank
				positives++
			}
		}
		i = j
	}
	negatives := float64(len(y)) - positives
	if positives == 0 || negatives == 0 {
		return math.NaN()
	}
	return (ranks - positives*(positives+1)/2) / (positives * negatives)
}

// f1 is 0 where nothing was found.
func f1(y []float64, labels []int, class int) float64 {
	var hit, said, are float64
	for i, label := range labels {
		if label == class {
			said++
		}
		if int(y[i]) == class {
			are++
			if label == class {
				hit++
			}
		}
	}
	if said+are == 0 {
		return math.NaN()
	}
	return 2 * hit / (said + are)
}

// BestF1 is the threshold by which the class has the highest F1, halfway between two
// probabilities that are there; 0 where the class is not.
func BestF1(y, p []float64, class int) float64 {
	order := make([]int, len(y))
	are := 0.0
	for i := range order {
		order[i] = i
		if int(y[i]) == class {
			are++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[b*2+class], p[a*2+class]) })
	best, at, hit := 0.0, 0.0, 0.0
	for r, i := range order {
		if int(y[i]) == class {
			hit++
		}
		now, next := p[i*2+class], 0.0
		if r+1 < len(order) {
			next = p[order[r+1]*2+class]
		}
		if now == next {
			continue
		}
		if f := 2 * hit / (float64(r+1) + are); f > best {
			best, at = f, (now+next)/2
		}
	}
	return at
}

// Confusion counts rows by true class and by label.
func Confusion(y, p []float64, k int, cut Cut) [][]int {
	out := make([][]int, k)
	for c := range out {
		out[c] = make([]int, k)
	}
	for i, label := range cut.Labels(p, k) {
		out[int(y[i])][label]++
	}
	return out
}
