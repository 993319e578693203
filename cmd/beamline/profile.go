package main

import (
	"context"
	"slices"

	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
)

var profileCommand = command{
	name: "profile", args: "DATA...", short: "statistics, alerts and an HTML report of a table", reads: trainingData,
	examples: []string{"beamline profile houses.csv", "beamline profile houses.csv more.csv --out about", "beamline profile houses.csv --schema out/schema.yaml --json"},
	flags:    slices.Concat([]string{"key", "schema"}, resultFlags),
	more:     slices.Concat([]string{"target", "task"}, readFlags, runFlags),
	long: `Profile reads a table once and writes what is in it: schema.yaml, which you can
edit and enforce with --schema, profile.json, and report.html.`,
	writes: []string{outdir.Schema, outdir.Profile, outdir.Rejects, outdir.Report},
	body:   profileTable,
}

func profileTable(ctx context.Context, j *job) error {
	l, err := j.learn(ctx, false)
	if err != nil {
		return err
	}
	if err := j.count(l.table, l.learned.Count); err != nil {
		return err
	}
	r := j.run.Rows
	j.say("%s records of %d columns, %s refused.", grouped(r.Read), len(l.schema.Columns), grouped(r.Refused))
	formats := map[string]bool{}
	for _, f := range l.table.Sources {
		if read := f.String(); !formats[read] {
			formats[read] = true
			j.say("%s is read as %s.", f.Name(), read)
		}
	}
	for _, a := range alerts(l.profile) {
		j.say("  %s: %s", a.Text, a.Columns)
	}
	j.judgeFiles(l)
	for _, a := range j.found {
		j.say("  %s %s: expected %s, seen %s", a.Column, a.Rule, a.Expected, a.Seen)
	}
	j.page.table(l)
	if err := j.writePage(ctx); err != nil {
		return err
	}
	j.say("What each column is stands in %s.", store.Join(j.folder.Dir, outdir.Schema))
	j.sayReport()
	return nil
}
