package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/pipelines/runners"
)

func init() { register.DoFn2x1[context.Context, string, error](&probeFn{}) }

// probe is what a worker must be able to do.
type probe struct {
	Reads   []string // files, folders and globs
	Write   string   // a folder
	Program string   // what the workers must run
}

// Probe runs a small job that finds out whether the workers of a cluster see the
// data, may write the folder, and run the program that this process is. It is
// asked before the first job of a command, so that what is wrong is found in
// seconds. Where the launcher is the worker there is nothing to find out, and on
// Dataflow Reach does with names what starting machines would take minutes for.
func (r Launcher) Probe(ctx context.Context, reads []string, write string) error {
	cluster, ok := r.Runner.(runners.Cluster)
	if !ok || !cluster.Probes() {
		return nil
	}
	p := probe{Write: write, Program: program()}
	for _, name := range reads {
		if systems.Fetched(name) {
			continue
		}
		err := readable(ctx, name)
		if err != nil {
			return nil // the command says so itself, and better
		}
		p.Reads = append(p.Reads, systems.Path(name, func(path string) string {
			var abs string
			abs, err = store.Abs(path)
			return abs
		}))
		if err != nil {
			return err
		}
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	const each = 4 // so that most likely every slot gets one
	probes := make([]string, each*r.Runner.Branches())
	for i := range probes {
		probes[i] = string(body)
	}
	r.Started = nil
	return r.Run(ctx, func(s beam.Scope) error {
		s = s.Scope("Probe")
		beam.ParDo0(s, &probeFn{}, beam.Reshuffle(s, beam.CreateList(s, probes)))
		return nil
	})
}

type probeFn struct{}

func (*probeFn) ProcessElement(ctx context.Context, text string) error {
	var p probe
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	return fault.Carry(p.do(ctx))
}

func (p probe) do(ctx context.Context) error {
	host, _ := os.Hostname()
	if is := program(); is != p.Program {
		return fault.Usagef("the worker on %s runs another program: %s, and this is %s", host, is, p.Program)
	}
	for _, name := range p.Reads {
		if err := readable(ctx, name); err != nil {
			return fault.Usagef("the worker on %s can't read what this process reads: %v; a cluster needs data on a file system that all see, or in a bucket", host, err)
		}
	}
	dir, err := os.MkdirTemp("", "probe-*") // a name that no other probe has
	if err != nil {
		return fmt.Errorf("the worker on %s can't write temporary files: %w", host, err)
	}
	defer os.Remove(dir)
	name := store.Join(p.Write, store.Base(dir)+"-"+host)
	if err := store.WriteFile(ctx, name, nil, store.Condition{}); err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return fault.Usagef("the worker on %s can't write the output folder: %v; a cluster needs one on a file system that all see, or in a bucket", host, err)
		}
		return err
	}
	return store.Remove(ctx, name, store.Condition{})
}

// readable finds out whether all that the name stands for can be opened. What names a
// table of a database is found whole.
func readable(ctx context.Context, name string) error {
	if systems.Database(name) {
		ctx, release := source.Holding(ctx)
		defer release()
		_, err := systems.Find(ctx, []string{name}, csv.Settings{})
		return err
	}
	files, err := files.Expand(ctx, []string{name})
	for _, f := range files {
		var r *store.File
		if r, err = f.Raw(ctx); err != nil {
			return err
		}
		r.Close()
	}
	return err
}

// program names the program that this process is, by its version and sources.
func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := []string{info.Main.Version}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs.") {
			out = append(out, s.Value)
		}
	}
	return strings.Join(out, " ")
}
