package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/ledger"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/report"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
)

// page fills a report; the first error is kept until it is written.
type page struct {
	report.Page
	err error
}

func (p *page) keep(err error) {
	if p.err == nil {
		p.err = err
	}
}

// maxCards bounds the columns that are shown with a picture.
const maxCards = 300

// table adds the columns of a table.
func (p *page) table(l lesson) {
	if p.Title == "" {
		p.Title = "What is in " + ownName(l.table.Name())
	}
	for i := range min(len(l.profile.Columns), maxCards) {
		p.Columns = append(p.Columns, p.card(&l.profile.Columns[i]))
	}
	p.Alerts = alerts(l.profile)
	p.Facts = append(p.Facts,
		report.Fact{Name: "records read", Value: grouped(l.profile.Rows)},
		report.Fact{Name: "columns", Value: grouped(int64(len(l.profile.Columns))), Note: roles(l.schema)})
}

// ownName is what a file is called in its folder; other sources are called as they are.
func ownName(source string) string {
	if systems.Database(source) || strings.HasPrefix(source, "http") {
		return source
	}
	return store.Base(source)
}

// roles counts the columns by role.
func roles(s table.Schema) string {
	counts := map[table.Role]int{}
	for _, c := range s.Columns {
		counts[c.Role]++
	}
	text := ""
	for _, r := range table.Roles {
		if counts[r] > 0 {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%d %s", counts[r], r)
		}
	}
	return text
}

func (p *page) card(s *profile.Summary) report.Column {
	c := report.Column{Name: s.Name, Type: string(s.Type), Role: string(s.Role), Alerts: s.Alerts}
	fact := func(name, value string) { c.Facts = append(c.Facts, report.Fact{Name: name, Value: value}) }
	write := figure
	if years(s) {
		write = func(x float64) string { return strconv.FormatFloat(math.Round(x), 'f', -1, 64) }
	}
	fact("with a value", grouped(s.Count))
	if s.Missing > 0 {
		fact("missing", fmt.Sprintf("%s (%s)", grouped(s.Missing), percent(float64(s.Missing)/float64(max(s.Missing+s.Count, 1)))))
	}
	distinct := grouped(s.Distinct)
	if s.DistinctApprox {
		distinct = "about " + distinct
	}
	fact("different values", distinct)
	if s.Mean != nil && s.Role != table.RoleKey {
		fact("mean", write(*s.Mean))
		if s.SD != nil {
			fact("spread (standard deviation)", figure(*s.SD))
		}
	}
	if s.Min != nil {
		fact("from, to", fmt.Sprintf("%s to %s", plain(s.Min, write), plain(s.Max, write)))
	}
	if s.Target != nil {
		fact("goes along with the target ("+strings.ReplaceAll(s.Target.Measure, "_", " ")+")", number.Shown(s.Target.Value, 2))
	}
	picture(&c, s, write)
	return c
}

// years reports whether the numbers of a column may be years, which are not written like
// amounts.
func years(s *profile.Summary) bool {
	lo, ok := s.Min.(float64)
	hi, too := s.Max.(float64)
	return ok && too && s.Type == table.Int64 && lo >= 1000 && hi < 3000
}

func plain(v any, write func(float64) string) string {
	if x, ok := v.(float64); ok {
		return write(x)
	}
	return strings.Replace(fmt.Sprint(v), "T", " ", 1) // of a time
}

// mostBars bounds the values in the picture of a column.
const mostBars = 6

