package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// job is one call of a command.
type job struct {
	*options
	command command
	writes  []string // the command's, with the parts of those that have several
	spec    spec.Spec
	data    []string // that the command is about
	schema  *table.Schema
	runner  pipelines.Launcher
	folder  *outdir.Folder
	work    string   // where the stages work
	stages  []string // folders that stages worked in, in their order
	run     runFile
	found   []table.Finding
	doubts  []table.Finding // what looks wrong and is left alone
	page    page
	target  *delivery // where the rows go, if not to a file
	begun   time.Time
	marks   map[string]string // of the last run

	targeted bool       // the target is asked for, and not by a schema alone
	foreseen []foreseen // what is read once the model is there
	keeps    bool       // what was done stays, although the command failed

	flows string // the file that goes to the standard output; empty where none does

	dirOfDays string // the folder of the results, as the user named it
	*answer
}

// do carries a command out: what it reads is checked first, what it wrote is
// published as a whole at the end.
func (o *options) do(ctx context.Context, c command, args []string) error {
	o.told = &answer{files: map[string]string{}}
	ctx, release := source.Holding(ctx)
	defer release()
	j := &job{options: o, command: c, answer: o.told}
	if err := j.begin(ctx, args); err != nil {
		return err
	}
	defer boundMemory(memoryOf(j.spec), o.endAtOnce)()
	if err := j.flow(); err != nil {
		return err
	}
	if err := j.keepPiped(ctx, j.reads()); err != nil {
		return err
	}
	if passed, err := j.done(ctx); err != nil || passed {
		return err
	}
	if t, ok := j.runner.Runner.(runners.Templates); ok && t.Template() != "" {
		return j.template(ctx, t.Template())
	}
	if err := j.open(ctx); err != nil {
		return err
	}
	defer j.folder.Close(ctx)
	if err := j.sinceLast(ctx); err != nil {
		return err
	}
	stop := o.showProgress()
	j.shown("probe")
	reads := j.reads()
	if c.model {
		reads = append(reads, store.Join(j.modelDir(), models.ManifestFile))
	}
	err := j.within(ctx, time.Duration(j.spec.Limits.Time), func(ctx context.Context) error {
		if err := j.runner.Probe(ctx, reads, j.folder.Work); err != nil {
			return err
		}
		return c.body(ctx, j)
	})
	stop()
	if ctx.Err() != nil {
		if fault.CodeOf(err) == fault.Interrupted {
			return err // it may have more to say
		}
		return pipelines.ErrInterrupted
	}
	return j.conclude(ctx, err)
}

// within carries out the body of a command, which ends where it takes longer than the limit,
// 0 for none.
func (j *job) within(ctx context.Context, limit time.Duration, body func(context.Context) error) error {
	if limit == 0 {
		return body(ctx)
	}
	bounded, stop := context.WithTimeout(ctx, limit)
	defer stop()
	err := body(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		j.keeps = false
		return fault.Dataf("the run takes longer than %v, and was ended; set limits.time in the spec if it may", limit)
	}
	return err
}

// conclude publishes what the command wrote, as far as err allows.
func (j *job) conclude(ctx context.Context, err error) error {
	if j.keeps {
		j.run.Error, j.run.Marks = fault.From(err).Error(), j.marks
		return errors.Join(fault.From(err), j.publish(ctx, j.writes))
	}
	switch fault.CodeOf(err) {
	case fault.Done, fault.Unmet, fault.Unexpected:
		if perr := j.expect(ctx); perr != nil {
			j.lines = nil // they say where things are that are not published
			return perr
		}
		if err == nil {
			err = j.failOnFound()
		}
		if perr := j.deliver(ctx, err); perr != nil {
			return perr
		}
		if perr := j.publish(ctx, j.writes); perr != nil {
			return perr
		}
		if perr := j.pour(); perr != nil {
			return perr
		}
	case fault.Data:
		j.run.Error, j.run.Marks = err.Error(), j.marks // what was read is asked for again
		if perr := j.publish(ctx, []string{outdir.Rejects}); perr != nil {
			return errors.Join(err, perr)
		}
	}
	return fault.From(err)
}

