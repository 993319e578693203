package runners

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines/dataflow"
)

// dataflowKind is Google Cloud Dataflow.
var dataflowKind = Kind{
	Name: "dataflow", Line: "on Google Cloud Dataflow",
	Help: `dataflow needs

    project=P  region=R              where the jobs run
    staging_location=gs://B/FOLDER   for the program, which sends itself, and the graph

and takes the options of Beam's launcher by their names, such as temp_location,
num_workers, max_num_workers, worker_machine_type, network, subnetwork,
no_use_public_ips, service_account_email, labels (a=b,c=d), job_name and
worker_binary. With template_location=gs://B/NAME score writes a template instead
of a job; see beamline jobs --help.`,
	New: func(options map[string]string, job string) (Runner, error) {
		o, err := dataflow.Parse(options, job)
		return onDataflow{o}, err
	},
	Flags: dataflowFlags(),
}

func dataflowFlags() (flags []Flag) {
	for _, name := range dataflow.Names() {
		flags = append(flags, Flag{name, dataflow.Switch(name)})
	}
	return flags
}

type onDataflow struct{ options dataflow.Options }

func (onDataflow) Name() string { return "dataflow" }

func (d onDataflow) Run(ctx context.Context, p *beam.Pipeline, started func(id string)) error {
	return dataflow.Run(ctx, p, d.options, started)
}

func (d onDataflow) Branches() int {
	const least = 4 // a worker has several threads
	return int(max(d.options.NumWorkers, d.options.MaxNumWorkers, least))
}

func (d onDataflow) Reach(names ...string) error {
	if err := d.options.CheckLaunch(); err != nil {
		return err
	}
	for _, name := range names {
		if !store.Remote(name) {
			return fault.Usagef("%s: the workers of dataflow can't see files of this machine; use a bucket: gs://BUCKET/...", name)
		}
	}
	return nil
}

// Probes is false: Reach does with names what starting machines would take minutes for.
func (onDataflow) Probes() bool { return false }

func (d onDataflow) Jobs(ctx context.Context) (Jobs, error) {
	s, err := dataflow.Connect(ctx, d.options)
	return dataflowJobs{s}, err
}

// Template implements Templates.
func (d onDataflow) Template() string { return d.options.TemplateLocation }
