package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/report"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/transforms/cleaning"
)

var validateCommand = command{
	name: "validate", args: "DATA... --schema FILE", short: "what breaks a schema: findings, and the bad records with the rules they break", reads: trainingData,
	examples: []string{"beamline validate more.csv --schema out/schema.yaml", "beamline validate houses.csv --schema out/schema.yaml --json", "beamline validate houses.csv more.csv --schema out/schema.yaml --format parquet --out checked"},
	flags:    slices.Concat([]string{"schema", "format", "spreadsheet-safe", "shards"}, resultFlags),
	more:     slices.Concat([]string{"key", "date", "resume"}, readFlags, runFlags),
	long: `Validate holds a table against a schema, which profile or train wrote and you may have
edited. good.csv has the records that break no rule, bad.csv the others, with the rules
that each breaks in a last column; --format asks for another format. A rule whose
severity is info makes no record bad. The exit code is 5 where a record is bad, or a
column is missing.`,
	writes: slices.Concat(inAnyFormat(outdir.Good), inAnyFormat(outdir.Bad), []string{outdir.Anomalies, outdir.Rejects, outdir.Report}),
	body:   validateTable,
}

// checkedFormat is that of good and bad records.
func (j *job) checkedFormat() string { return cmp.Or(j.format, format.Delimited.Name) }

func validateTable(ctx context.Context, j *job) error {
	if j.schema == nil {
		return fault.Usagef("validate needs a schema: --schema FILE; profile writes one")
	}
	l, err := j.learn(ctx, false)
	if err != nil {
		return err
	}
	var c pipelines.Count
	var bad int64
	err = j.stage("validate", func(dir string) error {
		first, _ := l.table.Text()
		out := pipelines.Output{Format: j.checkedFormat(), Settings: format.Settings{Dialect: first.Dialect, NoHeader: !first.Header, Safe: j.safe}}
		c, bad, err = pipelines.Validate(ctx, j.runner, l.table, cleaning.Learned{Schema: l.schema}, dir, out)
		return err
	})
	if err != nil {
		return err
	}
	j.stages = j.stages[1:] // the first pass saw the same rejects
	if err := j.count(l.table, c); err != nil {
		return err
	}
	j.judge(l.table, l.schema, c)
	j.judgeFiles(l)
	return j.sayValidated(ctx, l, bad)
}

// sayValidated says what validation found, in the summary and on a page.
func (j *job) sayValidated(ctx context.Context, l lesson, bad int64) error {
	used := j.run.Rows.Used
	j.page.Title = "What in " + ownName(l.table.Name()) + " breaks its schema"
	j.page.Facts = append(j.page.Facts, report.Fact{Name: "records that break no rule", Value: grouped(used - bad)}, report.Fact{Name: "records that break one", Value: grouped(bad)},
		report.Fact{Name: "records that can't be read", Value: grouped(j.run.Rows.Refused)})
	if err := j.writePage(ctx); err != nil {
		return err
	}
	in := func(name string, records int64) string { // a file of no records is not there
		if records == 0 {
			return ""
		}
		return " (" + j.where(name) + ")"
	}
	j.say("%s records break no rule%s, %s break one or more%s, %s can't be read.", grouped(used-bad), in(outdir.Good(j.checkedFormat()), used-bad),
		grouped(bad), in(outdir.Bad(j.checkedFormat()), bad), grouped(j.run.Rows.Refused))
	j.sayFound()
	j.sayReport()
	gone := j.gone()
	switch {
	case bad == 0 && gone == "":
		return nil
	case bad == 0:
		return &fault.Fault{Code: fault.Unexpected, Message: fmt.Sprintf("%s: the column %q of %s is missing", l.table.Name(), gone, j.spec.Data.Schema)}
	}
	return &fault.Fault{Code: fault.Unexpected, Message: fmt.Sprintf("%s: %s of %s records break a rule of %s", l.table.Name(), grouped(bad), grouped(used), j.spec.Data.Schema)}
}

// gone is a column of the schema that the table lacks; empty where it has all.
func (j *job) gone() string {
	for _, a := range j.found {
		if a.Rule == anomaly.RuleVanished {
			return a.Column
		}
	}
	return ""
}
