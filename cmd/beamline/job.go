package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/sink"
)

// command is one of the commands that read data and write a folder.
type command struct {
	name, args, short, long string
	// reads lists the data that the spec has for the command.
	reads func(s spec.Spec) spec.Paths
	// also lists data that it reads beside that.
	also func(s spec.Spec) spec.Paths
	// writes lists the files that it may write.
	writes []string
	body   func(ctx context.Context, j *job) error
}

var commands = []command{runCommand, profileCommand, cleanCommand, trainCommand, evaluateCommand, scoreCommand}

// job is one call of a command.
type job struct {
	*options
	command command
	writes  []string // the command's, with the parts of those that have several
	spec    spec.Spec
	data    []string // that the command is about
	schema  *table.Schema
	runner  pipelines.Runner
	folder  *outdir.Folder
	stages  []string // folders that stages worked in, in their order
	run     runFile
	found   []anomaly.Anomaly
	page    page
	*answer
}

// do carries a command out: what it reads is checked first, what it wrote is
// published as a whole at the end.
func (o *options) do(ctx context.Context, c command, args []string) error {
	o.told = &answer{files: map[string]string{}}
	j := &job{options: o, command: c, answer: o.told}
	if err := j.begin(ctx, args); err != nil {
		return err
	}
	defer j.folder.Close()
	stop := o.showProgress()
	err := c.body(ctx, j)
	stop()
	if ctx.Err() != nil {
		return &fault.Fault{Code: fault.Interrupted, Message: "interrupted; nothing was written"}
	}
	code := fault.CodeOf(err)
	switch code {
	case fault.Done, fault.Unmet:
		if perr := j.publish(j.writes); perr != nil {
			return perr
		}
	case fault.Data:
		j.run.Error = err.Error()
		if perr := j.publish([]string{"rejects.jsonl"}); perr != nil {
			return errors.Join(err, perr)
		}
	}
	return fault.From(err)
}

// begin reads the spec, and opens the folder of the results.
func (j *job) begin(ctx context.Context, args []string) error {
	var err error
	if j.spec, j.data, err = j.options.spec(args); err != nil {
		return err
	}
	if len(j.data) == 0 {
		j.data = j.command.reads(j.spec)
	}
	if err := j.checkFormat(); err != nil {
		return err
	}
	if j.runner, err = j.chooseRunner(j.spec); err != nil {
		return err
	}
	j.runner.Command = j.command.name
	j.runner.Started = func(id string) { j.run.JobID = strings.TrimSpace(j.run.JobID + " " + id) }
	if err := j.readSchema(); err != nil {
		return err
	}
	j.run = runFile{Command: j.command.name, Version: version, Runner: j.runner.Name, Seed: j.spec.Split.Seed,
		Inputs: []input{}, Refused: map[string]int64{}, Repaired: map[string]int64{}, Seconds: map[string]float64{}}
	all := slices.Clone(j.data)
	if j.command.also != nil {
		all = append(all, j.command.also(j.spec)...)
	}
	j.writes = j.parts(j.command.writes)
	j.folder, err = outdir.Open(j.spec.Output.Dir, j.force, j.writes, func() (string, error) { return stampOf(ctx, j.command.name, all) })
	return err
}

// parts lists files, with the parts of those that have several.
func (j *job) parts(files []string) []string {
	var out []string
	for _, name := range files {
		switch name {
		case score.Predictions, conform.CSV, pipelines.Parquet:
			for k := range j.shards {
				out = append(out, sink.ShardName(name, k, j.shards))
			}
		default:
			out = append(out, name)
		}
	}
	return out
}

func (j *job) checkFormat() error {
	switch j.format {
	case "", "parquet", "csv":
		return nil
	}
	return fault.Usagef("--format: %q is neither csv nor parquet", j.format)
}