// begin reads the spec.
func (j *job) begin(ctx context.Context, args []string) error {
	var err error
	if j.spec, j.data, err = j.options.spec(ctx, args); err != nil {
		return err
	}
	if len(j.data) == 0 {
		j.data = j.command.reads(j.spec)
	}
	if _, err := parseExpect(j.spec.Expect); err != nil {
		return err
	}
	if err := j.fillDate(); err != nil {
		return err
	}
	if err := j.checkFormat(); err != nil {
		return err
	}
	if j.runner, err = j.launcher(j.spec, jobName(j.command.name, j.spec.Output.Dir)); err != nil {
		return err
	}
	j.runner.Started = func(id string) { j.run.JobID = strings.TrimSpace(j.run.JobID + " " + id) }
	if err := j.readSchema(ctx); err != nil {
		return err
	}
	j.ready(j.runner.Runner.Name())
	if cluster, ok := j.runner.Runner.(runners.Cluster); ok {
		return cluster.Reach(append(j.reads(), j.spec.Output.Dir, j.modelDir())...)
	}
	return nil
}

// ready sets up what is known before anything is read.
func (j *job) ready(runner string) {
	j.begun = time.Now()
	j.run = runFile{Date: j.date, Command: j.command.name, Version: version, Runner: runner, Seed: j.spec.Split.Seed,
		Inputs: []input{}, Refused: map[string]int64{}, Repaired: map[string]int64{}, Found: map[string]int64{}, Seconds: map[string]float64{}}
	j.writes = j.parts(j.command.writes)
	if j.command.name == runCommand.name && len(j.spec.Data.Score) == 0 {
		j.writes = slices.DeleteFunc(j.writes, func(name string) bool { return strings.HasPrefix(name, outdir.Predicted("")) })
	}
}

// reads lists all data that the command reads.
func (j *job) reads() []string {
	all := slices.Clone(j.data)
	if j.command.also != nil {
		all = append(all, j.command.also(j.spec)...)
	}
	return all
}

// spare refuses to write over the tables that are read.
func (j *job) spare() error {
	for _, from := range j.data {
		from, _, _ = strings.Cut(from, "#")
		from, err := store.Abs(from)
		if err != nil {
			return err
		}
		for _, name := range j.writes {
			to, err := store.Abs(store.Join(j.spec.Output.Dir, name))
			if err != nil {
				return err
			}
			if from == to {
				return fault.Usagef("%s is read, and would be written over; choose another folder with --out", from)
			}
		}
	}
	return nil
}

// open opens the folder of the results.
func (j *job) open(ctx context.Context) error {
	use := outdir.Use{Command: j.command.name, Files: j.writes, Force: j.force, Nightly: j.command.takes("keep"), Keep: j.keep,
		Inputs: func() ([]string, error) { return contentOf(ctx, j.reads()) }}
	err := j.spare()
	if err != nil {
		return err
	}
	j.folder, err = outdir.Open(ctx, j.spec.Output.Dir, use)
	if err == nil {
		j.work = j.folder.Work
	}
	return err
}

// jobName names the jobs of a command by the folder that they write, so that a
// cluster which refuses a second job of one name keeps two of them apart.
func jobName(command, dir string) string {
	h := sha256.Sum256([]byte(dir))
	return "beamline-" + command + "-" + hex.EncodeToString(h[:4])
}

// where is the path of a result, or of the first and the last of its parts.
func (j *job) where(name string) string {
	first := store.Join(j.folder.Dir, outdir.Part(name, 0, j.shards))
	if j.shards <= 1 {
		return first
	}
	return first + " to " + outdir.Part(name, j.shards-1, j.shards)
}

// parts lists files, with the parts of those that have several.
func (j *job) parts(files []string) []string {
	var out []string
	for _, name := range files {
		if slices.ContainsFunc(format.Names(), func(f string) bool {
			return slices.Contains([]string{outdir.Cleaned(f), outdir.Predicted(f), outdir.Good(f), outdir.Bad(f), outdir.Survived(f)}, name)
		}) {
			for k := range j.shards {
				out = append(out, outdir.Part(name, k, j.shards))
			}
			continue
		}
		out = append(out, name)
	}
	return out
}

// inAnyFormat adds the names of a table in every format to those of files.
func inAnyFormat(name func(string) string, files ...string) []string {
	for _, f := range format.Names() {
		files = append(files, name(f))
	}
	return files
}

