package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// answer is what a command has to say when it is done.
type answer struct {
	lines   []string
	files   map[string]string
	run     *runFile
	metrics *metricsFile
	doc     any // what else --json prints; may be nil
}

// say adds a line to the summary; an empty one is passed over.
func (a *answer) say(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); line != "" {
		a.lines = append(a.lines, line)
	}
}

// answer prints the summary, or the fault.
func (o *options) answer(err error) {
	code := fault.CodeOf(err)
	told := o.told
	if told == nil {
		told = &answer{}
	}
	if o.json {
		o.answerJSON(told, err)
	} else if !o.quiet && (code == fault.Done || code == fault.Unmet || code == fault.Unexpected) {
		for _, line := range told.lines {
			fmt.Fprintln(o.stdout, painted(o.stdout.File, line))
		}
	}
	if err != nil {
		o.log().Error(fault.From(err).Error(), "exit", int(code))
	}
}

// painted is a line with what matters in it in red or yellow, on a terminal where colours
// are wanted (https://no-color.org).
func painted(f *os.File, line string) string {
	const red, yellow, plain = "\x1b[1;31m", "\x1b[33m", "\x1b[0m"
	line = shown(line)
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return line
	}
	for begin, colour := range map[string]string{"beamline:": red, "error:": red, "warning:": yellow} {
		if rest, ok := strings.CutPrefix(line, begin); ok {
			return colour + begin + plain + rest
		}
	}
	if before, after, ok := strings.Cut(line, "Beware: "); ok {
		return before + red + "Beware: " + after + plain
	}
	return line
}

// answerJSON prints the summary for machines: what the command says, and the
// fields of run.json and metrics.json.
func (o *options) answerJSON(told *answer, err error) {
	out := map[string]any{}
	add := func(doc any) {
		body, merr := json.Marshal(doc)
		if merr == nil {
			merr = json.Unmarshal(body, &out)
		}
		if merr != nil {
			fmt.Fprintln(o.stderr, "beamline:", merr)
		}
	}
	if told.run != nil {
		add(told.run)
	}
	if told.metrics != nil {
		add(told.metrics)
	}
	if told.doc != nil {
		add(told.doc)
	}
	code := fault.CodeOf(err)
	summary := strings.Join(told.lines, "\n")
	if err != nil {
		summary = fault.From(err).Error()
	}
	files := told.files
	if files == nil {
		files = map[string]string{}
	}
	maps.Copy(out, map[string]any{"ok": code == fault.Done, "exit": int(code), "summary": summary, "files": files})
	delete(out, "wrote")
	body, merr := json.MarshalIndent(out, "", "  ")
	if merr != nil {
		fmt.Fprintln(o.stderr, "beamline:", merr)
	}
	fmt.Fprintln(o.stdout, string(body))
}

// How numbers are written in answers and on pages.
var (
	grouped = number.Grouped
	figure  = number.Figure
)

// measured writes a measured value with its spread, as far as there are any.
func measured(v, sd metrics.Value) string {
	if !v.Defined() {
		return "not defined"
	}
	value, sds := parted(v, sd)
	if sds == "" {
		return value
	}
	return value + " ± " + sds
}

// parted is a measured value, and its spread, as far as there are any.
func parted(v, sd metrics.Value) (value, spread string) {
	switch {
	case !v.Defined():
		return "not defined", ""
	case !sd.Defined():
		return figure(float64(v)), ""
	}
	return number.Trusted(float64(v), float64(sd))
}

func percent(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + " %" }

func (j *job) rowsLine() string {
	r := j.run.Rows
	line := fmt.Sprintf("%s records read: %s used, %s refused, %s duplicates.", grouped(r.Read), grouped(r.Used), grouped(r.Refused), grouped(r.Duplicate))
	if r.Scored > 0 {
		line += fmt.Sprintf(" %s were predicted.", grouped(r.Scored))
	}
	return line
}

func (j *job) repairsLine() string { return listed("Cells repaired", j.run.Repaired) }

// listed lists counts by name, the largest first.
func listed(what string, counts map[string]int64) string {
	if len(counts) == 0 {
		return what + ": none."
	}
	names := ranked(counts)
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %s", grouped(counts[n]), n)
	}
	return what + ": " + strings.Join(names, ", ") + "."
}

// ranked returns the names of counts, that of the largest first, equal ones in
// their order.
func ranked(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
}

// The summary names no more anomalies than mostSaid, and of those that are about cells such
// as are about a share of them that matters.
const (
	mostSaid  = 5
	fewestHit = 0.01
)

// sayFound says what was found that someone should look at, the weightiest first, and how
// much else there is.
func (j *job) sayFound() {
	if len(j.found) == 0 {
		return
	}
	all := slices.SortedStableFunc(slices.Values(j.found), func(a, b table.Finding) int { return cmp.Compare(anomaly.Weight(a), anomaly.Weight(b)) })
	said := 0
	for i, a := range all {
		matters := a.Severity == table.Error || anomaly.Doubtful(a) || a.Share >= fewestHit || i == 0
		if said < mostSaid && matters && anomaly.AtLeast(a, table.Warning) {
			j.say("%s: %s (expected %s, seen %s).", a.Severity, strings.TrimSpace(a.Column+" "+a.Rule), a.Expected, a.Seen)
			said++
		}
	}
	what := "1 anomaly is"
	if n := len(all); n > 1 {
		what = grouped(int64(n)) + " anomalies are"
	}
	j.say("%s in %s.", what, store.Join(j.folder.Dir, outdir.Anomalies))
}

