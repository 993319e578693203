package bigquery

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	rest "google.golang.org/api/bigquery/v2"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/sink"
)

// Target is a table that rows are written to, in one transaction.
type Target struct{ name }

// OpenTarget returns the target that a name names.
func OpenTarget(given string) (sink.Target, error) {
	n, err := parse(given)
	if err == nil && n.Table == "" {
		err = fault.Usagef("%s: rows are written to a table, not to a query", n.Given)
	}
	return &Target{n}, err
}

// Name implements sink.Target.
func (t *Target) Name() string { return t.Given }

// Check implements sink.Target.
func (t *Target) Check(ctx context.Context, columns *arrow.Schema, key string) error {
	layout, err := t.Place.Layout(columns, key, "", "")
	if err != nil {
		return err
	}
	s, err := t.service(ctx)
	if err != nil {
		return err
	}
	found, err := t.find(ctx, s)
	if err != nil || found == nil {
		return t.named(err)
	}
	_, err = t.fits(found, layout)
	return err
}

// find finds the table, or none in a dataset that is there.
func (t *Target) find(ctx context.Context, s *rest.Service) (found *rest.Table, err error) {
	n := &t.name
	err = patiently(ctx, func() (err error) {
		found, err = s.Tables.Get(n.Project, n.Dataset, n.Table).Context(ctx).Do()
		return err
	})
	if codeOf(err) != http.StatusNotFound {
		if err == nil && n.Options.Location == "" {
			n.Options.Location = found.Location
		}
		return found, err
	}
	var in *rest.Dataset
	missing := err
	err = patiently(ctx, func() (err error) {
		in, err = s.Datasets.Get(n.Project, n.Dataset).Context(ctx).Do()
		return err
	})
	if codeOf(err) == http.StatusNotFound {
		return nil, n.missing(ctx, s, missing)
	}
	if err == nil && n.Options.Location == "" {
		n.Options.Location = in.Location
	}
	return nil, err
}

// fits returns the columns of the table that those of the rows go to, and fails where it
// can't take them.
func (t *Target) fits(found *rest.Table, l place.Layout) (columns []*rest.TableFieldSchema, err error) {
	var has []string
	by := map[string]*rest.TableFieldSchema{}
	if found.Schema != nil {
		for _, f := range found.Schema.Fields {
			has, by[strings.ToLower(f.Name)] = append(has, f.Name), f
		}
	}
	for _, c := range l.Columns {
		f := by[strings.ToLower(c)]
		switch {
		case f == nil:
			return nil, fault.Usagef("%s: the table has no column %s%s; add it, or leave the table to be made", t.Given, c, fault.Hint(c, has, ""))
		case f.Mode == "REPEATED" || slices.Contains([]string{"RECORD", "STRUCT", "RANGE"}, f.Type):
			return nil, fault.Usagef("%s: the column %s has parts, and the rows have one value there", t.Given, f.Name)
		}
		columns = append(columns, f)
	}
	for _, f := range by {
		if f.Mode == "REQUIRED" && f.DefaultValueExpression == "" && !slices.Contains(columns, f) {
			return nil, fault.Usagef("%s: the table requires %s, which is no column of the rows", t.Given, f.Name)
		}
	}
	return columns, nil
}

// types are those of BigQuery for columns of rows.
var types = sink.Types{Int64: "INTEGER", Float64: "FLOAT", Bool: "BOOLEAN", Date: "DATE", Local: "DATETIME", Timestamp: "TIMESTAMP", Text: "STRING"}

// Write implements sink.Target.
func (t *Target) Write(ctx context.Context, rows sink.Rows, columns *arrow.Schema, run sink.Run) (sink.Taken, error) {
	layout, err := t.Place.Layout(columns, run.Key, run.ID, run.At.UTC().Format(time.RFC3339))
	if err != nil {
		return sink.Taken{}, err
	}
	w := &writing{Target: t, Layout: layout, columns: columns, by: run}
	if w.client, err = t.service(ctx); err != nil {
		return sink.Taken{}, err
	}
	err = w.do(ctx, rows)
	return w.taken, err
}

// writing is one attempt to write.
type writing struct {
	*Target
	place.Layout
	columns *arrow.Schema
	by      sink.Run // who writes
	client  *rest.Service
	into    []*rest.TableFieldSchema // columns of the table, for each of the rows
	stage   string                   // table where rows wait
	without string                   // condition of those that the table takes; empty for all
	taken   sink.Taken
}

