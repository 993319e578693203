// Package train selects and fits a model as a Beam pipeline. Rows are staged
// once; each piece of work names them, and each process reads them once.
// Candidates times folds is a collection, so that a cluster works on many at a
// time; what is chosen does not depend on who did what.
package train

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/dedupe"
	"github.com/beamline-go/beamline/transforms/result"
)

func init() {
	beam.RegisterDoFn(&fitFn{})
	beam.RegisterDoFn(&chooseFn{})
	beam.RegisterDoFn(&finishFn{})
	beam.RegisterDoFn(&assembleFn{})
	register.Emitter1[Fitted]()
	register.Emitter1[Decision]()
	register.Emitter1[Finished]()
	register.Emitter1[result.Item]()
	register.Iter1[Fitted]()
	register.Iter1[Decision]()
	register.Iter1[Finished]()
	beam.RegisterCoder(reflect.TypeFor[Fitted](), encodeFitted, decodeFitted)
	beam.RegisterCoder(reflect.TypeFor[Decision](), encodeDecision, decodeDecision)
	beam.RegisterCoder(reflect.TypeFor[Finished](), encodeFinished, decodeFinished)
}

// Job is all that training has to know, beside what was learned of the table,
// which is in Dir; it travels as JSON.
type Job struct {
	Goal       training.Goal
	Split      training.Split
	Candidates []training.Candidate
	Seed       uint64
	Steps      []mapping.Step // that were done to the rows before they were cleaned
	Inputs     []string       // the columns that they were done to
	Deadline   time.Time      `json:",omitzero"` // no candidate is begun to be measured then; zero for none
	Dir        string         // where cleaning.Learned is, and the result is written
	Fits       string         // where fitted models are written, and those of a run before this one found; Dir where it is empty
}

// Fitted is the result of an item; the fitted model itself is in a file.
type Fitted struct {
	Item    training.Item
	Outputs []float64
	Refused string // a fault, as fault.Text has it, instead of all that
	Late    bool   // it was not begun, since the deadline had passed
}

// Decision is what was chosen.
type Decision struct {
	Choice training.Choice
	Late   []string // candidates that were not measured, since the deadline had passed
	// Refused is a fault, as fault.Text has it, where nothing could be chosen.
	Refused string
}

// Finished is a fit on all rows, which is in a file, or the importances that a fold speaks
// for.
type Finished struct {
	Candidate  int
	Fold       int
	Importance training.FoldErrors
}

// ResultKind is the kind of the Result among those of the pipeline.
const ResultKind = "training"

// Result is what training leaves for reports.
type Result struct {
	Choice     training.Choice
	Importance []training.Importance
	ModelID    string
	Rows       int
	Costs      []models.Cost
	Dealt      training.Dealt
	Late       []string // candidates that were not measured, since the deadline had passed
}

// Run trains. Schematically:
//
//	Run(PCollection<sink.Made>) PCollection<result.Item>
//
// staged holds one element, the staged rows. The work is dealt to `branches`
// stages, for runners that work on one bundle of a stage at a time.
func Run(s beam.Scope, staged beam.PCollection, j Job, branches int) (results beam.PCollection, err error) {
	s = s.Scope("Train")
	body, err := json.Marshal(j)
	if err != nil {
		return beam.PCollection{}, fmt.Errorf("train: %w", err)
	}
	job := string(body)
	var fitted, finished []beam.PCollection
	for b := range branches {
		fitted = append(fitted, beam.ParDo(s, &fitFn{Job: job, Share: b, Of: branches}, apart(s, staged, branches)))
	}
	decision := beam.ParDo(s, &chooseFn{Job: job}, staged, beam.SideInput{Input: beam.Flatten(s, fitted...)})
	for b := range branches {
		finished = append(finished, beam.ParDo(s, &finishFn{Job: job, Share: b, Of: branches}, apart(s, staged, branches), beam.SideInput{Input: decision}))
	}
	return beam.ParDo(s, &assembleFn{Job: job}, staged, beam.SideInput{Input: decision}, beam.SideInput{Input: beam.Flatten(s, finished...)}), nil
}

