package outdir

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
)

// Origin is a run that files of a folder are of.
type Origin struct {
	Command string   `json:"command"` // that wrote them
	At      string   `json:"at"`      // when it ended, RFC 3339
	From    []string `json:"from"`    // its sources, as the user named them
	Inputs  []string `json:"inputs"`  // the content of each, or Live and its name where that changes
	// Files are its files that are still there; of those that people edit with the SHA-256
	// of what was written.
	Files map[string]string `json:"files"`
}

// Live begins what stands for an input whose content changes under its name.
const Live = "live "

// Use is what a run wants with a folder.
type Use struct {
	Command string
	Files   []string // that it will publish
	Force   bool     // write over what is there
	// Nightly says that the command's own files are replaced also where they are of other
	// inputs. Those of the last Keep runs stay in the folder "before".
	Nightly bool
	Keep    int
	// Inputs tells the content of the sources, as Origin has it; it is asked for only where
	// a file is there already.
	Inputs func() ([]string, error)
}

var (
	// logs are replaced by every run.
	logs = map[string]bool{Run: true, Rejects: true, Changes: true, Proposals: true, Anomalies: true}
	// spoken are files that say what a run found; those of other commands stay beside.
	spoken = map[string]bool{Report: true, Metrics: true}
	// edited are files that people edit.
	edited = map[string]bool{Schema: true, Proposals: true}
)

// before holds what earlier nights wrote.
const before = "before"

// claimed decides what becomes of the files that are there, and refuses where a run would
// write over what is not its own.
func (f *Folder) claimed(ctx context.Context, use Use, there map[string]bool) error {
	f.aside, f.keep = map[string]string{}, use.Keep
	f.divided = f.otherwise(use, there)
	var own []string
	for _, name := range slices.Concat(use.Files, f.divided) {
		if own := beside(name, use.Command); there[own] && f.origin(own) != nil {
			f.stale = append(f.stale, own)
		}
		if !there[name] {
			continue
		}
		o := f.origin(name)
		if changed, err := f.edited(ctx, name, o); err != nil {
			return err
		} else if changed {
			f.aside[name] = beside(name, "edited")
			continue
		}
		if use.Force || name == Run {
			continue
		}
		if own == nil {
			var err error
			if own, err = use.Inputs(); err != nil {
				return err
			}
		}
		if err := f.settle(ctx, use, name, o, own); err != nil {
			return err
		}
	}
	return nil
}