// readSchema reads the schema that the user edited, if there is one.
func (j *job) readSchema() error {
	name := j.spec.Data.Schema
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("%s: no such file", name)
	}
	if err != nil {
		return fault.Usagef("%v", err)
	}
	s, err := table.UnmarshalSchema(text)
	if err != nil {
		return fault.Usagef("%s: %v", name, err)
	}
	j.schema = &s
	if c, ok := s.ByRole(table.RoleTarget); ok && j.spec.Goal.Target == "" {
		j.spec.Goal.Target = c.Name
	}
	if c, ok := s.ByRole(table.RoleKey); ok && j.spec.Data.Key == "" {
		j.spec.Data.Key = c.Name
	}
	return nil
}

// stage does a part of the command, in a folder of its own, and notes how long
// it took.
func (j *job) stage(name string, do func(dir string) error) error {
	begun := time.Now()
	j.stages = append(j.stages, name)
	dir := filepath.Join(j.folder.Work, "work", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	j.shown(name)
	err := do(dir)
	j.run.Seconds[name] = float64(time.Since(begun).Round(time.Millisecond)) / 1e9
	return err
}

// count adds the records of a table to run.json. It is a fault of the data when
// more of them were refused than the spec allows.
func (j *job) count(t csvio.Table, c pipelines.Count) error {
	rows, err := j.run.count(t, c)
	if err != nil {
		return err
	}
	if n := rows.Refused; n > 0 && (n == rows.Read || n > 10 && float64(n) > j.spec.Limits.Rejects*float64(rows.Read)) {
		return fault.Dataf("%s: %d of %d records were refused, more than limits.rejects allows; see %s", t.Files[0].Name, n, rows.Read,
			filepath.Join(j.folder.Dir, "rejects.jsonl"))
	}
	return nil
}

// write writes a file of the results.
func (j *job) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(j.folder.Work, name), data, 0o644)
}

// joined are the files of the results that several stages add to, with the
// header of each.
var joined = map[string]string{"rejects.jsonl": "", "changes.csv": clean.LedgerHeader}

// publish collects what the stages left, and moves it to its place.
func (j *job) publish(files []string) error {
	for _, name := range files {
		if header, ok := joined[name]; ok {
			if err := j.join(name, header); err != nil {
				return err
			}
			continue
		}
		for _, s := range j.stages {
			from := filepath.Join(j.folder.Work, "work", s, name)
			if _, err := os.Stat(from); err == nil {
				if err := os.Rename(from, filepath.Join(j.folder.Work, name)); err != nil {
					return err
				}
			}
		}
	}
	if slices.Contains(files, "anomalies.jsonl") {
		if err := j.writeAnomalies(); err != nil {
			return err
		}
	}
	j.run.PeakRSS = peakRSS()
	j.run.Wrote = j.folder.Wrote(files, j.run.stamp())
	for _, name := range append(slices.Clone(files), outdir.RunFile) {
		if _, err := os.Stat(filepath.Join(j.folder.Work, name)); err == nil || name == outdir.RunFile {
			j.files[name] = filepath.Join(j.folder.Dir, name)
		}
	}
	j.answer.run = &j.run
	return j.folder.Publish(slices.Clone(files), j.run)
}

// join writes the file of that name of all stages as one.
func (j *job) join(name, header string) error {
	out, err := os.Create(filepath.Join(j.folder.Work, name))
	if err != nil {
		return err
	}
	_, err = out.WriteString(header)
	for _, s := range j.stages {
		if err == nil {
			err = appendFile(out, filepath.Join(j.folder.Work, "work", s, name), len(header))
		}
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// appendFile copies a file but for its header; one that is not there adds
// nothing.
func appendFile(out *os.File, name string, header int) error {
	in, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := in.Seek(int64(header), 0); err != nil {
		return err
	}
	_, err = out.ReadFrom(in)
	return err
}

func (j *job) writeAnomalies() error {
	var b bytes.Buffer
	for _, a := range j.found {
		line, err := a.AppendJSON(nil)
		if err != nil {
			return err
		}
		b.Write(line)
	}
	return j.write("anomalies.jsonl", b.Bytes())
}