// apart keeps a branch from being fused with the others, which read the same
// collection.
func apart(s beam.Scope, staged beam.PCollection, branches int) beam.PCollection {
	if branches == 1 {
		return staged
	}
	return beam.Reshuffle(s, staged)
}

// loaded is a job with its rows, read once a process.
type loaded struct {
	Job
	cleaning.Learned
	data  training.Data
	dealt training.Dealt
	kept  string       // tells its fits from others
	found atomic.Int64 // fits that were done before
	err   error
}

var (
	loading sync.Mutex
	loads   = map[string]*sync.Once{}
	jobs    = map[string]*loaded{}
)

// load returns the job with the rows that were staged.
func load(ctx context.Context, job string, rows sink.Rows) (*loaded, error) {
	loading.Lock()
	key := job + "\x00" + rows.Parts[0]
	if loads[key] == nil {
		loads[key], jobs[key] = &sync.Once{}, &loaded{}
	}
	once, l := loads[key], jobs[key]
	loading.Unlock()
	once.Do(func() { l.err = l.read(ctx, job, rows) })
	if l.err != nil { // another attempt reads again
		loading.Lock()
		if loads[key] == once {
			delete(loads, key)
		}
		loading.Unlock()
	}
	return l, l.err
}

// Forget lets go of the rows of all jobs.
func Forget() {
	loading.Lock()
	defer loading.Unlock()
	clear(loads)
	clear(jobs)
}

func (l *loaded) read(ctx context.Context, job string, rows sink.Rows) error {
	if err := json.Unmarshal([]byte(job), &l.Job); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	var err error
	if l.Learned, err = cleaning.Load(ctx, l.Dir); err != nil {
		return err
	}
	l.Duplicates = dedupe.Found{} // they are not among the rows
	s := models.Relaxed(l.Schema)
	records, err := rows.Records(ctx)
	if err != nil {
		return err
	}
	if l.data.Frame, err = features.NewFrame(s, records...); err != nil {
		return err
	}
	for _, r := range records {
		y, err := models.Targets(table.Batch{Record: r}, s, l.Goal.Labels)
		if err != nil {
			return err
		}
		l.data.Y = append(l.data.Y, y...)
	}
	l.data.Frame, l.data.Y = models.Labelled(l.data.Frame, l.data.Y)
	if l.data.Folds, l.dealt, err = training.DealFrame(l.Split, l.data.Frame, l.data.Y, l.Goal); err == nil {
		l.kept, err = l.fingerprint()
	}
	return err
}

// fitFn does a share of the items.
type fitFn struct {
	Job       string
	Share, Of int
}

func (f *fitFn) ProcessElement(ctx context.Context, staged sink.Made, emit func(Fitted)) error {
	l, err := load(ctx, f.Job, staged.Rows)
	if fault.Text(err) != "" {
		return nil // chooseFn says so
	}
	if err != nil {
		return err
	}
	items := training.Items(len(l.Candidates), l.data.Folds)
	progress.Work(0, int64(len(items)))
	by := make([][]training.Result, len(l.Candidates)) // results of candidates that are being measured
	done := func(out Fitted) error {
		emit(out)
		if c := out.Item.Candidate; out.Outputs != nil {
			by[c] = append(by[c], training.Result{Item: out.Item, Outputs: out.Outputs})
			if len(by[c]) == len(l.data.Folds.Measured()) {
				l.tell(c, by[c])
				by[c] = nil // it may be large
			}
		}
		log.Infof(ctx, "a fit of %d is done: %s", len(items), l.Candidates[out.Item.Candidate].Name)
		progress.Work(1, int64(len(items)))
		return nil
	}
	var crew parallel.Crew[struct{}, Fitted]
	defer crew.Disband()
	for i := f.Share; i < len(items); i += f.Of {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := crew.Do(func(*struct{}) (Fitted, error) { return l.fit(ctx, items[i]) }, done); err != nil {
			return err
		}
	}
	err = crew.Wait(done)
	if n := l.found.Load(); n > 0 && err == nil {
		progress.Tell(fmt.Sprintf("%d of these fits had been done before, by a run that was stopped", n))
	}
	return err
}

