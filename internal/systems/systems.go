// Package systems lists what tables are read from and written to.
package systems

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/api"
	"github.com/beamline-go/beamline/internal/bigquery"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/postgres"
	"github.com/beamline-go/beamline/internal/rejects"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/sqlite"
)

// sources are the systems that tables are in, by the kind under which they travel.
var sources = map[string]func() source.Source{
	"file":     func() source.Source { return &files.File{} },
	"postgres": func() source.Source { return &postgres.Source{} },
	"sqlite":   func() source.Source { return &sqlite.Source{} },
	"bigquery": func() source.Source { return &bigquery.Source{} },
	"api":      func() source.Source { return &api.Source{} },
	"rejects":  func() source.Source { return &rejects.Source{} },
	"mapped":   func() source.Source { return &Mapped{} },
}

// finders find the sources that an argument of a command names; the first that takes
// an argument finds them.
var finders = []finder{
	{takes: postgres.Takes, find: each(postgres.Find)},
	{takes: sqlite.Takes, find: each(sqlite.Find), split: sqlite.Split, join: sqlite.Join},
	{takes: bigquery.Takes, find: each(bigquery.Find)},
	{takes: api.Takes, find: each(api.Find), shown: api.Shown, fetched: true, newer: api.Newer},
	{takes: rejects.Takes, find: rejects.Find, versions: files.Versions, path: true},
	{takes: func(string) bool { return true }, find: files.Find, versions: files.Versions, path: true},
}

// finder finds sources. The arguments that it is given are those that it takes, and
// that stand side by side.
type finder struct {
	takes func(arg string) bool
	find  func(ctx context.Context, args []string, s csv.Settings) ([]source.Source, error)
	// versions tells the versions of what arguments name, by its names, before it is
	// read; it is nil where the name says it all, as that of a source that is Live does.
	versions func(ctx context.Context, args []string) (names []string, versions []source.Version, err error)
	shown    func(arg string) string // without what is secret; place.Shown where it is nil
	// fetched says that this process alone asks for it, once.
	fetched bool
	newer   func(arg, mark string) string // asks for what is newer than a mark; may be nil
	path    bool                          // the argument is the path of a file
	// split and join take an argument apart in which the path of a file is; nil where the
	// argument is a path, or has none.
	split func(arg string) (path, rest string)
	join  func(path, rest string) string
}

// each finds the source of one argument after the other.
func each[T source.Source](find func(ctx context.Context, arg string, s csv.Settings) (T, error)) func(context.Context, []string, csv.Settings) ([]source.Source, error) {
	return func(ctx context.Context, args []string, s csv.Settings) (all []source.Source, err error) {
		for _, a := range args {
			x, err := find(ctx, a, s)
			if err != nil {
				return nil, err
			}
			all = append(all, x)
		}
		return all, nil
	}
}

// sinks are the systems that tables go to, by the kind under which they travel.
var sinks = map[string]func() sink.Sink{
	"lines": func() sink.Sink { return &sink.Lines{} },
	"table": func() sink.Sink { return &sink.Table{} },
	"kept":  func() sink.Sink { return &sink.Kept{} },
	"load":  func() sink.Sink { return &Load{} },
	"stage": func() sink.Sink { return &sink.Stage{} },
}

// targets are the systems that take rows as a whole, by the arguments that name them.
var targets = []struct {
	takes func(arg string) bool
	open  func(name string) (sink.Target, error)
	shape string // of the arguments
}{
	{postgres.Takes, postgres.OpenTarget, "postgres://user@host/db?table=NAME"},
	{sqlite.Takes, sqlite.OpenTarget, "sqlite:FILE?table=NAME"},
	{bigquery.Takes, bigquery.OpenTarget, "bigquery://PROJECT.DATASET.TABLE"},
}

// Target returns the target that a name names.
func Target(name string) (sink.Target, error) {
	for _, t := range targets {
		if t.takes(name) {
			return t.open(name)
		}
	}
	return nil, fault.Usagef("%s: it names no table of a database (%s); files are written to the folder of --out", place.Shown(name), Targets())
}

// IsTarget reports whether a name is that of a target.
func IsTarget(name string) bool {
	for _, t := range targets {
		if t.takes(name) {
			return true
		}
	}
	return false
}

