package main

import (
	"context"
	"time"

	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
)

// runFile is the content of run.json.
type runFile struct {
	Command  string             `json:"command"`            // the command
	Date     string             `json:"date,omitempty"`     // the day that it was run for
	Version  string             `json:"version"`            // of Beamline
	Runner   string             `json:"runner"`             // what the pipelines ran on
	JobID    string             `json:"job_id"`             // of the last job, as the runner calls it
	Seed     uint64             `json:"seed"`               // of all that was drawn by chance
	Goal     *goalDoc           `json:"goal,omitempty"`     // what was asked of a model
	Met      *bool              `json:"met"`                // whether the model meets goal.require; null where that was not asked, or can't be told
	Late     []string           `json:"late,omitempty"`     // learners that were not measured, since the deadline had passed
	ModelID  string             `json:"model_id,omitempty"` // of the artifact: the hash of its content
	Inputs   []input            `json:"inputs"`             // the sources that were read
	Rows     rowCounts          `json:"rows"`               // records: read = used + refused + duplicate
	Refused  map[string]int64   `json:"refused_by_rule"`    // records by the rule that refused them
	Repaired map[string]int64   `json:"repaired_by_rule"`   // cells by the rule that repaired them
	Found    map[string]int64   `json:"anomalies_by_rule"`  // lines of anomalies.jsonl that are warnings or errors, by rule
	Error    string             `json:"error,omitempty"`    // why it failed
	To       *delivered         `json:"to,omitempty"`       // the table that the predictions went to
	Marks    map[string]string  `json:"marks,omitempty"`    // how new the newest record of a source is, which the next run asks for newer ones than
	Wrote    []outdir.Origin    `json:"wrote"`              // the command and inputs that each file is of
	Seconds  map[string]float64 `json:"seconds"`            // by stage
	PeakRSS  int64              `json:"peak_rss_bytes"`     // the most memory that the process held
}

type rowCounts struct {
	tally.Rows
	Trained int64 `json:"trained"` // records that the model was fitted to
	Scored  int64 `json:"scored"`  // records that have a prediction
}

type input struct {
	Source string `json:"source"`           // as the user named it
	Format string `json:"format"`           // how it was read
	Bytes  int64  `json:"bytes"`            // as it is stored
	SHA256 string `json:"sha256,omitempty"` // of its bytes as they are stored, in hexadecimal
	// Generation is the version of a file of a bucket, or the state of a database, which
	// have no SHA256 here.
	Generation string     `json:"generation,omitempty"`
	Rows       tally.Rows `json:"rows"` // its records

	live bool // its content changes under its name
}

// goalDoc is the goal as a user would say it.
type goalDoc struct {
	Question   string  `json:"question,omitempty"` // as the user put it
	Target     string  `json:"target"`             // the column that is predicted
	Task       string  `json:"task"`               // regression or classification
	Metric     string  `json:"metric"`             // what the model was chosen by
	Positive   string  `json:"positive,omitempty"` // the label of two that the metric is about
	Require    string  `json:"require,omitempty"`  // the release gate
	Confidence float64 `json:"confidence"`         // the coverage that intervals must reach
}

func goalOf(g training.Goal) *goalDoc {
	d := &goalDoc{Question: g.Question, Target: g.Target, Task: g.Task(), Metric: string(g.Metric), Require: g.Require, Confidence: g.Confidence}
	if g.Classes() == 2 {
		d.Positive = g.Labels[g.Positive]
	}
	return d
}

// count adds the records of a table; it fails where they don't add up.
func (r *runFile) count(c pipelines.Count) (tally.Rows, error) {
	rows, err := c.Total()
	if err != nil {
		return rows, err
	}
	for i, p := range c.Planned {
		x, err := p.Source()
		if err != nil {
			return rows, err
		}
		if m, ok := source.As[source.Marked](x); ok && m.Mark() != "" {
			if r.Marks == nil {
				r.Marks = map[string]string{}
			}
			r.Marks[p.Name] = m.Mark()
		}
		v := p.Plan.Version
		_, live := source.As[source.Live](x)
		r.Inputs = append(r.Inputs, input{p.Name, p.How, v.Bytes, v.SHA256, v.Generation, c.Files[i], live})
	}
	r.Rows.Rows = r.Rows.Add(rows)
	for rule, n := range c.Refused {
		r.Refused[rule] += n
	}
	for rule, n := range c.Repaired {
		r.Repaired[rule] += n
	}
	return rows, nil
}

// content is what an input holds, in short, or its name where that changes under it.
func (in input) content() string {
	if digest := in.SHA256 + in.Generation; digest != "" && !in.live {
		return digest
	}
	return outdir.Live + in.Source
}

// origin is the run, as of which the files that it wrote are.
func (r *runFile) origin() outdir.Origin {
	o := outdir.Origin{Command: r.Command, At: time.Now().UTC().Format(time.RFC3339)}
	for _, in := range r.Inputs {
		o.From, o.Inputs = append(o.From, in.Source), append(o.Inputs, in.content())
	}
	return o
}

// contentOf tells what inputs hold before the sources are read for good.
func contentOf(ctx context.Context, data []string) (out []string, err error) {
	names, versions, err := systems.Versions(ctx, data)
	for i, n := range names {
		out = append(out, input{Source: n, SHA256: versions[i].SHA256, Generation: versions[i].Generation}.content())
	}
	return out, err
}
