// Package outdir is the folder that a run writes, on this machine or in a
// bucket: worked on aside, and published as a whole, with run.json last.
package outdir

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
)

const (
	// prefix begins the names of what is not a result.
	prefix = ".beamline-"
	// claimFile is there while a run publishes.
	claimFile = prefix + "claim"
	// fitsDir holds what was fitted, for a run that comes after one that was killed.
	fitsDir = prefix + "fits"
	// maxRunFile bounds the run.json that is read.
	maxRunFile = 64 << 20
)

// Folder is an output folder, as the user named it, and the place in it where a
// run works, as any worker finds it.
type Folder struct {
	Dir, Work string
	made      bool   // the folder was not there before
	version   string // of the run.json that was there; empty when none was
	ran       []byte // that run.json
	origins   []Origin
	aside     map[string]string // new names of files that are there and stay
	stale     []string          // what an earlier run of the command has beside
	divided   []string          // files of the command that are of tables in other parts
	night     *Origin           // the last run of a nightly command, which gives way
	keep      int               // how many of those stay
	lock      io.Closer         // of Work
	fits      string            // where fits are kept, once it was asked for
}

// Open checks that a run may write the folder, and makes a place to work in it.
//
// Commands share a folder. What one of them wrote may be replaced by a run of the same
// inputs, and of others only with force; the reports, metrics and logs of other commands
// stay under a name that says whose they are, and so does what somebody edited.
func Open(ctx context.Context, dir string, use Use) (*Folder, error) {
	f := &Folder{Dir: dir}
	if err := unfinished(ctx, dir); err != nil {
		return nil, err
	}
	entries, err := store.List(ctx, dir)
	there, _ := store.Stat(ctx, dir)
	switch {
	case there.Name != "" && !there.Dir:
		return nil, fault.Usagef("output.dir: %s is a file, and no folder of results; choose another with --out", dir)
	case errors.Is(err, fs.ErrNotExist):
		f.made = true
	case store.Remote(dir) && err != nil:
		return nil, err
	case err != nil:
		return nil, fault.Usagef("%s: %v", dir, err)
	}
	if err := f.check(ctx, entries, use); err != nil {
		return nil, err
	}
	if err := f.begin(ctx); err != nil {
		return nil, fault.Wrap(err, "outdir")
	}
	f.sweep(ctx, entries)
	return f, nil
}

// unfinished carries on what a run that was killed had begun to publish.
func unfinished(ctx context.Context, dir string) error {
	if there, err := store.Exists(ctx, store.Join(dir, journalFile)); err != nil || !there {
		return nil // what is wrong with the folder is told by who lists it
	}
	release, err := claim(ctx, dir, "after a kill")
	if err != nil {
		return err
	}
	defer release()
	return fault.Wrap(carryOn(ctx, dir), "outdir")
}

// begin makes the place of work and locks it. It is also the proof that the
// folder can be written.
func (f *Folder) begin(ctx context.Context) error {
	if err := store.MakeDir(f.Dir); err != nil {
		return err
	}
	var err error
	if f.Work, err = store.Abs(store.Join(f.Dir, prefix+rand.Text())); err != nil {
		return err
	}
	if err = store.MakeDir(f.Work); err == nil {
		f.lock, err = lock(ctx, f.Work)
	}
	return err
}

// lock marks a place of work as in use, until it is closed or the process ends.
func lock(ctx context.Context, work string) (io.Closer, error) {
	if store.Remote(work) {
		return beat(ctx, work)
	}
	return Hold(work)
}

// sweep removes what runs left that were killed.
func (f *Folder) sweep(ctx context.Context, entries []store.Info) {
	for _, e := range entries {
		if name := store.Base(e.Name); e.Dir && name != fitsDir && strings.HasPrefix(name, prefix) && f.abandoned(ctx, e.Name) {
			store.RemoveAll(ctx, e.Name)
		}
	}
}

func (f *Folder) abandoned(ctx context.Context, work string) bool {
	if store.Remote(work) {
		return dead(ctx, work, f.Work)
	}
	return Abandoned(work)
}

// check refuses a folder of other people's files, and files that are not the run's to
// replace.
func (f *Folder) check(ctx context.Context, entries []store.Info, use Use) error {
	there := map[string]bool{}
	for _, e := range entries {
		if name := store.Base(e.Name); !strings.HasPrefix(name, prefix) {
			there[name] = true
		}
		if store.Base(e.Name) == Run {
			f.version = e.Version
		}
	}
	switch {
	case there[Run]:
	case len(there) == 0 || use.Force:
		return nil
	case there[Manifest]:
		return fault.Usagef("%s: the folder is a model, which holds no results; choose another with --out", f.Dir)
	default:
		return fault.Usagef("%s: the folder holds files but no %s, so they are not beamline's; choose another with --out", f.Dir, Run)
	}
	if err := f.readRun(ctx); err != nil {
		return err
	}
	return f.claimed(ctx, use, there)
}

