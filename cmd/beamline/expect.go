package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
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

// checkExpect finds faults of what is expected before anything is read.
func checkExpect(e spec.Expect) error {
	if e.Rows != "" {
		if _, err := parseBound("rows", e.Rows, true); err != nil {
			return err
		}
	}
	if e.Refused != "" {
		if _, err := parseBound("refused", e.Refused, false); err != nil {
			return err
		}
	}
	if e.Freshness != "" {
		if d, err := time.ParseDuration(e.Freshness); err != nil || d <= 0 {
			return fault.Usagef("expect.freshness: %q is not a time, such as 26h", e.Freshness)
		}
	}
	return nil
}

// expect holds the run against what the spec expects. Where it does not come to that,
// nothing is published.
func (j *job) expect(ctx context.Context) error {
	e := j.spec.Expect
	var broken []string
	fail := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	if e.Rows != "" {
		b, err := parseBound("rows", e.Rows, true)
		if err != nil {
			return err
		}
		last, there, err := j.lastRows(ctx)
		if err != nil {
			return err
		}
		switch {
		case b.last && !there:
			j.say("There is no run before this one to hold the number of rows against.")
		case !b.holds(float64(j.run.Rows.Used), float64(last)) && b.last:
			fail("rows %s, and there are %d; the last run had %d", e.Rows, j.run.Rows.Used, last)
		case !b.holds(float64(j.run.Rows.Used), float64(last)):
			fail("rows %s, and there are %d", e.Rows, j.run.Rows.Used)
		}
	}
	if e.Refused != "" && j.run.Rows.Read > 0 {
		b, err := parseBound("refused", e.Refused, false)
		if err != nil {
			return err
		}
		if share := float64(j.run.Rows.Refused) / float64(j.run.Rows.Read); !b.holds(share, 0) {
			fail("refused %s, and %.4g of %d records are", e.Refused, share, j.run.Rows.Read)
		}
	}
	if e.Freshness != "" {
		if err := j.fresh(ctx, e.Freshness, fail); err != nil {
			return err
		}
	}
	if len(broken) > 0 {
		return &fault.Fault{Code: fault.Unexpected, Message: "expected " + strings.Join(broken, "; expected ") + "; nothing was published"}
	}
	return nil
}

// fresh holds the time of the newest file against a limit.
func (j *job) fresh(ctx context.Context, limit string, fail func(string, ...any)) error {
	most, err := time.ParseDuration(limit)
	if err != nil {
		return err
	}
	var newest time.Time
	for _, name := range j.data {
		if systems.Database(name) {
			return fault.Usagef("expect.freshness: %s is a table of a database, which does not say when it was written; put the bound in its query", name)
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

// lastRows is how many records the last run of the command used, that wrote to this
// folder, or to that of a day before where each day has its own.
func (j *job) lastRows(ctx context.Context) (rows int64, there bool, err error) {
	dirs := []string{j.folder.Dir}
	if day, err := time.Parse(time.DateOnly, j.date); err == nil && strings.Contains(j.dirOfDays, spec.Date) {
		dirs = nil
		for back := 1; back <= lookBack; back++ {
			dirs = append(dirs, strings.ReplaceAll(j.dirOfDays, spec.Date, day.AddDate(0, 0, -back).Format(time.DateOnly)))
		}
	}
	for _, dir := range dirs {
		run, err := lastRun(ctx, dir)
		if err != nil {
			return 0, false, err
		}
		if run != nil && run.Command == j.command.name && run.Error == "" {
			return run.Rows.Used, true, nil
		}
	}
	return 0, false, nil
}

// lastRun reads the run.json of a folder; it is nil where there is none that can be read.
func lastRun(ctx context.Context, dir string) (*runFile, error) {
	body, err := store.ReadFile(ctx, store.Join(dir, outdir.Run), maxRun)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r runFile
	if json.Unmarshal(body, &r) != nil {
		return nil, nil
	}
	return &r, nil
}

// maxRun bounds the run.json that is read.
const maxRun = 64 << 20