// picture draws a column: a histogram of numbers and dates, bars of values that are there
// often, and examples of those that are there once.
func picture(c *report.Column, s *profile.Summary, write func(float64) string) {
	if h := s.Histogram; h != nil {
		if s.Type.Temporal() {
			write = func(seconds float64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.DateOnly) }
		}
		width := (h.Max - h.Min) / float64(max(len(h.Counts), 1))
		name := func(i int) string {
			from, to := h.Min+float64(i)*width, h.Min+float64(i+1)*width
			if s.Type == table.Int64 {
				from, to = math.Ceil(from)+0, math.Floor(to)+0 // no -0
			}
			what := write(from) + " to " + write(to)
			if from == to {
				what = write(from)
			}
			return what + ": " + grouped(h.Counts[i])
		}
		lo, hi := h.Min, h.Max
		if s.Type == table.Int64 {
			lo, hi = math.Ceil(lo)+0, math.Floor(hi)+0
		}
		ends := [2]string{write(lo), write(hi)}
		if x, ok := s.Min.(float64); ok && x < lo {
			ends[0] += " and less"
		}
		if x, ok := s.Max.(float64); ok && x > hi {
			ends[1] += " and more"
		} else if ok {
			ends[1] = write(x)
		}
		c.Histogram = report.NewHistogram("Histogram of "+s.Name, h.Counts, ends[0], ends[1], name)
		return
	}
	if s.Role == table.RoleKey || s.Role == table.RoleIgnore || len(s.Top) == 0 {
		return
	}
	top, what := s.Top, "The most frequent values of "
	if len(s.Words) > 0 {
		top, what = s.Words, "The most frequent words of "
	}
	top = top[:min(len(top), mostBars)]
	if top[0].Count == 1 {
		for _, v := range top[:min(len(top), 3)] {
			c.Examples = append(c.Examples, brief(v.Text))
		}
		return
	}
	var values []string
	var counts []float64
	for _, v := range top {
		values, counts = append(values, v.Text), append(counts, float64(v.Count))
	}
	axis := ""
	if len(s.Words) > 0 {
		axis = "frequent words"
	}
	c.Bars = report.NewBars(what+s.Name, values, counts, nil, axis, "", false, func(i int) string { return grouped(top[i].Count) })
}

// model adds what was trained.
func (p *page) model(t trained, held *training.Assessment) {
	g, c := t.job.Goal, t.result.Choice
	p.Title = "What is " + g.Target + "?"
	if g.Question != "" {
		p.Title = g.Question
	}
	p.Subtitle = fmt.Sprintf("A %s of %s", g.Task(), g.Target)
	if g.Require != "" {
		p.Verdict, p.Met = verdict(g, t.met), t.met
	}
	if line := plainly(g, c.Actual, c.Predicted, c.Confusion); line != "" {
		p.Answer = append(p.Answer, line)
	}
	if i := c.Interval; i != nil {
		p.Answer = append(p.Answer, fmt.Sprintf("The interval of a prediction holds the truth for %s of records.", percent(i.Coverage)))
	}
	p.Facts = append([]report.Fact{overFolds(string(g.Metric)+" on unseen records", c.Chosen)}, p.Facts...)
	if i := c.Interval; i != nil {
		p.Facts = append(p.Facts, report.Fact{Name: "of unseen records lie in their interval", Value: percent(i.Coverage), Note: "asked for: " + percent(i.Level) + within(*i)})
	}
	for _, m := range slices.Sorted(maps.Keys(c.Others)) {
		p.Facts = append(p.Facts, overFolds(string(m), c.Others[m]))
	}
	if held != nil {
		own := held.Metrics[g.Metric]
		f := byChance(string(g.Metric)+" on the labelled hold-out", own)
		f.Note = strings.TrimPrefix(f.Note+", ", ", ") + grouped(int64(held.Rows)) + " records"
		p.Facts = append(p.Facts, f)
	}
	p.compare(g, c)
	p.Models.Cost = costLine(t.result.Costs)
	if late := t.result.Late; len(late) > 0 {
		p.Models.Late = "The deadline passed before these were measured: " + strings.Join(late, ", ") + "."
	}
	p.drive(t.result.Importance)
	p.outcome(g, c.Actual, c.Predicted, c.Confusion, c.Slices)
}