// otherwise are the files of an earlier run of the command that are tables which this one
// publishes in other parts: whoever reads all parts would read those too.
func (f *Folder) otherwise(use Use, there map[string]bool) (names []string) {
	tables := map[string]bool{}
	for _, name := range use.Files {
		tables[whole(name)] = true
	}
	for name := range there {
		if o := f.origin(name); o != nil && o.Command == use.Command && tables[whole(name)] && !slices.Contains(use.Files, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// superseded are the files that results replace under other names.
func (f *Folder) superseded(r Results) []string {
	names := slices.Clone(f.stale)
	tables := map[string]bool{}
	for name := range r {
		tables[whole(name)] = true
	}
	for _, name := range f.divided {
		if tables[whole(name)] && !f.kept(name) {
			names = append(names, name)
		}
	}
	return names
}

// settle decides what becomes of one file.
func (f *Folder) settle(ctx context.Context, use Use, name string, o *Origin, own []string) error {
	switch {
	case o == nil && logs[name]:
	case o == nil:
		return fault.Usagef("%s is there already, and no command of beamline says that it wrote it; write over it with --force, or choose another folder with --out",
			store.Join(f.Dir, name))
	case use.Nightly && o.Command == use.Command && slices.ContainsFunc(own, func(x string) bool { return strings.HasPrefix(x, Live) }):
		f.night = o // whether it is the same night can't be told
	case within(o.Inputs, own) || within(own, o.Inputs):
		if o.Command != use.Command && spoken[name] {
			f.aside[name] = beside(name, o.Command)
		}
	case use.Nightly && o.Command == use.Command:
		f.night = o
	case o.Command != use.Command && (spoken[name] || logs[name]):
		if full, err := f.hasRecords(ctx, name); err != nil || !full {
			return err
		}
		f.aside[name] = beside(name, o.Command)
	case logs[name]:
	default:
		return fault.Usagef("%s is there already: %s; write over it with --force, or choose another folder with --out", store.Join(f.Dir, name), o)
	}
	return nil
}

// String says who wrote a file, when, and from what.
func (o *Origin) String() string {
	at := o.At
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		at = t.Local().Format("2006-01-02 15:04")
	}
	from := strings.Join(o.From, ", ")
	if n := len(o.From); n > 2 {
		from = fmt.Sprintf("%s and %d more", o.From[0], n-1)
	}
	return fmt.Sprintf("%s wrote it on %s from %s", o.Command, at, from)
}

// within reports whether all of a stand in b.
func within(a, b []string) bool {
	return !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}

// beside is the name under which a file stays where another takes its place.
func beside(name, why string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "-" + why + ext
}

// origin is the run that a file is of, nil where none is known.
func (f *Folder) origin(name string) *Origin {
	for i := range f.origins {
		if _, ok := f.origins[i].Files[name]; ok {
			return &f.origins[i]
		}
	}
	return nil
}

// edited reports whether somebody changed a file since it was written.
func (f *Folder) edited(ctx context.Context, name string, o *Origin) (bool, error) {
	if o == nil || o.Files[name] == "" {
		return false, nil
	}
	sum, err := digest(ctx, store.Join(f.Dir, name))
	return err == nil && sum != o.Files[name], err
}

// maxEdited bounds the files that people edit, in bytes.
const maxEdited = 1 << 30

func digest(ctx context.Context, name string) (string, error) {
	body, err := store.ReadFile(ctx, name, maxEdited)
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), err
}

// hasRecords reports whether a file says more than what its columns are.
func (f *Folder) hasRecords(ctx context.Context, name string) (bool, error) {
	in, err := store.Open(ctx, store.Join(f.Dir, name))
	if err != nil {
		return false, err
	}
	defer in.Close()
	head := make([]byte, min(in.Size, 4096))
	if _, err := in.ReadAt(head, 0); err != nil && len(head) > 0 {
		return false, err
	}
	if path.Ext(name) != ".csv" {
		return len(head) > 0, nil
	}
	_, records, _ := bytes.Cut(head, []byte("\n"))
	return len(records) > 0, nil
}

// Wrote returns who wrote each file of the folder, once the results are published by a run.
func (f *Folder) Wrote(ctx context.Context, r Results, run Origin) ([]Origin, error) {
	run.Files = map[string]string{Run: ""}
	for name, from := range r {
		run.Files[name] = ""
		if edited[name] {
			var err error
			if run.Files[name], err = digest(ctx, from); err != nil {
				return nil, err
			}
		}
	}
	out, gone := []Origin{run}, f.superseded(r)
	entries, err := store.List(ctx, f.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, o := range f.origins {
		was := o.Files
		o.Files = map[string]string{}
		for _, e := range entries {
			name := store.Base(e.Name)
			sum, ok := was[name]
			if _, again := run.Files[name]; !ok || again || f.kept(name) || slices.Contains(gone, name) {
				continue
			}
			o.Files[name] = sum
		}
		for name, to := range f.aside {
			if _, ok := was[name]; ok && r[name] != "" {
				o.Files[to] = ""
			}
		}
		if len(o.Files) > 0 {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b Origin) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.Command, b.Command)) })
	return out, nil
}

// kept reports whether a file of the last night goes to those of before.
func (f *Folder) kept(name string) bool {
	if f.night == nil {
		return false
	}
	_, ok := f.night.Files[name]
	return ok
}

// Aside are the files that stay under another name, by the name that they had.
func (f *Folder) Aside() map[string]string { return maps.Clone(f.aside) }

// planNight moves the files of the last night, and removes those of the nights that are too
// many. Its run.json is gone from the folder by then, and is written from what was read.
func (f *Folder) planNight(ctx context.Context) (steps []step, err error) {
	night := strings.NewReplacer(":", ".").Replace(cmp.Or(f.night.At, "unknown"))
	for _, name := range slices.Sorted(maps.Keys(f.night.Files)) {
		to := before + "/" + night + "/" + name
		switch {
		case f.keep == 0:
			steps = append(steps, step{To: name, Drop: true})
		case name == Run:
			steps = append(steps, step{To: to, Write: f.ran})
		default:
			moves, err := f.moves(ctx, name, to)
			if err != nil {
				return nil, err
			}
			steps = append(steps, moves...)
		}
	}
	nights, err := store.List(ctx, store.Join(f.Dir, before))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, n := range nights {
		names = append(names, store.Base(n.Name))
	}
	if f.keep > 0 && !slices.Contains(names, night) {
		names = append(names, night)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	for _, name := range names[min(f.keep, len(names)):] {
		steps = append(steps, step{To: before + "/" + name, Drop: true})
	}
	return steps, nil
}
