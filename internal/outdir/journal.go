package outdir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
)

// journalFile is there from when a run's results are decided on until they are in their
// places. What is killed in between is carried on by the next that opens the folder, so that
// it holds what it held before, or the results as a whole.
const journalFile = prefix + "journal"

// maxJournal bounds the journal that is read.
const maxJournal = 2 * maxRunFile

// journal is what is left to do to publish results.
type journal struct {
	Steps []step `json:"steps"`
	Run   []byte `json:"run"` // the run.json that is written last
}

// step moves a file, writes one, or removes one or a folder. All can be done twice. Names are
// below the folder.
type step struct {
	From  string   `json:"from,omitempty"` // to be moved
	To    string   `json:"to"`
	Write []byte   `json:"write,omitempty"` // to be written
	Drop  bool     `json:"drop,omitempty"`  // to be removed
	Only  []string `json:"only,omitempty"`  // all that a folder is to hold
}

// plan lists the steps that publish results: what is of others, or was edited, goes beside,
// the last night to those before, and the results to their places.
func (f *Folder) plan(ctx context.Context, r Results) ([]step, error) {
	steps := []step{{To: Run, Drop: true}} // without it nothing here is complete
	for _, name := range slices.Sorted(maps.Keys(f.aside)) {
		if r[name] != "" {
			aside, err := f.moves(ctx, name, f.aside[name])
			if err != nil {
				return nil, err
			}
			steps = append(steps, aside...)
		}
	}
	for _, name := range f.superseded(r) {
		steps = append(steps, step{To: name, Drop: true})
	}
	if f.night != nil {
		night, err := f.planNight(ctx)
		if err != nil {
			return nil, err
		}
		steps = append(steps, night...)
	}
	for _, name := range slices.Sorted(maps.Keys(r)) {
		abs, err := store.Abs(r[name])
		if err != nil {
			return nil, err
		}
		from, ok := strings.CutPrefix(abs, f.root()+"/")
		if !ok {
			return nil, fmt.Errorf("%s is not in %s", r[name], f.Dir)
		}
		moves, err := f.moves(ctx, from, name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, moves...)
	}
	return steps, nil
}

// moves are the steps that move a file, or a folder in the place of another: file by file,
// since those of a bucket are copied, and a kill may come between two of them.
func (f *Folder) moves(ctx context.Context, from, to string) ([]step, error) {
	files, err := store.Files(ctx, store.Join(f.root(), from))
	if err != nil || len(files) == 0 {
		return []step{{From: from, To: to}}, err
	}
	var steps []step
	var only []string
	for _, i := range files {
		name := strings.TrimPrefix(filepath.ToSlash(i.Name), store.Join(f.root(), from)+"/")
		steps, only = append(steps, step{From: from + "/" + name, To: to + "/" + name}), append(only, name)
	}
	return append(steps, step{To: to, Only: only}), nil
}

// root is the folder as its place of work names it.
func (f *Folder) root() string { return store.Dir(f.Work) }

// do does a step, if it was not done before.
func (s step) do(ctx context.Context, dir string) error {
	to := store.Join(dir, s.To)
	if s.Drop {
		return store.RemoveAll(ctx, to)
	}
	if s.Only != nil {
		return s.prune(ctx, to)
	}
	err := store.MakeDir(store.Dir(to))
	switch {
	case err != nil:
		return err
	case s.Write != nil:
		return store.WriteFile(ctx, to, s.Write, store.Condition{})
	}
	from := store.Join(dir, s.From)
	if there, err := store.Exists(ctx, from); err != nil || !there { // moved before: what is in its place is not to be touched
		return err
	}
	return store.Move(ctx, from, to)
}

// prune removes what a folder holds beside what it is to hold.
func (s step) prune(ctx context.Context, dir string) error {
	files, err := store.Files(ctx, dir)
	if err != nil {
		return err
	}
	for _, i := range files {
		if slices.Contains(s.Only, strings.TrimPrefix(filepath.ToSlash(i.Name), dir+"/")) {
			continue
		}
		if err := store.Remove(ctx, i.Name, store.Condition{}); err != nil {
			return err
		}
	}
	return nil
}

// apply does the steps that are not done yet, and ends with run.json.
func (j journal) apply(ctx context.Context, dir string) error {
	for _, s := range j.Steps {
		if err := s.do(ctx, dir); err != nil {
			return err
		}
	}
	if err := store.Settle(dir, false); err != nil {
		return err
	}
	if err := store.WriteFile(ctx, store.Join(dir, Run), j.Run, store.Condition{}); err != nil {
		return err
	}
	return store.Remove(ctx, store.Join(dir, journalFile), store.Condition{})
}

// carryOn ends what a run that was killed had begun to publish.
func carryOn(ctx context.Context, dir string) error {
	name := store.Join(dir, journalFile)
	text, err := store.ReadFile(ctx, name, maxJournal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var j journal
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, s := range j.Steps {
		for _, n := range []string{s.From, s.To} {
			if n != "" && !inside(dir, n) || s.To == "" || s.Write != nil && path.Base(s.To) != Run {
				return fault.Usagef("%s was not written by beamline: it names %q; remove it", name, n)
			}
		}
	}
	return j.apply(ctx, dir)
}

// inside reports whether a name is that of something in a folder, by way of no link: a
// journal may come with a folder that somebody else made.
func inside(dir, name string) bool {
	if name == "." || !fs.ValidPath(name) {
		return false
	}
	for at := name; at != "." && !store.Remote(dir); at = path.Dir(at) {
		if i, err := os.Lstat(filepath.Join(dir, at)); err == nil && i.Mode()&fs.ModeSymlink != 0 {
			return false
		}
	}
	return true
}