// readRun notes who wrote each file. A run.json that can't be understood names
// none.
func (f *Folder) readRun(ctx context.Context) (err error) {
	if f.ran, err = store.ReadFile(ctx, store.Join(f.Dir, Run), maxRunFile); err != nil {
		return err
	}
	var was struct {
		Wrote []Origin `json:"wrote"`
	}
	if json.Unmarshal(f.ran, &was) == nil {
		f.origins = was.Wrote
	}
	return nil
}

// ReadRun reads the run.json of a folder, and reports whether it could be understood.
func ReadRun(ctx context.Context, dir string, run any) (bool, error) {
	body, err := store.ReadFile(ctx, store.Join(dir, Run), maxRunFile)
	return err == nil && json.Unmarshal(body, run) == nil, err
}

// Results are files by their names in the folder, and where they are now.
type Results map[string]string

// errMeanwhile says that another run published to the folder.
const errMeanwhile = "%s: another run wrote to this folder while this one worked; nothing was written. Give each its own folder with --out"

// Publish moves results to their places and writes run.json last. Of two runs
// that work on one folder at a time the first to publish wins; the other fails
// and changes nothing.
func (f *Folder) Publish(ctx context.Context, r Results, run any) error {
	body, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("outdir: %w", err)
	}
	release, err := claim(ctx, f.Dir, path.Base(f.Work))
	if err != nil {
		return err
	}
	defer release()
	if err := f.publish(ctx, r, append(body, '\n')); err != nil {
		return fault.Wrap(err, "outdir")
	}
	return nil
}

func (f *Folder) publish(ctx context.Context, r Results, run []byte) error {
	name := store.Join(f.Dir, Run)
	is, err := store.Stat(ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if is.Version != f.version {
		return f.meanwhile(store.ErrCondition)
	}
	steps, err := f.plan(ctx, r)
	if err != nil {
		return err
	}
	j := journal{steps, run}
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	for _, from := range r {
		if err := store.Settle(from, true); err != nil {
			return err
		}
	}
	// From here on it is decided: who is killed is carried on.
	if err := store.WriteFile(ctx, store.Join(f.Dir, journalFile), body, store.Condition{}); err != nil {
		return err
	}
	return j.apply(context.WithoutCancel(ctx), f.root())
}

// writeNew writes a file that must not be there. One that is there with that very
// content was written by a request whose answer was lost.
func writeNew(ctx context.Context, name string, body []byte) error {
	err := store.WriteFile(ctx, name, body, store.Condition{Absent: true})
	if !errors.Is(err, store.ErrCondition) {
		return err
	}
	if there, rerr := store.ReadFile(ctx, name, int64(len(body))); rerr == nil && bytes.Equal(there, body) {
		return nil
	}
	return err
}

func (f *Folder) meanwhile(err error) error {
	if errors.Is(err, store.ErrCondition) {
		return fault.Usagef(errMeanwhile, f.Dir)
	}
	return err
}

// A claim in a bucket is given up after claimTime, when the run that made it is dead.
// Publishing takes seconds.
const (
	claimTime = 10 * time.Minute
	claimWait = 30 * time.Second
)

// claim lets one run publish at a time. On this machine a claim ends with its process.
func claim(ctx context.Context, dir, who string) (release func(), err error) {
	take := claimLocal
	if store.Remote(dir) {
		take = claimRemote
	}
	deadline := time.Now().Add(claimWait)
	for {
		release, err := take(ctx, store.Join(dir, claimFile), who)
		if err != nil {
			return nil, fault.Wrap(err, "outdir")
		}
		if release != nil {
			return release, nil
		}
		if time.Now().After(deadline) {
			return nil, fault.Usagef(errMeanwhile, dir)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// claimRemote takes a claim, or one that was given up, by a file that must not be there.
// Where another has it, release is nil.
func claimRemote(ctx context.Context, name, who string) (release func(), err error) {
	err = writeNew(ctx, name, []byte(who+"\n"))
	if err == nil {
		return func() { store.Remove(context.WithoutCancel(ctx), name, store.Condition{}) }, nil
	}
	if !errors.Is(err, store.ErrCondition) {
		return nil, err
	}
	if held, err := store.Stat(ctx, name); err == nil && time.Since(held.Modified) > claimTime {
		store.Remove(ctx, name, store.Condition{Version: held.Version})
	}
	return nil, nil
}

// Fits returns where fits may be kept, as any worker finds it: beside the place of work, so
// that they outlive it where the run is killed.
func (f *Folder) Fits() (dir string, err error) {
	f.fits, err = store.Abs(store.Join(f.Dir, fitsDir))
	return f.fits, err
}

// Close removes the place of work, and a folder that was made for nothing. Fits are left
// only where the run was interrupted, which ctx says: the next one finds them.
func (f *Folder) Close(run context.Context) {
	ctx := context.Background()
	if f.lock != nil {
		f.lock.Close()
	}
	store.RemoveAll(ctx, f.Work)
	if f.fits != "" && run.Err() == nil {
		store.RemoveAll(ctx, f.fits)
	}
	if f.made && !store.Remote(f.Dir) {
		os.Remove(f.Dir) // fails, as it should, where something was published
	}
}