// records says how those that were learned from come from those that were read.
func (p *page) records(t trained) {
	rows, _ := t.count.Total() // it was counted before
	parts := []string{grouped(int64(t.result.Rows)) + " were learned from"}
	for _, x := range []struct {
		n    int64
		what string
	}{{rows.Refused, "refused"}, {rows.Duplicate, "duplicates"}, {rows.Used - int64(t.result.Rows), "without " + t.job.Goal.Target}} {
		if x.n > 0 {
			parts = append(parts, grouped(x.n)+" "+x.what)
		}
	}
	for i := range p.Facts {
		if p.Facts[i].Name == "records read" {
			p.Facts[i].Value, p.Facts[i].Note = grouped(rows.Read), strings.Join(parts, ", ")
		}
	}
}

// overFolds is a figure with its deviation over the folds.
func overFolds(name string, s training.Score) report.Fact {
	value, sd := parted(s.Mean, s.SD)
	if sd != "" {
		sd = "± " + sd + " from fold to fold"
	}
	return report.Fact{Name: name, Value: value, Note: sd}
}

// byChance is a figure with its deviation by the bootstrap.
func byChance(name string, m training.Measure) report.Fact {
	value, sd := parted(m.Value, m.SD)
	if sd != "" {
		sd = "± " + sd + " by chance (bootstrap)"
	}
	return report.Fact{Name: name, Value: value, Note: sd}
}

// compare adds the candidates.
func (p *page) compare(g training.Goal, c training.Choice) {
	m := &report.Models{Metric: string(g.Metric), Better: "less"}
	if g.Metric.Kind().Higher {
		m.Better = "more"
	}
	var labels []string
	var means, sds []float64
	add := func(name string, s training.Score, weight string, chosen bool) {
		mean, sd := parted(s.Mean, s.SD)
		m.Rows = append(m.Rows, report.Model{Name: name, Mean: mean, SD: sd, Weight: weight, Chosen: chosen})
		if s.Mean.Defined() && s.SD.Defined() {
			labels, means, sds = append(labels, name), append(means, float64(s.Mean)), append(sds, float64(s.SD))
		}
	}
	if c.Name == training.Ensemble {
		add(c.Name, c.Chosen, "", true)
	}
	for _, x := range c.Candidates {
		weight := ""
		if x.Weight > 0 {
			weight = strconv.FormatFloat(x.Weight, 'f', 3, 64)
		}
		add(x.Name, x.Score, weight, x.Name == c.Name)
	}
	p.Models = m
	m.Chart = report.NewBars("Models compared by "+string(g.Metric), labels, means, sds, string(g.Metric)+" and its deviation; the axis does not begin at 0", "", true,
		func(i int) string { value, _ := number.Trusted(means[i], sds[i]); return value })
}

// costLine says what the model keeps and what a prediction costs.
func costLine(costs []models.Cost) string {
	steps := int64(0)
	var parts []string
	for _, c := range costs {
		steps += int64(c.Steps)
		parts = append(parts, c.Name+" keeps "+c.Keeps)
	}
	return fmt.Sprintf("A prediction takes about %s steps: %s.", grouped(steps), strings.Join(parts, ", "))
}

// mostDrivers bounds the columns that are shown as drivers.
const mostDrivers = 15

// drive adds the columns that matter.
func (p *page) drive(x []training.Importance) {
	var labels []string
	var means, sds []float64
	for _, i := range x[:min(len(x), mostDrivers)] {
		if i.Mean > 0 {
			labels, means, sds = append(labels, i.Column), append(means, 100*i.Mean), append(sds, 100*i.SD)
		}
	}
	p.Drivers = report.NewBars("What drives the answer", labels, means, sds, "how much worse predictions become without it, in % of their error; thin lines are the deviation over the folds",
		"How much worse the predictions of unseen records become when the values of a column are shuffled among them. It says what the model uses, not what causes what.", false,
		func(i int) string { value, _ := number.Trusted(means[i], sds[i]); return value + " %" })
}

