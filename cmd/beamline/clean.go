package main

import (
	"context"
	"slices"

	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
)

var cleanCommand = command{
	name: "clean", args: "DATA... [--format csv]", short: "repair types, formats, spelling, missing values, duplicates", reads: trainingData,
	examples: []string{"beamline clean houses.csv", "beamline clean houses.csv --format csv --key Id", "beamline clean houses.csv --reviewed out/proposals.csv --force"},
	flags:    slices.Concat([]string{"key", "format", "schema", "keep-refused", "spreadsheet-safe", "to", "shards"}, resultFlags, teachFlags),
	more:     slices.Concat([]string{"target", "task", "date", "resume", "fail-on"}, readFlags, runFlags),
	long: `Clean repairs what the table itself proves wrong, and writes the cleaned table
as clean.parquet, or in the format that --format names; clean.csv has its cells as
they were but for those of the ledger. Records that are refused are in rejects.jsonl;
with --keep-refused clean.csv has one record for each record of the input. Each changed cell is a line of changes.csv; taken back in reverse order,
they give the table as it was. report.html shows what each rule did, and what was left
alone and why. --labels, --reviewed and --rules teach it.`,
	writes: inAnyFormat(outdir.Cleaned, outdir.Schema, outdir.Changes, outdir.Proposals, outdir.Anomalies, outdir.Rejects, outdir.Report),
	body:   cleanTable,
}

func cleanTable(ctx context.Context, j *job) error {
	l, err := j.learn(ctx, true)
	if err != nil {
		return err
	}
	out := j.output(l.table)
	if j.spec.Output.To != "" {
		if err := j.aimCleaned(ctx, l.schema); err != nil {
			return err
		}
		out = pipelines.Output{Staged: true}
	}
	var c pipelines.Count
	err = j.stage("clean", func(dir string) error {
		c, err = pipelines.Clean(ctx, j.runner, l.table, l.known(j.spec.Data.Key), dir, out)
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
	j.judgeRecords(l)
	j.judgeCleaning(l)
	j.say("%s", j.rowsLine())
	j.say("%s", j.repairsLine())
	j.sayFound()
	j.page.Title = "What was repaired in " + ownName(l.table.Name())
	j.page.table(l)
	if err := j.writeChanges(ctx, "clean"); err != nil {
		return err
	}
	if err := j.writePage(ctx); err != nil {
		return err
	}
	if j.target == nil {
		j.say("The cleaned table is %s, the ledger %s.", j.where(outdir.Cleaned(j.cleanFormat())), store.Join(j.folder.Dir, outdir.Changes))
	}
	j.sayReport()
	return nil
}

// aimCleaned finds the table of a database that the cleaned rows go to.
func (j *job) aimCleaned(ctx context.Context, s table.Schema) error {
	key := j.spec.Data.Key
	if c, ok := s.ByRole(table.RoleKey); ok && key == "" {
		key = c.Name
	}
	return j.aimAt(ctx, s.Columns, key, "clean")
}
