package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
)

// mostDays bounds the days of one command.
const mostDays = 3660

// days are those that --date names; one empty day where it is not given.
func (o *options) days() ([]string, error) {
	if o.date == "" {
		if o.resume {
			return nil, fault.Usagef("--resume passes over the days of --date that are done; give the days")
		}
		return []string{""}, nil
	}
	from, to, several := strings.Cut(o.date, "..")
	first, err := time.Parse(time.DateOnly, from)
	last := first
	if err == nil && several {
		last, err = time.Parse(time.DateOnly, to)
	}
	if err != nil || last.Before(first) {
		return nil, fault.Usagef("--date: %q is no day, such as 2026-11-27, and no days, such as 2026-11-01..2026-11-27", o.date)
	}
	var days []string
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		if days = append(days, d.Format(time.DateOnly)); len(days) > mostDays {
			return nil, fault.Usagef("--date: more than %d days", mostDays)
		}
	}
	return days, nil
}

// doDays carries a command out, once for each day.
func (o *options) doDays(ctx context.Context, c command, args []string) error {
	days, err := o.days()
	if err != nil {
		return err
	}
	var told answer
	for _, day := range days {
		one := *o
		one.date, one.perDay = day, len(days) > 1
		err := one.located(one.do(ctx, c, args))
		o.told = one.told
		if err != nil {
			if len(days) > 1 {
				o.told.lines = append(told.lines, o.told.lines...)
				return &fault.Fault{Code: fault.CodeOf(err), Message: day + ": " + fault.From(err).Error() + resumeHint(day, days)}
			}
			return err
		}
		if len(days) > 1 && len(one.told.lines) > 0 {
			told.say("%s: %s", day, one.told.lines[0])
		}
	}
	if len(days) > 1 {
		o.told.lines = told.lines
	}
	return nil
}

// resumeHint says how to go on behind days that are done.
func resumeHint(day string, days []string) string {
	if day == days[0] {
		return ""
	}
	return "; the days before are done, and --resume goes on behind them"
}

// fillDate puts the day into the names of data and results.
func (j *job) fillDate() error {
	j.dirOfDays = j.spec.Output.Dir
	if j.perDay && !strings.Contains(j.dirOfDays, place.Date) {
		j.dirOfDays = store.Join(j.dirOfDays, place.Date)
	}
	j.spec.Output.Dir = j.dirOfDays
	used := append(j.reads(), j.spec.Output.Dir, string(j.spec.Output.To))
	i := slices.IndexFunc(used, func(name string) bool { return strings.Contains(name, place.Date) })
	switch {
	case j.date == "" && i >= 0:
		return fault.Usagef("%s: give the day that %s stands for with --date", systems.Shown(used[i]), place.Date)
	case j.date == "":
		return nil
	case i < 0:
		return fault.Usagef("--date: neither the data nor the results have %s in their names, so every day would be the same", place.Date)
	}
	fill := func(name string) string { return strings.ReplaceAll(name, place.Date, j.date) }
	j.spec.Output.Dir, j.spec.Output.To = fill(j.spec.Output.Dir), spec.Place(fill(string(j.spec.Output.To)))
	data := &j.spec.Data
	for _, names := range []*[]string{&j.data, (*[]string)(&data.Train), (*[]string)(&data.Labelled), (*[]string)(&data.Score)} {
		*names = slices.Clone(*names)
		for i, name := range *names {
			(*names)[i] = fill(name)
		}
	}
	return nil
}

// done reports whether the day of the job was done by an earlier one, to pass it over.
func (j *job) done(ctx context.Context) (bool, error) {
	if !j.resume {
		return false, nil
	}
	run, err := lastRun(ctx, j.spec.Output.Dir)
	if err != nil || run == nil {
		return false, err
	}
	same := run.Command == j.command.name && run.Date == j.date && run.Error == "" && (j.spec.Output.To == "") == (run.To == nil)
	if same {
		j.say("passed over: it is done, with %s records.", grouped(cmp.Or(run.Rows.Scored, run.Rows.Used)))
	}
	return same, nil
}