// outcome adds predictions held against the truth.
func (p *page) outcome(g training.Goal, actual, predicted []float64, confusion [][]int, slices []training.Slice) {
	if g.Classes() == 0 {
		p.Actual = report.NewScatter(actual, predicted, g.Target)
	} else {
		p.Matrix = matrix(g.Labels, confusion)
	}
	for _, s := range slices {
		shown := report.Slice{Where: s.Column + ": " + s.Value, Rows: grouped(int64(s.Rows)), Score: figure(s.Score),
			Ratio: strconv.FormatFloat(s.Ratio, 'f', 1, 64) + " times"}
		if s.Coverage != nil {
			shown.Within = percent(*s.Coverage)
		}
		p.Slices = append(p.Slices, shown)
	}
}

// mostClasses bounds the matrix that is shown.
const mostClasses = 30

func matrix(labels []string, counts [][]int) *report.Confusion {
	if len(labels) > mostClasses {
		return nil
	}
	out := &report.Confusion{Labels: labels}
	for i, row := range counts {
		r := report.ConfusionRow{Label: labels[i]}
		all := 0
		for _, n := range row {
			all += n
		}
		for k, n := range row {
			r.Cells = append(r.Cells, report.ConfusionCell{Count: grouped(int64(n)), Share: float64(n) / float64(max(all, 1)), Right: i == k})
		}
		out.Rows = append(out.Rows, r)
	}
	return out
}

// assessment adds how an artifact does on labelled data.
func (p *page) assessment(m *models.Model, a training.Assessment) {
	g := m.Goal
	p.Title = "How well is " + g.Target + " predicted?"
	if g.Question != "" {
		p.Title = g.Question
	}
	p.Subtitle = fmt.Sprintf("The model %s, measured on %s labelled records", m.ID, grouped(int64(a.Rows)))
	met, err := gate(g.Require, a.Metrics[g.Metric].Value)
	p.keep(err)
	if g.Require != "" {
		p.Verdict, p.Met = verdict(g, met), met
	}
	for _, name := range slices.Sorted(maps.Keys(a.Metrics)) {
		f := byChance(string(name), a.Metrics[name])
		if name == g.Metric {
			p.Facts = append([]report.Fact{f}, p.Facts...)
			continue
		}
		p.Facts = append(p.Facts, f)
	}
	if g.Classes() == 0 {
		p.Facts = append(p.Facts, report.Fact{Name: "of the records lie in their interval", Value: percent(a.Coverage), Note: "asked for: " + percent(a.Level)})
	}
	if line := plainly(g, a.Outcome.Actual, a.Outcome.Predicted, a.Confusion); line != "" {
		p.Answer = append(p.Answer, line)
	}
	p.outcome(g, a.Outcome.Actual, a.Outcome.Predicted, a.Confusion, a.Slices)
}

// scored adds what was predicted of a table, beside what training had.
func (p *page) scored(name string, m *models.Model, c pipelines.Count) {
	if p.Title != "" { // the page is about the model
		return
	}
	p.Title = "Predictions of " + m.Goal.Target + " for " + ownName(name)
	p.Subtitle = "By the model " + m.ID
	rows, _ := c.Total() // it was counted before
	p.Facts = append(p.Facts, report.Fact{Name: "records predicted", Value: grouped(rows.Used)}, report.Fact{Name: "that could not be predicted", Value: grouped(rows.Refused)})
	is, was := c.Seen[m.Goal.Target], m.Outcome.Counts
	if len(is) != len(was) || rows.Used == 0 {
		return
	}
	var all int64
	for _, n := range was {
		all += n
	}
	b := &report.Outcomes{Target: m.Goal.Target}
	for i := range len(is) - 1 {
		if is[i]+was[i] > 0 {
			b.Rows = append(b.Rows, report.Outcome{Name: m.Outcome.Name(i), Records: grouped(is[i]), Share: percent(float64(is[i]) / float64(rows.Used)), Trained: percent(float64(was[i]) / float64(max(all, 1)))})
		}
	}
	p.Outcomes = b
}

