package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/table"
)

// bound is what a figure is held against: a comparison, and a number or a share of the
// last run's.
type bound struct {
	at   bool // at least, not at most
	x    float64
	last bool
}

var boundText = regexp.MustCompile(`^\s*(>=|<=)\s*([0-9]*\.?[0-9]+)\s*(\*\s*last)?\s*$`)

func parseBound(key, text string, last bool) (bound, error) {
	m := boundText.FindStringSubmatch(text)
	if m == nil || m[3] != "" && !last {
		return bound{}, fault.Usagef("expect.%s: %q is not a bound, such as %q", key, text, map[bool]string{true: ">= 0.9 * last", false: "<= 0.01"}[last])
	}
	x, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		return bound{}, fault.Usagef("expect.%s: %v", key, err)
	}
	return bound{m[1] == ">=", x, m[3] != ""}, nil
}

// holds reports whether a figure keeps the bound.
func (b bound) holds(x, last float64) bool {
	limit := b.x
	if b.last {
		limit *= last
	}
	if b.at {
		return x >= limit
	}
	return x <= limit
}

// expected is what a spec expects of a run; what it does not expect is nil or 0.
type expected struct {
	rows, refused *bound
	freshness     time.Duration
}

func parseExpect(e spec.Expect) (out expected, err error) {
	if e.Rows != "" {
		b, err := parseBound("rows", e.Rows, true)
		if err != nil {
			return out, err
		}
		out.rows = &b
	}
	if e.Refused != "" {
		b, err := parseBound("refused", e.Refused, false)
		if err != nil {
			return out, err
		}
		out.refused = &b
	}
	if e.Freshness != "" {
		if out.freshness, err = time.ParseDuration(e.Freshness); err != nil || out.freshness <= 0 {
			return out, fault.Usagef("expect.freshness: %q is not a time, such as 26h", e.Freshness)
		}
	}
	return out, nil
}

// expect holds the run against what the spec expects. Where it does not come to that,
// nothing is published.
func (j *job) expect(ctx context.Context) error {
	e, err := parseExpect(j.spec.Expect)
	if err != nil {
		return err
	}
	var broken []string
	fail := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	if e.rows != nil {
		if err := j.enough(ctx, *e.rows, fail); err != nil {
			return err
		}
	}
	if e.refused != nil && j.run.Rows.Read > 0 {
		out := j.leftOut(j.run.Refused)
		read := j.run.Rows.Read - out
		if share := float64(j.run.Rows.Refused-out) / float64(max(read, 1)); !e.refused.holds(share, 0) {
			fail("refused %s, and %.4g of %d records are", j.spec.Expect.Refused, share, read)
		}
	}
	if e.freshness > 0 {
		if err := j.fresh(ctx, e.freshness, fail); err != nil {
			return err
		}
	}
	if len(broken) > 0 {
		return &fault.Fault{Code: fault.Unexpected, Message: "expected " + strings.Join(broken, "; expected ") + "; nothing was published"}
	}
	return nil
}

// failOnFound says no where something was found that --fail-on asks for.
func (j *job) failOnFound() error {
	if j.failOn == "" {
		return nil
	}
	var list []table.Finding
	for _, a := range j.found {
		if anomaly.AtLeast(a, table.Severity(j.failOn)) {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil
	}
	a := mostWeighty(list)
	return &fault.Fault{Code: fault.Unexpected, Message: fmt.Sprintf("--fail-on %s: %d found, among them %s (expected %s, seen %s); see %s", j.failOn, len(list),
		strings.TrimSpace(a.Column+" "+a.Rule), a.Expected, a.Seen, store.Join(j.folder.Dir, outdir.Anomalies))}
}

// enough holds the number of records against a bound.
func (j *job) enough(ctx context.Context, b bound, fail func(string, ...any)) error {
	run, err := j.lastOfCommand(ctx, func(r *runFile) bool { return r.Error == "" })
	if err != nil {
		return err
	}
	last, there := int64(0), run != nil
	if there {
		last = run.Rows.Used
	}
	used, text := j.run.Rows.Used, j.spec.Expect.Rows
	switch {
	case b.last && !there:
		j.say("There is no run before this one to hold the number of rows against.")
	case b.holds(float64(used), float64(last)):
	case b.last:
		fail("rows %s, and there are %d; the last run had %d", text, used, last)
	default:
		fail("rows %s, and there are %d", text, used)
	}
	return nil
}

// fresh holds the time of the newest file against a limit.
func (j *job) fresh(ctx context.Context, most time.Duration, fail func(string, ...any)) error {
	limit := j.spec.Expect.Freshness
	var newest time.Time
	for _, name := range j.data {
		if systems.Database(name) {
			return fault.Usagef("expect.freshness: %s is a table of a database, which does not say when it was written; put the bound in its query", systems.Shown(name))
		}
		paths, err := files.Expand(ctx, []string{name})
		if err != nil {
			return err
		}
		for _, p := range paths {
			info, err := p.Stat(ctx)
			if err != nil {
				return err
			}
			if info.Modified.After(newest) {
				newest = info.Modified
			}
		}
	}
	switch age := j.begun.Sub(newest).Round(time.Minute); {
	case newest.IsZero():
		fail("freshness %s, and %s does not say when it was written", limit, j.data[0])
	case age > most:
		fail("freshness %s, and the newest file is %s old", limit, age)
	case age < -time.Hour:
		fail("freshness %s, and the newest file is of %s from now: a clock is wrong", limit, -age)
	}
	return nil
}

// lookBack is how many days before its own a run is held against.
const lookBack = 31

// lastOfCommand is the last run of the command that wrote to this folder, or to that of a day
// before where each day has its own, and of which something holds; nil where there is none.
func (j *job) lastOfCommand(ctx context.Context, holds func(*runFile) bool) (*runFile, error) {
	dirs := []string{j.folder.Dir}
	if day, err := time.Parse(time.DateOnly, j.date); err == nil && strings.Contains(j.dirOfDays, place.Date) {
		dirs = nil
		for back := 1; back <= lookBack; back++ {
			dirs = append(dirs, strings.ReplaceAll(j.dirOfDays, place.Date, day.AddDate(0, 0, -back).Format(time.DateOnly)))
		}
	}
	for _, dir := range dirs {
		run, err := lastRun(ctx, dir)
		if err != nil {
			return nil, err
		}
		if run != nil && run.Command == j.command.name && holds(run) {
			return run, nil
		}
	}
	return nil, nil
}

// sinceLast has the data that is scored asked for what is newer than what the last run had.
func (j *job) sinceLast(ctx context.Context) error {
	scored := []spec.Paths{j.data}
	switch j.command.name {
	case scoreCommand.name:
	case runCommand.name:
		scored = []spec.Paths{j.spec.Data.Score}
	default:
		return nil
	}
	last, err := j.lastOfCommand(ctx, func(r *runFile) bool { return r.Marks != nil })
	if err != nil || last == nil {
		return err
	}
	j.marks, j.run.Marks = last.Marks, maps.Clone(last.Marks)
	for _, names := range scored {
		for i, name := range names {
			names[i] = systems.Newer(name, last.Marks[systems.Shown(name)])
		}
	}
	return nil
}

// lastRun reads the run.json of a folder; it is nil where there is none that can be read.
func lastRun(ctx context.Context, dir string) (*runFile, error) {
	var r runFile
	understood, err := outdir.ReadRun(ctx, dir, &r)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil || !understood {
		return nil, err
	}
	return &r, nil
}
