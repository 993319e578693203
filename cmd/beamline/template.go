package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// A job that is launched from a template has no process that waits for it. It
// finds its files when it runs, works in a folder of its own name beside the
// results, and at its end does what the command does otherwise.

// templateWork is where the jobs of a template work, below the output folder.
const templateWork = ".beamline-template"

// ending is what the end of such a job has to know.
type ending struct {
	Spec   spec.Spec
	Data   []string
	Model  string
	Key    string
	Shards int
}

func init() { register.Function3x1(finishLater) }

// template writes a template of the command instead of running it.
func (j *job) template(ctx context.Context, name string) error {
	if j.command.name != scoreCommand.name {
		return fault.Usagef("template_location: %s can't be a template; score can", j.command.name)
	}
	for _, name := range j.reads() {
		if systems.Fetched(name) {
			return fault.Usagef("template_location: %s is asked by the process that launches a job, and a template has none", systems.Shown(name))
		}
	}
	if j.spec.Signing.Trust != "" {
		return fault.Usagef("signing.trust: a template uses whatever model is there when it is launched, which nobody looks at by then")
	}
	m, err := artifact.Load(ctx, j.modelDir())
	if err != nil {
		return err
	}
	j.follow(m)
	t, err := j.openFor(ctx, j.data)
	if err != nil {
		return err
	}
	if err := j.aim(ctx, t, m); err != nil {
		return err
	}
	// The folder must be one that the jobs may write, now and later.
	if err := j.open(ctx); err != nil {
		return err
	}
	j.folder.Close(ctx)
	t.Later = &tableio.Later{Args: j.data, Settings: reading(j.spec), Steps: j.spec.Steps, Key: t.Key}
	then, err := json.Marshal(ending{j.spec, j.data, j.modelDir(), t.Key, j.shards})
	if err != nil {
		return err
	}
	j.runner.Then = &pipelines.Then{Do: finishLater, With: string(then)}
	j.work = store.Join(j.spec.Output.Dir, templateWork)
	if _, err := pipelines.Score(ctx, j.runner, t, m, j.modelDir(), j.stageDir(scoreCommand.name), j.scoreFormat()); err != nil {
		return err
	}
	options := j.spec.Runner.Options
	j.files["template"] = name
	j.say("The template is %s. It scores %s into %s, as often as it is launched:", name, strings.Join(j.data, ", "), j.spec.Output.Dir)
	j.say("    beamline jobs launch %s %s --runner=dataflow --project=%s --region=%s", name, cmp.Or(options["job_name"], jobName(j.command.name, j.spec.Output.Dir)), options["project"], options["region"])
	return nil
}

// finishLater ends a job that was launched from a template.
func finishLater(ctx context.Context, then string, _ func(*string) bool) error {
	return fault.Carry(finish(ctx, then))
}

func finish(ctx context.Context, then string) error {
	var l ending
	if err := json.Unmarshal([]byte(then), &l); err != nil {
		return err
	}
	o := &options{shards: l.Shards, force: true, told: &answer{files: map[string]string{}}}
	j := &job{options: o, command: scoreCommand, answer: o.told, spec: l.Spec, data: l.Data}
	j.ready(l.Spec.Runner.Name)
	j.work = store.Join(l.Spec.Output.Dir, templateWork)
	dir := j.stageDir(scoreCommand.name)
	j.stages = []string{scoreCommand.name}
	c, err := pipelines.Counted(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an attempt before this one came to the end
	}
	if err != nil {
		return err
	}
	m, err := artifact.Load(ctx, l.Model)
	if err != nil {
		return err
	}
	if j.folder, err = outdir.Open(ctx, l.Spec.Output.Dir, outdir.Use{Command: scoreCommand.name, Files: j.writes, Force: true}); err != nil {
		return err
	}
	defer j.folder.Close(ctx)
	t, err := tableOf(c, l.Key)
	if err == nil {
		err = j.aim(ctx, t, m)
	}
	if err == nil {
		err = j.scored(t, m, c)
	}
	if err == nil {
		err = j.sayScored(ctx)
	}
	if err := j.conclude(ctx, err); err != nil {
		return err
	}
	return store.RemoveAll(ctx, j.work)
}

// tableOf is the table that was read.
func tableOf(c pipelines.Count, key string) (tableio.Table, error) {
	t := tableio.Table{Key: key}
	for _, p := range c.Planned {
		x, err := p.Source()
		if err != nil {
			return t, err
		}
		t.Sources, t.Columns = append(t.Sources, x), p.Columns
	}
	return t, nil
}