// cleanFormat is that of the cleaned table.
func (j *job) cleanFormat() string { return cmp.Or(j.format, format.Parquet.Name) }

// scoreFormat is that of the predictions.
func (j *job) scoreFormat() string {
	if j.spec.Output.To != "" {
		return pipelines.Staged
	}
	if j.command.name == "score" && j.format != "" {
		return j.format
	}
	return j.spec.Output.Format
}

func (j *job) checkFormat() error {
	if j.format == "" || slices.Contains(format.Names(), j.format) {
		return nil
	}
	return fault.Usagef("--format: %q is none of %s", j.format, strings.Join(format.Names(), ", "))
}

// maxSchema bounds the schemas that are read.
const maxSchema = 16 << 20

// readSchema reads the schema that the user edited, if there is one.
func (j *job) readSchema(ctx context.Context) error {
	name := j.spec.Data.Schema
	if name == "" {
		return nil
	}
	text, err := store.ReadFile(ctx, name, maxSchema)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("%s: no such file", name)
	}
	if err != nil {
		return err
	}
	s, err := table.UnmarshalSchema(text)
	if err != nil {
		return fault.Usagef("%s: %v", name, err)
	}
	for _, c := range s.Columns {
		if _, err := dates.NamedAll(c.Layouts); err != nil {
			return fault.Usagef("%s: column %q: %v", name, c.Name, err)
		}
	}
	j.schema = &s
	j.targeted = j.spec.Goal.Target != "" || slices.Contains(j.command.writes, outdir.Model)
	if c, ok := s.ByRole(table.RoleTarget); ok && j.spec.Goal.Target == "" {
		j.spec.Goal.Target = c.Name
	}
	if c, ok := s.ByRole(table.RoleKey); ok && j.spec.Data.Key == "" {
		j.spec.Data.Key = c.Name
	}
	return nil
}

// longStage is from when on a stage says that it is done, where there is no terminal.
const longStage = time.Second

// stage does a part of the command, in a folder of its own, and notes how long
// it took.
func (j *job) stage(name string, do func(dir string) error) error {
	begun := time.Now()
	j.stages = append(j.stages, name)
	dir := j.stageDir(name)
	if err := store.MakeDir(dir); err != nil {
		return err
	}
	j.shown(name)
	j.log().Debug("begun", "stage", name)
	err := do(dir)
	j.run.Seconds[name] = float64(time.Since(begun).Round(time.Millisecond)) / 1e9
	j.log().Debug("done", "stage", name, "seconds", j.run.Seconds[name])
	if rows, _ := progress.Counts(); err == nil && time.Since(begun) >= longStage && !j.json && !term.IsTerminal(int(j.stderr.Fd())) {
		j.log().Info(fmt.Sprintf("%s: %s records in %.1f s", name, grouped(rows), j.run.Seconds[name]))
	}
	return err
}

// leftOut is how many records steps left out on purpose, of those that were refused.
func (j *job) leftOut(refused map[string]int64) (n int64) {
	for _, rule := range mapping.Filters(j.spec.Steps) {
		n += refused[rule]
	}
	return n
}

// count adds the records of a table to run.json. It is a fault of the data when
// more of them were refused than the spec allows.
func (j *job) count(t tableio.Table, c pipelines.Count) error {
	rows, err := j.run.count(c)
	if err != nil {
		return err
	}
	for _, p := range c.Planned {
		if p.Plan.Damage != "" {
			j.found = append(j.found, anomaly.Damaged(p.Name, p.Plan.Damage, p.Plan.Grid.Records))
		}
	}
	// Lines that hold no record are no loss, however many they are.
	none := c.Refused[csv.RuleEmpty] + c.Refused[csv.RuleNote] + j.leftOut(c.Refused)
	if n := rows.Refused - none; rows.Refused > 0 && (rows.Refused == rows.Read || tally.TooMany(n, rows.Read, j.spec.Limits.Rejects)) {
		return fault.Dataf("%s: %d of %d records were refused, more than limits.rejects allows; see %s", t.Name(), rows.Refused, rows.Read,
			store.Join(j.folder.Dir, outdir.Rejects))
	}
	return nil
}