// writePage writes the report of the job.
func (j *job) writePage(ctx context.Context) error {
	p := &j.page
	for _, in := range j.run.Inputs {
		p.Rows = append(p.Rows, report.Row{Source: in.Source, Format: in.Format, Read: grouped(in.Rows.Read), Used: grouped(in.Rows.Used),
			Refused: grouped(in.Rows.Refused), Duplicate: grouped(in.Rows.Duplicate)})
	}
	p.Repairs, p.Refusals = counts(j.run.Repaired), counts(j.run.Refused)
	for _, a := range j.found {
		p.Findings = append(p.Findings, finding(a))
		if anomaly.Overclaims(a) {
			p.Warnings = append(p.Warnings, "Beware: "+a.Column+colon(a.Column)+a.Seen+"; "+a.Proposal+".")
		}
	}
	for _, a := range j.doubts {
		p.Left = append(p.Left, report.Left{Column: a.Column, Seen: a.Seen, Why: a.Why, Proposal: a.Proposal})
	}
	p.Foot = fmt.Sprintf("Beamline %s, seed %d.", version, j.run.Seed)
	if p.err != nil {
		return p.err
	}
	var b bytes.Buffer
	if err := report.Write(&b, p.Page); err != nil {
		return err
	}
	return j.write(ctx, outdir.Report, b.Bytes())
}

// colon stands behind the name of a column.
func colon(column string) string {
	if column == "" {
		return ""
	}
	return ": "
}

// mostChanges bounds the lines about repairs.
const mostChanges = 200

// writeChanges adds what each rule did and proposed, by the ledgers that a stage left.
func (j *job) writeChanges(ctx context.Context, stage string) (err error) {
	changes, err := j.summary(ctx, stage, outdir.Changes)
	if err != nil {
		return err
	}
	proposals, err := j.summary(ctx, stage, outdir.Proposals)
	if err != nil {
		return err
	}
	j.page.Changes, _ = summarized(changes)
	j.page.Proposed, j.page.Apart = summarized(proposals)
	return nil
}

// summary is what a ledger of a stage has, by rule and column.
func (j *job) summary(ctx context.Context, stage, name string) ([]ledger.Summary, error) {
	in, err := store.Open(ctx, store.Join(j.stageDir(stage), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return ledger.Summarize(io.NewSectionReader(in, 0, in.Size))
}

// summarized are the first lines of a summary for the page: what became of cells, or could,
// and numbers that are only told of.
func summarized(all []ledger.Summary) (changes []report.Change, apart []report.Apart) {
	for _, s := range all[:min(len(all), mostChanges)] {
		if s.Told {
			apart = append(apart, report.Apart{Column: s.Column, Cells: grouped(int64(s.Cells)), Low: number.Shown(s.Low, 4), High: number.Shown(s.High, 4)})
			continue
		}
		c := report.Change{Rule: s.Rule, Column: s.Column, Cells: grouped(int64(s.Cells))}
		for _, e := range s.Examples {
			c.Examples = append(c.Examples, report.Example{Before: brief(e[0]), After: brief(e[1])})
		}
		changes = append(changes, c)
	}
	return changes, apart
}

// brief shortens a cell.
func brief(cell string) string {
	const most = 60
	if r := []rune(cell); len(r) > most {
		return string(r[:most]) + "…"
	}
	return cell
}

func counts(by map[string]int64) []report.Count {
	var out []report.Count
	for _, name := range ranked(by) {
		out = append(out, report.Count{Name: name, Count: grouped(by[name])})
	}
	return out
}

func finding(a table.Finding) report.Finding {
	return report.Finding{Column: a.Column, Rule: a.Rule, Severity: string(a.Severity), Expected: a.Expected, Seen: a.Seen, Proposal: a.Proposal}
}
