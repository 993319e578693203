package metrics

import (
	"cmp"
	"math"
	"slices"
)

// The metrics of classes that others name.
const (
	AUC      Metric = "auc"
	LogLoss  Metric = "logloss"
	Accuracy Metric = "accuracy"
)

// auc is that of the positive class of two, and of more the mean over the classes.
var auc = Kind{Name: AUC, About: "chance that a positive is ranked before a negative", Needs: "it needs records of both classes", Higher: true,
	Classes: func(y, p []float64, k int, cut Cut) float64 {
		return overClasses(k, cut, func(class int) float64 { return aucOf(y, p, k, class) })
	}}

var logLoss = Kind{Name: LogLoss, About: "mean negative log probability of the true class", Needs: records,
	Classes: func(y, p []float64, k int, _ Cut) float64 {
		sum := 0.0
		for i, c := range y {
			sum -= math.Log(max(p[i*k+int(c)], 1e-15))
		}
		return sum / float64(len(y))
	}}

var accuracy = Kind{Name: Accuracy, About: "share of true labels", Needs: records, Higher: true,
	Classes: func(y, p []float64, k int, cut Cut) float64 {
		right := 0.0
		for i, label := range cut.Labels(p, k) {
			if float64(label) == y[i] {
				right++
			}
		}
		return right / float64(len(y))
	}}

// f1 is that of the positive class of two, and of more the mean over the classes.
var f1 = Kind{Name: "f1", About: "harmonic mean of precision and recall", Needs: "it needs a record that is, or is called, positive", Higher: true,
	Threshold: bestF1,
	Classes: func(y, p []float64, k int, cut Cut) float64 {
		labels := cut.Labels(p, k)
		return overClasses(k, cut, func(class int) float64 { return f1Of(y, labels, class) })
	}}

// overClasses is a measure of the positive class of two, or the mean over those classes
// for which it is defined.
func overClasses(k int, cut Cut, one func(class int) float64) float64 {
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

// aucOf is the Mann-Whitney statistic: ties count half. NaN with one class only.
func aucOf(y, p []float64, k, class int) float64 {
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

// f1Of is 0 where nothing was found.
func f1Of(y []float64, labels []int, class int) float64 {
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

// bestF1 is the threshold by which the class has the highest F1, halfway between two
// probabilities that are there; 0 where the class is not.
func bestF1(y, p []float64, class int) float64 {
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
