// Package report writes the page that a run leaves for the person who asked the
// question: one HTML file with its style and its drawings in it.
//
// Fill in a Page and call Write. What is left empty is left out of the page.
package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"gonum.org/v1/plot"
)

// Page is the content of a report.
type Page struct {
	Title    string // the question, or what the page is about
	Subtitle string
	Verdict  string // whether the goal is met
	Met      *bool  // nil where there was no goal
	Answer   []string
	Warnings []string // why the figures may claim too much
	Facts    []Fact // figures at a glance
	Rows     []Row  // what became of the records of each file
	Repairs  []Count
	Refusals []Count
	Findings []Finding
	Changes  []Change // by rule and column
	Proposed []Change // likely, and not made
	Left     []Left
	Models   *Models
	Outcomes *Outcomes
	Actual   *Scatter   // of a quantity
	Matrix   *Confusion // of classes
	Drivers  *Bars
	Slices   []Slice
	Columns  []Column
	Foot     string
}

// Fact is a figure and what it is.
type Fact struct{ Name, Value, Note string }

// Row is what became of the records of a file.
type Row struct{ Source, Format, Read, Used, Refused, Duplicate string }

// Count is how often a rule was at work.
type Count struct{ Name, Count string }

// Finding is an anomaly.
type Finding struct{ Column, Rule, Severity, Expected, Seen, Proposal string }

// Change is what a rule did in a column.
type Change struct {
	Rule, Column, Cells string
	Examples            []Example
}

// Example is a cell before and after a change.
type Example struct{ Before, After string }

// Left is what looks wrong and was left as it is.
type Left struct{ Column, Seen, Why, Proposal string }

// Models compares candidates.
type Models struct {
	Metric string
	Better string // which direction is better
	Rows   []Model
	Cost   string // of a prediction
	Late   string // what was not measured, since the deadline had passed
	Chart  template.HTML
}

// Model is a candidate. Chosen marks what is used.
type Model struct {
	Name, Mean, SD, Weight string
	Chosen                 bool
}

// Outcomes says what was predicted, beside the targets of training.
type Outcomes struct {
	Target string
	Rows   []Outcome
}

// Outcome is how many records have a prediction of some kind, and how many of training had.
type Outcome struct{ Name, Records, Share, Trained string }

// Scatter is predicted against actual.
type Scatter struct {
	Note  string
	Chart template.HTML
}

// Confusion counts records by true and predicted class.
type Confusion struct {
	Labels []string
	Rows   []ConfusionRow
}

// ConfusionRow is the records of a class.
type ConfusionRow struct {
	Label string
	Cells []ConfusionCell
}

// ConfusionCell is how many records of a class were predicted as another.
type ConfusionCell struct {
	Count string
	Share float64 // of the class, for the shade
	Right bool
}

// Bars is a bar for each name.
type Bars struct {
	Note  string
	Chart template.HTML
}

// Slice is where the model errs most.
type Slice struct {
	Where, Rows, Score, Ratio string
	Within                    string // share that lies in its interval, of quantities
}

// Column is a card about a column.
type Column struct {
	Name, Type, Role string
	Facts            []Fact
	Alerts           []string
	Chart            template.HTML
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"shade": func(share float64) template.CSS { return template.CSS(fmt.Sprintf("--share:%.3f", share)) },
}).Parse(pageText))

// Write writes the page.
func Write(w io.Writer, p Page) error {
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// maxPoints bounds the points of a scatter plot.
const maxPoints = 1500

// NewScatter draws predicted against actual values. Of many records every n-th
// is drawn.
func NewScatter(actual, predicted []float64, target string) (*Scatter, error) {
	step := (len(actual) + maxPoints - 1) / maxPoints
	if step == 0 {
		return nil, nil
	}
	var x, y []float64
	for i := 0; i < len(actual); i += step {
		x, y = append(x, actual[i]), append(y, predicted[i])
	}
	chart, err := scatter("Predicted against actual "+target, x, y, "actual "+target, "predicted")
	note := "Each point is a record that the model had not seen; on the line, the prediction is right."
	if step > 1 {
		note += fmt.Sprintf(" One record of %d is drawn.", step)
	}
	return &Scatter{note, chart}, err
}

// NewBars draws bars with their spread; spread may be nil.
func NewBars(title string, labels []string, values, spread []float64, axis, note string) (*Bars, error) {
	if len(labels) == 0 {
		return nil, nil
	}
	chart, err := bars(title, labels, values, spread, axis, 420)
	return &Bars{note, chart}, err
}

// Histogram draws the picture of a column of numbers.
func Histogram(name string, counts []int64, lo, hi float64) (template.HTML, error) {
	return histogram("Histogram of "+name, counts, lo, hi, nil)
}

// Ends is a tick at both ends of an axis.
type Ends struct {
	Lo, Hi         float64
	LoName, HiName string
}

// Ticks implements plot.Ticker.
func (e Ends) Ticks(_, _ float64) []plot.Tick {
	return []plot.Tick{{Value: e.Lo, Label: e.LoName}, {Value: e.Hi, Label: e.HiName}}
}

// Timeline draws the picture of a column of dates.
func Timeline(name string, counts []int64, e Ends) (template.HTML, error) {
	return histogram("Histogram of "+name, counts, e.Lo, e.Hi, e)
}

// TopValues draws the picture of a column of words.
func TopValues(name string, values []string, counts []float64) (template.HTML, error) {
	if len(values) == 0 {
		return "", nil
	}
	return bars("The most frequent values of "+name, values, counts, nil, "records", 240)
}
