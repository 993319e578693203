package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/runners"
)

const jobsHelp = `Jobs shows and ends jobs on a cluster, which --runner and its options name, or a
spec among the arguments:

    beamline jobs list beamline.yaml
    beamline jobs show ID --runner=dataflow --runner-option project=P --runner-option region=R

show prints what the runner says of the job, and beamline's counters. cancel ends
it at once; drain has a stream finish what it has read. launch starts a job from
a template, and says its id.`

// jobsCommand shows and ends jobs.
var jobsCommand = command{name: "jobs", args: "list | show | cancel | drain | launch", short: "jobs on a cluster: list, show, cancel, drain, launch", long: jobsHelp,
	subs: []command{
		onJobs("list", "[SPEC]", "the jobs that the runner knows", 0, (*options).listJobs),
		onJobs("show", "ID [SPEC]", "state, messages and counters of a job", 1, func(o *options, ctx context.Context, jobs runners.Jobs, args []string) error {
			return o.tellJob(jobs.Show(ctx, args[0]))
		}),
		onJobs("cancel", "ID [SPEC]", "end a job at once", 1, func(o *options, ctx context.Context, jobs runners.Jobs, args []string) error {
			return o.tellJob(jobs.Cancel(ctx, args[0]))
		}),
		onJobs("drain", "ID [SPEC]", "have a stream finish what it has read", 1, func(o *options, ctx context.Context, jobs runners.Jobs, args []string) error {
			return o.tellJob(jobs.Drain(ctx, args[0]))
		}),
		onJobs("launch", "TEMPLATE NAME [SPEC]", "start a job of that name from a template", 2, func(o *options, ctx context.Context, jobs runners.Jobs, args []string) error {
			id, err := jobs.Launch(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return o.tellJob(jobs.Show(ctx, id))
		}),
	}}

// onJobs is a command about jobs, which takes so many arguments.
func onJobs(name, args, short string, n int, do func(o *options, ctx context.Context, jobs runners.Jobs, args []string) error) command {
	return command{name: name, args: args, short: short, flags: []string{"runner", "runner-option", "json", "quiet"},
		do: func(ctx context.Context, o *options, given []string) error {
			o.told = &answer{files: map[string]string{}}
			jobs, rest, err := o.jobs(ctx, given)
			if err != nil {
				return err
			}
			if len(rest) != n {
				return fault.Usagef("usage: beamline jobs %s %s", name, args)
			}
			return do(o, ctx, jobs, rest)
		}}
}

// jobs connects to the cluster, and returns the arguments that are no spec.
func (o *options) jobs(ctx context.Context, args []string) (runners.Jobs, []string, error) {
	s, rest, err := o.spec(ctx, args)
	if err != nil {
		return nil, nil, err
	}
	r, err := o.launcher(s, "beamline")
	if err != nil {
		return nil, nil, err
	}
	cluster, ok := r.Runner.(runners.Cluster)
	if !ok {
		return nil, nil, fault.Usagef("runner: %s has no jobs that outlive a command; name a cluster with --runner=flink or --runner=dataflow", r.Runner.Name())
	}
	jobs, err := cluster.Jobs(ctx)
	return jobs, rest, err
}

func (o *options) listJobs(ctx context.Context, jobs runners.Jobs, _ []string) error {
	all, err := jobs.List(ctx)
	if err != nil {
		return err
	}
	if o.json {
		return o.printJSON(append([]runners.Job{}, all...))
	}
	w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSTATE\tCREATED")
	for _, j := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", j.ID, j.Name, j.State, j.Created)
	}
	return w.Flush()
}

// tellJob prints a job.
func (o *options) tellJob(j runners.Job, err error) error {
	if err != nil {
		return err
	}
	if o.json {
		return o.printJSON(j)
	}
	fmt.Fprintf(o.stdout, "%s  %s  %s  %s\n", j.ID, j.Name, j.State, j.Created)
	for _, m := range j.Messages {
		fmt.Fprintln(o.stdout, "  "+m)
	}
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(j.Counters)) {
		counts = append(counts, fmt.Sprintf("%s %s", name, grouped(j.Counters[name])))
	}
	if len(counts) > 0 {
		fmt.Fprintln(o.stdout, "  counters:", strings.Join(counts, ", "))
	}
	return nil
}

func (o *options) printJSON(v any) error {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.stdout, string(body))
	o.json = false // it is said
	return err
}
