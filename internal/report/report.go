// Package report writes the page that a run leaves for the person who asked the
// question: one HTML file with its style and its drawings in it.
//
// Fill in a Page and call Write. What is left empty is left out of the page.
package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// Page is the content of a report.
type Page struct {
	Title     string // the question, or what the page is about
	Subtitle  string
	Verdict   string // whether the goal is met
	Met       *bool  // nil where there was no goal
	Answer    []string
	Warnings  []string // why the figures may claim too much
	Facts     []Fact   // figures at a glance
	Rows      []Row    // what became of the records of each file
	Repairs   []Count
	Refusals  []Count
	Findings  []Finding
	Changes   []Change // by rule and column
	Proposed  []Change // likely, and not made
	Apart     []Apart  // numbers far from the others
	Left      []Left
	Models    *Models
	Outcomes  *Outcomes
	Actual    *Scatter   // of a quantity
	Matrix    *Confusion // of classes
	Drivers   *Bars
	Slices    []Slice
	Alerts    []Alert // of all columns, the weightiest first
	Pairs     []Pair  // records that are one thing, the least sure first
	MorePairs string  // how many are not shown
	Columns   []Column
	Trust     string // whether to trust the answer, and what speaks for it
	Next      string // what to do next
	Foot      string
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

// Apart is how many numbers of a column lie far from its others, and the least and the
// largest of them.
type Apart struct{ Column, Cells, Low, High string }

// Left is what looks wrong and was left as it is.
type Left struct{ Column, Seen, Why, Proposal string }

// Models compares candidates.
type Models struct {
	Metric string
	Better string // which direction is better
	Rows   []Model
	Cost   string // of a prediction
	Late   string // what was not measured, since the deadline had passed
	Chart  *Bars
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

// Pair is two records of one thing, field by field.
type Pair struct {
	Left, Right, Probability string
	Fields                   []PairField
}

// PairField is a column of a pair.
type PairField struct {
	Column, Left, Right string
	Same                bool
}

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
	Histogram        *Histogram
	Bars             *Bars
	Examples         []string // of values of which each is there once
}

// Alert is what someone should look at in some columns.
type Alert struct{ Columns, Text string }

//go:embed page.html
var pageText string

// script filters the cards of columns by their names and kinds; it is all that a page runs.
const script = `"use strict";
const filter = document.getElementById("filter");
if (filter) filter.addEventListener("input", () => {
  const wanted = filter.value.toLowerCase();
  for (const card of document.querySelectorAll(".card")) {
    card.hidden = !(card.querySelector("h3").textContent + " " + card.querySelector(".kind").textContent).toLowerCase().includes(wanted);
  }
});
`

// scriptHash names the script in the policy of the page, which lets no other run.
func scriptHash() string {
	sum := sha256.Sum256([]byte(script))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"shade":      func(share float64) template.CSS { return template.CSS(fmt.Sprintf("--share:%.3f", share)) },
	"css":        func(x float64) template.CSS { return template.CSS(fmt.Sprintf("%.2f", x)) },
	"minus":      func(a, b float64) float64 { return a - b },
	"script":     func() template.JS { return script },
	"scriptHash": scriptHash,
}).Parse(pageText))

// Section is a part of the page that has a heading.
type Section struct{ ID, Name string }

// fewestSections is from how many on the page lists them.
const fewestSections = 4

// Contents are the sections of the page behind the answer.
func (p Page) Contents() (out []Section) {
	for _, s := range []struct {
		there bool
		Section
	}{
		{len(p.Alerts) > 0, Section{"alerts", "What to look at first"}},
		{p.Drivers != nil, Section{"drivers", "What drives it"}},
		{p.Models != nil, Section{"models", "Models compared"}},
		{p.Outcomes != nil, Section{"outcomes", "What is predicted"}},
		{p.Actual != nil, Section{"actual", "Predicted against actual"}},
		{p.Matrix != nil, Section{"matrix", "Right and wrong"}},
		{len(p.Slices) > 0, Section{"slices", "Where it errs most"}},
		{len(p.Rows) > 0, Section{"rows", "Records in and out"}},
		{len(p.Repairs)+len(p.Refusals)+len(p.Findings) > 0, Section{"repairs", "What was wrong with the data"}},
		{len(p.Changes) > 0, Section{"changes", "What was repaired"}},
		{len(p.Proposed) > 0, Section{"proposed", "What is likely"}},
		{len(p.Apart) > 0, Section{"apart", "Numbers far from the others"}},
		{len(p.Left) > 0, Section{"left", "What was left alone"}},
		{len(p.Columns) > 0, Section{"columns", "Columns"}},
	} {
		if s.there {
			out = append(out, s.Section)
		}
	}
	if len(out) < fewestSections {
		return nil
	}
	return out
}

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
func NewScatter(actual, predicted []float64, target string) *Scatter {
	step := (len(actual) + maxPoints - 1) / maxPoints
	if step == 0 {
		return nil
	}
	var x, y []float64
	for i := 0; i < len(actual); i += step {
		x, y = append(x, actual[i]), append(y, predicted[i])
	}
	chart := scatter("Predicted against actual "+target, x, y, "actual "+target, "predicted")
	note := "Each point is a record that the model had not seen; on the line, the prediction is right."
	if step > 1 {
		note += fmt.Sprintf(" One record of %d is drawn.", step)
	}
	return &Scatter{note, chart}
}