// Targets says how targets are named.
func Targets() string {
	shapes := make([]string, len(targets))
	for i, t := range targets {
		shapes[i] = t.shape
	}
	return strings.Join(shapes, ", ")
}

// Find returns the sources that arguments name, in their order.
func Find(ctx context.Context, args []string, s csv.Settings) (all []source.Source, err error) {
	for from, to := 0, 0; from < len(args) || from == 0; from = max(to, 1) {
		f := len(finders) - 1
		for to = from; to < len(args) && (to == from || finderOf(args[to]) == f); to++ {
			f = finderOf(args[to])
		}
		found, err := finders[f].find(ctx, args[from:to], s)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func finderOf(arg string) int {
	return slices.IndexFunc(finders, func(f finder) bool { return f.takes(arg) })
}

// Shown is an argument without what may be secret in it.
func Shown(arg string) string {
	if f := finders[finderOf(arg)]; f.shown != nil {
		return f.shown(arg)
	}
	return place.Shown(arg)
}

// Title is a short name of what an argument names: that of a file, a table or a host.
func Title(arg string) string {
	if !Database(arg) {
		return strings.TrimSuffix(path.Base(arg), path.Ext(arg))
	}
	if p, err := place.Parse(arg); err == nil && p.Table != "" {
		return p.Table
	}
	return path.Base(strings.SplitN(Shown(arg), "?", 2)[0])
}

// Fetched reports whether what an argument names is asked for once, by the process that
// finds it.
func Fetched(arg string) bool { return finders[finderOf(arg)].fetched }

// Database reports whether an argument names a table of a database, and no file.
func Database(arg string) bool { return !finders[finderOf(arg)].path }

// Versions tells the versions of what arguments name, by its names, before it is read.
func Versions(ctx context.Context, args []string) (names []string, versions []source.Version, err error) {
	for i, arg := range args {
		f := finders[finderOf(arg)]
		if f.versions == nil {
			names, versions = append(names, Shown(arg)), append(versions, source.Version{})
			continue
		}
		n, v, err := f.versions(ctx, args[i:i+1])
		if err != nil {
			return nil, nil, err
		}
		names, versions = append(names, n...), append(versions, v...)
	}
	return names, versions, nil
}

// Newer is an argument that asks for what is newer than a mark of an earlier run, where
// what it names can be asked for that.
func Newer(arg, mark string) string {
	if f := finders[finderOf(arg)]; f.newer != nil {
		return f.newer(arg, mark)
	}
	return arg
}

// Path applies a function to the path of a file that an argument has in it, if it has one.
func Path(arg string, mend func(path string) string) string {
	f := finders[finderOf(arg)]
	switch {
	case f.split != nil:
		path, rest := f.split(arg)
		return f.join(mend(path), rest)
	case f.path:
		return mend(arg)
	}
	return arg
}

// Spec is a source or a sink as it travels.
type Spec struct {
	Kind string
	Is   json.RawMessage
}

// Describe returns the spec of a source or a sink.
func Describe(x any) (Spec, error) {
	kind := kindOf(sources, x)
	if kind == "" {
		kind = kindOf(sinks, x)
	}
	if kind == "" {
		return Spec{}, fmt.Errorf("systems: %T is in no list", x)
	}
	is, err := json.Marshal(x)
	if err != nil {
		return Spec{}, fmt.Errorf("systems: %s: %w", kind, err)
	}
	return Spec{kind, is}, nil
}

// kindOf is the kind of which x is, or empty.
func kindOf[T any](list map[string]func() T, x any) (kind string) {
	for k, make := range list {
		if reflect.TypeOf(make()) == reflect.TypeOf(x) {
			return k
		}
	}
	return ""
}

// Source returns the source of a spec.
func (s Spec) Source() (source.Source, error) { return open(sources, s) }

// Sink returns the sink of a spec.
func (s Spec) Sink() (sink.Sink, error) { return open(sinks, s) }

func open[T any](list map[string]func() T, s Spec) (out T, err error) {
	make := list[s.Kind]
	if make == nil {
		return out, fmt.Errorf("systems: there is no kind %q", s.Kind)
	}
	out = make()
	if err := json.Unmarshal(s.Is, out); err != nil {
		return out, fmt.Errorf("systems: %s: %w", s.Kind, err)
	}
	return out, nil
}