// do stages the rows and brings them in. A table of rows that wait goes away by itself
// where nobody is left to delete it.
func (w *writing) do(ctx context.Context, rows sink.Rows) error {
	if err := w.prepare(ctx); err != nil {
		return w.named(err)
	}
	defer func() {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer stop()
		_ = w.client.Tables.Delete(w.Project, w.Dataset, w.stage).Context(ctx).Do()
	}()
	if err := w.load(ctx, rows); err != nil {
		return w.named(err)
	}
	if err := w.unfit(ctx); err != nil {
		return w.named(err)
	}
	if err := w.tolerated(); err != nil {
		return err
	}
	if err := w.once(ctx); err != nil {
		return w.named(err)
	}
	return w.bring(ctx)
}

// stageLife is how long a table of rows that wait is there at most.
const stageLife = 24 * time.Hour

// prepare makes the tables that are not there.
func (w *writing) prepare(ctx context.Context) error {
	found, err := w.find(ctx, w.client)
	if err != nil {
		return err
	}
	if found == nil {
		if err := w.create(ctx, w.made()); err != nil {
			return err
		}
		if found, err = w.find(ctx, w.client); err != nil {
			return err
		}
		if found == nil {
			return errors.New("the table was made, and is not there")
		}
	}
	if w.into, err = w.fits(found, w.Layout); err != nil {
		return err
	}
	if err := w.create(ctx, runsTable()); err != nil {
		return err
	}
	w.stage = "beamline_stage_" + strings.ToLower(rand.Text())
	stage := &rest.Table{TableReference: &rest.TableReference{TableId: w.stage}, ExpirationTime: time.Now().Add(stageLife).UnixMilli(), Schema: &rest.TableSchema{}}
	for i, f := range w.columns.Fields() {
		stage.Schema.Fields = append(stage.Schema.Fields, &rest.TableFieldSchema{Name: staged(i), Type: types.Of(f.Type), Mode: "NULLABLE"})
	}
	return w.create(ctx, stage)
}

// staged is the name of column i of rows that wait: those of the rows may have characters
// that not every part of the service takes.
func staged(i int) string { return fmt.Sprint("c", i) }

// create makes a table of the dataset, if it is not there.
func (w *writing) create(ctx context.Context, t *rest.Table) error {
	t.TableReference.ProjectId, t.TableReference.DatasetId = w.Project, w.Dataset
	return patiently(ctx, func() error {
		_, err := w.client.Tables.Insert(w.Project, w.Dataset, t).Context(ctx).Do()
		if codeOf(err) == http.StatusConflict {
			return nil
		}
		return err
	})
}

// made is the table that is made for the rows. One of which days are replaced is parted by
// them.
func (w *writing) made() *rest.Table {
	o := w.Options
	t := &rest.Table{TableReference: &rest.TableReference{TableId: w.Table}, Schema: &rest.TableSchema{}}
	for i, c := range w.Columns {
		f := &rest.TableFieldSchema{Name: c, Type: "STRING", Mode: "NULLABLE"}
		switch {
		case i < w.columns.NumFields():
			f.Type = types.Of(w.columns.Field(i).Type)
		case c == place.ScoredAt:
			f.Type = "TIMESTAMP"
		case w.Place.ByDay(c):
			f.Type = "DATE"
		}
		if c == w.Place.By && f.Type == "DATE" && o.Partition == "" {
			o.Partition = c
		}
		t.Schema.Fields = append(t.Schema.Fields, f)
	}
	if o.Partition != "" {
		t.TimePartitioning = &rest.TimePartitioning{Type: "DAY", Field: o.Partition}
	}
	if len(o.Cluster) > 0 {
		t.Clustering = &rest.Clustering{Fields: o.Cluster}
	}
	return t
}

// runsTable is the table of the runs that wrote to a dataset.
func runsTable() *rest.Table {
	t := &rest.Table{TableReference: &rest.TableReference{TableId: place.Runs}, Schema: &rest.TableSchema{}}
	for _, f := range [][2]string{{"run_id", "STRING"}, {"target", "STRING"}, {"command", "STRING"}, {"model_id", "STRING"}, {"version", "STRING"},
		{"rows", "INTEGER"}, {"started_at", "TIMESTAMP"}, {"committed_at", "TIMESTAMP"}} {
		mode := "REQUIRED"
		if f[0] == "model_id" {
			mode = "NULLABLE"
		}
		t.Schema.Fields = append(t.Schema.Fields, &rest.TableFieldSchema{Name: f[0], Type: f[1], Mode: mode})
	}
	return t
}