// tell says how a candidate did that is measured by all folds.
func (l *loaded) tell(c int, results []training.Result) {
	if s := training.ScoreOf(l.data, l.Goal, results); s.Mean.Defined() && s.SD.Defined() {
		mean, sd := number.Trusted(float64(s.Mean), float64(s.SD))
		progress.Tell(fmt.Sprintf("%s: %s %s ± %s over %d folds", l.Candidates[c].Name, l.Goal.Metric, mean, sd, len(s.Folds)))
	}
}

// fit does an item.
func (l *loaded) fit(ctx context.Context, it training.Item) (out Fitted, err error) {
	if err := ctx.Err(); err != nil {
		return out, err
	}
	if !l.Deadline.IsZero() && time.Now().After(l.Deadline) {
		return Fitted{Item: it, Late: true}, nil
	}
	r, found, err := l.fitted(ctx, it)
	if out.Refused, err = fault.Result(err); err != nil || out.Refused != "" {
		return out, err
	}
	if found {
		l.found.Add(1)
	}
	return Fitted{Item: r.Item, Outputs: r.Outputs}, nil
}

// chooseFn joins the results of all items.
type chooseFn struct{ Job string }

func (f *chooseFn) ProcessElement(ctx context.Context, staged sink.Made, results func(*Fitted) bool, emit func(Decision)) error {
	var d Decision
	var all []training.Result
	late := map[int]bool{}
	for r := (Fitted{}); results(&r); {
		if r.Refused != "" {
			d.Refused = r.Refused
		}
		if r.Late {
			late[r.Item.Candidate] = true
			continue
		}
		all = append(all, training.Result{Item: r.Item, Outputs: slices.Clone(r.Outputs)})
	}
	l, err := load(ctx, f.Job, staged.Rows)
	if err == nil && d.Refused == "" {
		err = l.choose(&d, all, late)
	}
	if refused := fault.Text(err); refused != "" {
		d.Refused, err = refused, nil
	}
	if err == nil {
		emit(d)
	}
	return err
}

// choose chooses among the candidates of which no item came too late.
func (l *loaded) choose(d *Decision, all []training.Result, late map[int]bool) (err error) {
	var timely []training.Candidate
	number := map[int]int{} // of a candidate among those
	for c, candidate := range l.Candidates {
		if late[c] {
			d.Late = append(d.Late, candidate.Name)
			continue
		}
		number[c] = len(timely)
		timely = append(timely, candidate)
	}
	if len(timely) == 0 {
		return fault.Usagef("the deadline passed before one learner was measured; give it more time, or name fewer learners (--models)")
	}
	all = slices.DeleteFunc(all, func(r training.Result) bool { return late[r.Item.Candidate] })
	for i := range all {
		all[i].Item.Candidate = number[all[i].Item.Candidate]
	}
	if d.Choice, err = training.Choose(timely, all, l.data, l.Goal, l.Seed); err != nil {
		return err
	}
	weights := make([]float64, len(l.Candidates))
	for c, k := range number {
		weights[c] = d.Choice.Weights[k]
	}
	d.Choice.Weights = weights
	return nil
}

// finishFn fits the members on all rows and measures importances, a share of
// both.
type finishFn struct {
	Job       string
	Share, Of int
}

func (f *finishFn) ProcessElement(ctx context.Context, staged sink.Made, decisions func(*Decision) bool, emit func(Finished)) error {
	var d Decision
	if !decisions(&d) {
		return fmt.Errorf("train: nothing was chosen")
	}
	if d.Refused != "" {
		return nil
	}
	l, err := load(ctx, f.Job, staged.Rows)
	if err != nil {
		return err
	}
	done := func(out Finished) error { emit(out); return nil }
	var crew parallel.Crew[struct{}, Finished]
	defer crew.Disband()
	work := l.finishing(ctx, d)
	for i := f.Share; i < len(work); i += f.Of {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := crew.Do(func(*struct{}) (Finished, error) { return work[i]() }, done); err != nil {
			return err
		}
	}
	return crew.Wait(done)
}