// mostWeighty is the finding that is said first.
func mostWeighty(list []table.Finding) table.Finding {
	return slices.MinFunc(list, func(a, b table.Finding) int { return cmp.Compare(anomaly.Weight(a), anomaly.Weight(b)) })
}

// sayModel says what was trained and how well it does.
func (j *job) sayModel(t trained, held *training.Assessment) {
	g, c := t.job.Goal, t.result.Choice
	if g.Question != "" {
		j.say("%s", g.Question)
	}
	j.say("%s", chosenLine(t))
	j.say("%s", plainly(g, c.Actual, c.Predicted, c.Confusion))
	if late := t.result.Late; len(late) > 0 {
		j.say("The deadline of %v passed before these were measured, and they have no part in it: %s.", j.deadline, strings.Join(late, ", "))
	}
	j.say("%s", verdict(g, t.met))
	if c.Threshold > 0 {
		j.say("%s is called from a probability of %s on.", g.Labels[g.Positive], figure(c.Threshold))
	}
	if c.Interval != nil {
		j.say("Its intervals of %s hold %s of records that it had not seen%s.", percent(c.Interval.Level), percent(c.Interval.Coverage), within(*c.Interval))
	}
	if held != nil {
		j.sayAssessment("On the labelled hold-out", g, *held)
	}
	j.say("%s", j.rowsLine())
	if n := t.count.Findings[tally.Key{Column: g.Target, Rule: conform.RuleMissingTarget}]; n > 0 {
		j.say("%s records have no %s; they were not trained on.", grouped(n), g.Target)
	}
	j.say("%s", j.repairsLine())
	if d := drivers(t.result.Importance, 5); len(d) > 0 {
		j.say("What drives it: %s.", strings.Join(d, ", "))
	}
	j.sayFound()
	j.sayReport()
}

// sayReport says where the report is.
func (j *job) sayReport() { j.say("The report is %s.", store.Join(j.folder.Dir, outdir.Report)) }

// within says what intervals hold within the values of the column that they hold for.
func within(i training.Interval) string {
	if len(i.Groups) == 0 {
		return ""
	}
	least, most := 1.0, 0.0
	for _, g := range i.Groups {
		least, most = min(least, g.Coverage), max(most, g.Coverage)
	}
	return fmt.Sprintf(", and from %s to %s within the %s values of %s that are there often enough", percent(least), percent(most), grouped(int64(len(i.Groups))), i.By)
}

func chosenLine(t trained) string {
	g, c := t.job.Goal, t.result.Choice
	members := 0
	for _, w := range c.Weights {
		if w > 0 {
			members++
		}
	}
	name := "The model " + c.Name
	if members > 1 {
		name = fmt.Sprintf("An ensemble of %d models", members)
	}
	dealt := ""
	if by := t.result.Dealt.Split.Group + t.result.Dealt.Split.Time; by != "" {
		dealt = " by " + by
	}
	some := ""
	if n := t.result.Dealt.Rows; n < t.result.Rows {
		some = fmt.Sprintf(", %s of which, drawn by chance, it was chosen and measured by", grouped(int64(n)))
	}
	line := fmt.Sprintf("%s predicts %s with %s %s over %d folds%s, from %s records%s.", name, g.Target, g.Metric,
		measured(c.Chosen.Mean, c.Chosen.SD), len(c.Chosen.Folds), dealt, grouped(int64(t.result.Rows)), some)
	if c.Chosen.Why != "" {
		line += " Beware: " + c.Chosen.Why + "."
	}
	if c.Skill.None {
		line += " Beware: a guess that looks at no column does as well, but for chance."
	}
	return line
}

func verdict(g training.Goal, met *bool) string {
	switch {
	case g.Require == "":
		return "No goal was set for it (goal.require)."
	case met == nil:
		return fmt.Sprintf("Whether it meets the goal, %s %s, can't be told: %s.", g.Metric, g.Require, g.Metric.Kind().Needs)
	case *met:
		return fmt.Sprintf("It meets the goal, %s %s.", g.Metric, g.Require)
	}
	return fmt.Sprintf("It does not meet the goal, %s %s.", g.Metric, g.Require)
}

func (j *job) sayAssessment(where string, g training.Goal, a training.Assessment) {
	own := a.Metrics[g.Metric]
	line := fmt.Sprintf("%s (%s records): %s %s", where, grouped(int64(a.Rows)), g.Metric, measured(own.Value, own.SD))
	if own.Why != "" {
		line += " (" + g.Metric.Kind().Needs + ")"
	}
	for _, m := range metrics.For(g.Classes() > 0) {
		if v, ok := a.Metrics[m]; ok && m != g.Metric && v.Value.Defined() {
			line += fmt.Sprintf(", %s %s", m, figure(float64(v.Value)))
		}
	}
	if g.Classes() == 0 {
		line += fmt.Sprintf("; intervals of %s hold %s", percent(a.Level), percent(a.Coverage))
	}
	j.say("%s.", line)
}

// drivers names the columns whose loss hurts the most, beyond their spread.
func drivers(x []training.Importance, most int) []string {
	var out []string
	for _, i := range x {
		if i.Mean > i.SD && len(out) < most {
			out = append(out, i.Column)
		}
	}
	return out
}
