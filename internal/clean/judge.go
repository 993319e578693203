package clean

import (
	_ "embed" // the weights
	"encoding/json"
	"math"
)

// weights are those of a logistic model: its log odds are that a change is right.
// They are made by bench/judge from tables that are right, and slips put into
// copies of them; nothing in them is set by hand.
type weights struct {
	Bias     float64            `json:"bias"`
	Evidence map[string]float64 `json:"evidence"`

	of []float64 // in the order of the names
}

// judges are the models, by what they judge.
type judges struct {
	Slip  weights `json:"slip"`
	Word  weights `json:"word"`
	Group weights `json:"group"`
	Fill  weights `json:"fill"`
}

//go:embed judge.json
var judgeFile []byte

// judge is what is in the file.
var judge = func() (j judges) {
	if err := json.Unmarshal(judgeFile, &j); err != nil {
		panic("clean: judge.json: " + err.Error())
	}
	j.Slip.order(slipEvidence)
	j.Word.order(slipEvidence)
	j.Group.order(groupEvidence)
	j.Fill.order(groupEvidence)
	return j
}()

func (w *weights) order(names []string) {
	w.of = make([]float64, len(names))
	for i, n := range names {
		w.of[i] = w.Evidence[n]
	}
}

// logOdds weighs evidence.
func (w *weights) logOdds(evidence []float64) float64 {
	sum := w.Bias
	for i, x := range evidence {
		sum += w.of[i] * x
	}
	return sum
}

// Log odds from which on a change is made: of slips, and of cells that contradict
// their group.
const (
	likely      = 0 // enough to propose a change to a person
	enough      = 1.5
	enoughAlike = 0.5 // of a group, for a value that is like the one that is there
	enoughGroup = 2.5
	enoughFill  = 2 // for an empty cell
)

// need is the log odds that a change must have.
type need struct {
	Slip  float64 `json:"slip"`
	Alike float64 `json:"alike"`
	Group float64 `json:"group"`
	Fill  float64 `json:"fill"`
}

// needed are the log odds of a precision, or those that were measured.
func needed(precision float64) need {
	if precision <= 0 {
		return need{enough, enoughAlike, enoughGroup, enoughFill}
	}
	odds := math.Log(precision / (1 - precision))
	return need{odds, odds, odds, odds}
}

// confidence is the probability that log odds are.
func confidence(odds float64) float64 {
	return thousandths(1 / (1 + math.Exp(-odds)))
}

// thousandths rounds what is stated of a change.
func thousandths(p float64) float64 { return math.Round(1000*p) / 1000 }
