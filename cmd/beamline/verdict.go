package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// plainly says how far off a model is, and how far off a guess would be that looks at
// nothing, in words without a metric's name.
func plainly(g training.Goal, actual, predicted []float64, confusion [][]int) string {
	if g.Classes() > 0 {
		return plainlyRight(g, actual, predicted, confusion)
	}
	if len(actual) == 0 {
		return ""
	}
	middle := median(actual)
	off, guess := 0.0, 0.0
	for i, y := range actual {
		off += math.Abs(y-predicted[i]) / float64(len(actual))
		guess += math.Abs(y-middle) / float64(len(actual))
	}
	line := fmt.Sprintf("Predictions of %s are off by %s on average", g.Target, brisk(off))
	if !(guess > 0) {
		return line + "."
	}
	line += fmt.Sprintf("; always saying %s, the middle value, would be off by %s", brisk(middle), brisk(guess))
	if off < guess {
		line += fmt.Sprintf(", %s times as much", number.Shown(guess/off, 2))
	}
	return line + "."
}

// brisk writes a number to three digits.
func brisk(x float64) string {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return figure(x)
	}
	step := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-2)
	if step >= 1 {
		return grouped(int64(math.Round(x/step) * step))
	}
	return number.Shown(x, 3)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// rareShare is the share of records from which on down a class of two is rare, so that being
// right about most says little.
const rareShare = 0.2

// fewestTenths is from how many records on a tenth of them says something.
const fewestTenths = 100

// plainlyRight says how many records get their class, or, of a rare class, how many are found.
func plainlyRight(g training.Goal, actual, predicted []float64, confusion [][]int) string {
	all, right, most, usual := 0, 0, 0, 0
	for i, row := range confusion {
		own := 0
		for _, n := range row {
			own += n
		}
		if i < len(row) {
			right += row[i]
		}
		all += own
		if own > most {
			most, usual = own, i
		}
	}
	if all == 0 {
		return ""
	}
	if rare := 1 - usual; len(confusion) == 2 && float64(all-most) <= rareShare*float64(all) && most < all {
		return plainlyFound(g.Labels[rare], rare, all, actual, predicted, confusion)
	}
	line := fmt.Sprintf("%s is called right for %s of records; always saying %q would be right for %s.", g.Target, shareOf(right, all), g.Labels[usual], shareOf(most, all))
	if len(confusion) != 2 {
		return line
	}
	found, missed, wrong := confusion[g.Positive][g.Positive], confusion[g.Positive][1-g.Positive], confusion[1-g.Positive][g.Positive]
	if found+missed == 0 || found+wrong == 0 {
		return line
	}
	return line + fmt.Sprintf(" It finds %s of those that are %q, and %s of what it calls so is.", shareOf(found, found+missed), g.Labels[g.Positive], shareOf(found, found+wrong))
}

// plainlyFound says how many of a rare class are found, at what cost, and what the
// probabilities know of it, whatever is called by them.
func plainlyFound(label string, rare, all int, actual, predicted []float64, confusion [][]int) string {
	found, missed, wrong := confusion[rare][rare], confusion[rare][1-rare], confusion[1-rare][rare]
	line := fmt.Sprintf("%q is rare: %s of records. The model finds %s of them", label, shareOf(found+missed, all), shareOf(found, found+missed))
	switch {
	case found+wrong == 0:
		line = fmt.Sprintf("%q is rare, %s of records, and the model calls none so", label, shareOf(found+missed, all))
	case wrong == 0:
		line += ", and all that it calls so are"
	default:
		line += fmt.Sprintf(", and %s of what it calls so is", shareOf(found, found+wrong))
	}
	if len(actual) < fewestTenths || 2*len(actual) != len(predicted) {
		return line + "."
	}
	likely := make([]int, len(actual))
	for i := range likely {
		likely[i] = i
	}
	slices.SortStableFunc(likely, func(a, b int) int { return cmp.Compare(predicted[2*b+rare], predicted[2*a+rare]) })
	held := 0
	for _, i := range likely[:len(likely)/10] {
		if int(actual[i]) == rare {
			held++
		}
	}
	return line + fmt.Sprintf(". The tenth of records that it takes for most likely holds %s of them, and a tenth by chance would hold 10 %%.", shareOf(held, found+missed))
}

func shareOf(n, of int) string { return number.Shown(100*float64(n)/float64(of), 3) + " %" }

// trust says whether to trust an answer, and why.
func trust(found []table.Finding, g training.Goal, met *bool, skill *training.Skill) string {
	for _, a := range found {
		if anomaly.Overclaims(a) {
			return "Do not rely on it yet: " + explainedShort(a.Rule)
		}
	}
	switch {
	case skill != nil && skill.None:
		return "Do not rely on it: it has learned nothing that a guess does not know."
	case met != nil && !*met:
		return fmt.Sprintf("It is not as good as was asked for (%s %s).", g.Metric, g.Require)
	case met != nil:
		return "It is as good as was asked for, on records that it had not seen."
	case g.Classes() > 0:
		return "All figures are of records that the model had not seen; use it where so many right calls are good enough."
	}
	return "All figures are of records that the model had not seen; use it where being off by so much is good enough."
}

// explainedShort is what a rule means, in its first sentence.
func explainedShort(rule string) string {
	for _, x := range explanations() {
		if x.Code == rule {
			first, _, _ := strings.Cut(x.Text, ". ")
			return strings.ToLower(first[:1]) + strings.TrimSuffix(first[1:], ".") + "."
		}
	}
	return rule + "."
}

// next says what to do with a model.
func (j *job) next(met *bool) string {
	for _, a := range j.found {
		if anomaly.Overclaims(a) {
			return strings.ToUpper(a.Proposal[:1]) + a.Proposal[1:] + "."
		}
	}
	const model = "model, the folder beside this page"
	switch {
	case j.run.Rows.Scored > 0 && (met == nil || *met):
		return "use the predictions, and measure them once the outcome is known: beamline evaluate."
	case met == nil:
		return "say how good is good enough with --require, then predict new records: beamline score NEW.csv --model " + model + "."
	case !*met:
		return "look at where it errs most; more records, or columns that have to do with the target, may help."
	}
	return "predict new records: beamline score NEW.csv --model " + model + ". Measure it again once their outcome is known: beamline evaluate."
}