// finishing lists what is left to do once the choice is made.
func (l *loaded) finishing(ctx context.Context, d Decision) []func() (Finished, error) {
	var out []func() (Finished, error)
	for c, w := range d.Choice.Weights {
		if w > 0 {
			out = append(out, func() (Finished, error) { return l.fitAll(ctx, c) })
		}
	}
	for _, k := range l.data.Folds.Measured() {
		out = append(out, func() (Finished, error) { return l.importance(ctx, d, k) })
	}
	return out
}

func (l *loaded) fitAll(ctx context.Context, c int) (Finished, error) {
	_, _, err := l.fitted(ctx, training.Item{Candidate: c})
	return Finished{Candidate: c}, err
}

func (l *loaded) importance(ctx context.Context, d Decision, k int) (Finished, error) {
	members := make([]*training.Result, len(l.Candidates))
	for c, w := range d.Choice.Weights {
		if w == 0 {
			continue
		}
		r, _, err := l.fitted(ctx, training.Item{Candidate: c, Held: []int{k}})
		if err != nil {
			return Finished{}, err
		}
		members[c] = &r
	}
	x, err := training.FoldImportance(l.data, l.Goal, k, l.Candidates, d.Choice.Weights, members, l.Seed)
	return Finished{Candidate: -1, Fold: k, Importance: x}, err
}

// assembleFn writes the artifact and the result.
type assembleFn struct{ Job string }

func (f *assembleFn) ProcessElement(ctx context.Context, staged sink.Made, decisions func(*Decision) bool, finished func(*Finished) bool, emit func(result.Item)) error {
	var d Decision
	if !decisions(&d) {
		return fmt.Errorf("train: nothing was chosen")
	}
	if d.Refused != "" {
		r, err := result.Refuse(fault.Parse(d.Refused))
		emit(r)
		return err
	}
	l, err := load(ctx, f.Job, staged.Rows)
	if err != nil {
		return err
	}
	fits := make([]*training.Result, len(l.Candidates))
	folds := make([]training.FoldErrors, l.data.Folds.K)
	var x Finished
	for finished(&x) {
		if x.Candidate < 0 {
			folds[x.Fold] = training.FoldErrors{Base: x.Importance.Base, Columns: slices.Clone(x.Importance.Columns), Worse: slices.Clone(x.Importance.Worse)} // x is read into again
			continue
		}
		r, _, err := l.fitted(ctx, training.Item{Candidate: x.Candidate})
		if err != nil {
			return err
		}
		fits[x.Candidate] = &r
	}
	r, err := l.assemble(ctx, d, fits, slices.DeleteFunc(folds, func(x training.FoldErrors) bool { return x.Worse == nil }))
	if err != nil {
		return err
	}
	emit(r)
	return nil
}

func (l *loaded) assemble(ctx context.Context, d Decision, fits []*training.Result, folds []training.FoldErrors) (result.Item, error) {
	c := d.Choice
	m, err := models.New(l.Goal, l.Schema, l.Plan, l.Candidates, c, fits, len(l.data.Y))
	if err != nil {
		return result.Item{}, err
	}
	m.Trained, m.Steps, m.Inputs = training.FingerprintsOf(l.data.Frame, l.data.Y), l.Steps, l.Inputs
	m.Seen, m.Outcome = models.References(l.data.Frame), models.OutcomeOf(l.Goal, l.data.Y)
	if m.Released, _, err = training.Met(l.Goal.Require, c.Chosen.Mean); err != nil {
		return result.Item{}, err
	}
	if err := artifact.Save(ctx, store.Join(l.Dir, outdir.Model), m); err != nil {
		return result.Item{}, err
	}
	c.Spread = training.Result{}
	return result.New(ResultKind, Result{c, training.JoinImportance(l.data.Frame, folds), m.ID, len(l.data.Y), m.Costs(), l.dealt, d.Late})
}
