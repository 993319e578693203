package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/predictions"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// delivery is a table of a database that rows go to.
type delivery struct {
	sink.Target
	columns *arrow.Schema
	key     string // the column that names a row; empty where none does
	stage   string // that makes the rows
}

// delivered is what a table of a database took.
type delivered struct {
	Table string `json:"table"`  // as the user named it
	RunID string `json:"run_id"` // by which beamline_runs has the run
	sink.Taken
}

// aim finds the table that the predictions go to, if they go to one, and makes sure that
// it can take them.
func (j *job) aim(ctx context.Context, t tableio.Table, m *models.Model) (err error) {
	if j.spec.Output.To == "" {
		return nil
	}
	columns := predictions.Columns(m.Goal, t.Key)
	if x, ok := source.As[source.Declared](t.Sources[0]); ok && t.Key != "" { // a table that is made has the key's own type
		if is, known := x.Declared(t.Key); known {
			columns[0].Type = is
		}
	}
	return j.aimAt(ctx, columns, columns[0].Name, "score")
}

// aimAt finds the table of output.to, which is to take the rows of a stage.
func (j *job) aimAt(ctx context.Context, columns []table.Column, key, stage string) (err error) {
	d := &delivery{key: key, stage: stage}
	if d.Target, err = systems.Target(string(j.spec.Output.To)); err != nil {
		return err
	}
	if d.columns, err = (table.Schema{Columns: columns}).Arrow(); err != nil {
		return err
	}
	j.target = d
	return d.Check(ctx, d.columns, key)
}

// deliver writes the rows to their table, in one transaction. Those of a model that
// does not meet its goal stay out of it.
func (j *job) deliver(ctx context.Context, unmet error) error {
	if j.target == nil {
		return nil
	}
	if unmet != nil {
		why := "the model does not meet its goal"
		if fault.CodeOf(unmet) == fault.Unexpected {
			why = "--fail-on says no"
		}
		j.say("Nothing was written to %s, since %s.", j.target.Name(), why)
		return nil
	}
	path := store.Join(j.stageDir(j.target.stage), outdir.Staged)
	var rows sink.Rows // none where no record was read
	there, err := store.Exists(ctx, path)
	if err == nil && there {
		rows, err = sink.ReadKept(ctx, path)
	}
	if err != nil {
		return err
	}
	run := sink.Run{Key: j.target.key, ID: j.runID(), Command: j.command.name, Model: j.run.ModelID, Version: version, At: j.begun, Rejects: j.spec.Limits.Rejects}
	taken, err := j.target.Write(ctx, rows, j.target.columns, run)
	if err != nil {
		return err
	}
	j.run.To = &delivered{j.target.Name(), run.ID, taken}
	if err := j.refused(ctx, taken); err != nil {
		return err
	}
	j.say("%s rows are in %s.", grouped(taken.Rows), j.target.Name())
	if taken.Keyless > 0 {
		j.say("%s records have no key, and were left out; see %s.", grouped(taken.Keyless), store.Join(j.folder.Dir, outdir.Rejects))
	}
	return nil
}

// refused leaves rows that the table refuses among the rejects.
func (j *job) refused(ctx context.Context, taken sink.Taken) error {
	if taken.Refused == 0 {
		return nil
	}
	j.say("%s rows were refused by %s; see %s.", grouped(taken.Refused), j.target.Name(), store.Join(j.folder.Dir, outdir.Rejects))
	var lines []byte
	for _, r := range taken.Rejects {
		var err error
		if lines, err = r.AppendJSON(lines); err != nil {
			return err
		}
	}
	return j.stage("deliver", func(dir string) error {
		return store.WriteFile(ctx, store.Join(dir, outdir.Rejects), lines, store.Condition{})
	})
}

// runID is equal for runs of the same command, inputs, model, day and target.
func (j *job) runID() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %d\n", j.command.name, j.run.ModelID, j.date, j.target.Name(), j.run.Seed)
	if len(j.spec.Steps) > 0 {
		_ = json.NewEncoder(h).Encode(j.spec.Steps) // texts, which can be written to a hash
	}
	for _, in := range j.run.Inputs {
		fmt.Fprintf(h, "%q %s%s\n", in.Source, in.SHA256, in.Generation)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// scoredTo says where the predictions are; of a table of a database deliver does.
func (j *job) scoredTo() string {
	if j.target != nil {
		return ""
	}
	return fmt.Sprintf("The predictions are in %s.", j.where(outdir.Predicted(j.scoreFormat())))
}
