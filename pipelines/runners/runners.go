// Package runners is what pipelines run on, behind one interface: this process, or a
// cluster. A runner is a file with a line in Kinds.
package runners

import (
	"context"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/fault"
)

// Runner carries pipelines out. One that has its workers elsewhere is a Cluster too.
type Runner interface {
	Name() string
	// Run carries a pipeline out and waits for its end. started is told the id of the
	// job, where it has one. Cancelling ctx ends the job.
	Run(ctx context.Context, p *beam.Pipeline, started func(id string)) error
	// Branches is how many copies of a stage share its work. Within a process the
	// functions of a stage use all cores as they are.
	Branches() int
}

// Cluster is a runner whose workers are elsewhere.
type Cluster interface {
	Runner
	// Reach refuses what can't be launched, and files and folders that the workers can't
	// see by their names, before anything is opened.
	Reach(names ...string) error
	// Probes says that a small job should find out what the workers see.
	Probes() bool
	// Jobs connects to the cluster.
	Jobs(ctx context.Context) (Jobs, error)
}

// Templates is a runner that may leave a template of a job, instead of running it.
type Templates interface {
	// Template is where it is to be left, or empty.
	Template() string
}

// Ends is a runner whose pipelines must end in something of its own.
type Ends interface {
	End(s beam.Scope, last beam.PCollection)
}

// Kind is a runner that can be named.
type Kind struct {
	Name string
	Line string // of the list of runners
	Help string // what options it takes
	// New makes the runner, and refuses options that can't work. job is the name of jobs
	// where no option says another.
	New func(options map[string]string, job string) (Runner, error)
	// Flags are options that are also taken as flags, as Beam's own launcher does.
	Flags []Flag
}

// Flag is an option that is taken as a flag.
type Flag struct {
	Name   string
	Switch bool // true where it has no value
}

// Kinds are all runners; the first is the default.
var Kinds = []Kind{directKind, prismKind, flinkKind, dataflowKind}

// Names are the names of all runners.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// Default is the name of the runner that is used where none is named.
func Default() string { return Kinds[0].Name }

// New makes the runner of that name.
func New(name string, options map[string]string, job string) (Runner, error) {
	for _, k := range Kinds {
		if k.Name == name {
			return k.New(options, job)
		}
	}
	return nil, fault.Usagef("runner: unknown runner %q%s; one of %s", name, fault.Hint(name, Names(), ""), strings.Join(Names(), ", "))
}
