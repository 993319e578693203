package tableio

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/internal/wire"
)

func init() {
	beam.RegisterDoFn(&planFn{})
	beam.RegisterDoFn(&rangeFn{})
	beam.RegisterDoFn(&digestFn{})
	register.Function3x1(findSources)
	register.Function4x1(joinParts)
	register.Emitter1[string]()
	register.Emitter1[Planned]()
	register.Emitter2[int, []byte]()
	register.Iter1[[]byte]()
	beam.RegisterCoder(reflect.TypeFor[Planned](), encodePlanned, decodePlanned)
}

// Planned is a source with its plan.
type Planned struct {
	Input     int    // index of the source in its table
	Name, How string // what it is called, and how it is read
	Spec      systems.Spec
	Columns   []string // of the table, where they are found with the source
	Plan      source.Plan
	// Fault, if not empty, is why it can't be read, as fault.Text has it: a result, since
	// no other attempt would end better.
	Fault string
}

// Source is the source that was planned.
func (p Planned) Source() (source.Source, error) { return p.Spec.Source() }

// Plan plans each source. Schematically:
//
//	Plan(Table) PCollection<Planned>
//
// A large source is planned in parts where it can be. What takes another pass to know of
// a version is not in the plan: see Digest.
func Plan(s beam.Scope, t Table) beam.PCollection {
	s = s.Scope("Plan sources")
	switch {
	case t.Later != nil:
		return inParts(s, beam.ParDo(s, findSources, beam.Create(s, text(t.Later))))
	case t.Plans == nil && t.ranges != nil:
		return inParts(s, beam.CreateList(s, t.toPlan()))
	}
	return beam.ParDo(s, &planFn{}, beam.CreateList(s, t.toPlan()))
}

// inParts plans sources of which each element is a part.
func inParts(s beam.Scope, parts beam.PCollection) beam.PCollection {
	return beam.ParDo(s, joinParts, beam.GroupByKey(s, beam.ParDo(s, &rangeFn{}, beam.Reshuffle(s, parts))))
}

// toPlan is a part of a source that is to be planned, or a source of which the plan is
// kept in a file.
type toPlan struct {
	Input    int
	Spec     systems.Spec
	Columns  []string
	Part, Of int // Of is 1 where the source is planned whole
	Kept     string
}

// toPlan is what is to be planned of the sources.
func (t Table) toPlan() (all []string) {
	for i, x := range t.Sources {
		if t.Plans != nil {
			all = append(all, text(toPlan{Kept: t.Plans[i]}))
			continue
		}
		spec, err := systems.Describe(x)
		if err != nil {
			panic(err) // it came from one
		}
		f := toPlan{Input: i, Spec: spec, Of: 1}
		if t.Later != nil {
			f.Columns = t.Columns
		}
		if t.ranges != nil {
			f.Of = t.ranges[i]
		}
		for f.Part = range f.Of {
			all = append(all, text(f))
		}
	}
	return all
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // it holds only texts and numbers
	}
	return string(data)
}

// findSources finds the sources of a table.
func findSources(ctx context.Context, later string, emit func(string)) error {
	var l Later
	if err := json.Unmarshal([]byte(later), &l); err != nil {
		return err
	}
	t, err := Open(ctx, l.Args, l.Settings, l.Steps, l.Key)
	if err != nil {
		return fault.Carry(err)
	}
	t.Later = &l
	for _, x := range t.Sources {
		if h, ok := source.As[source.Held](x); ok {
			h.Alone()
		}
	}
	for _, f := range t.toPlan() {
		emit(f)
	}
	return nil
}

type planFn struct{}

func (*planFn) ProcessElement(ctx context.Context, element string, emit func(Planned)) error {
	var f toPlan
	if err := json.Unmarshal([]byte(element), &f); err != nil {
		return err
	}
	return f.emit(ctx, source.Source.Plan, emit)
}

// emit plans the source in that way. What is wrong with it is a result.
func (f toPlan) emit(ctx context.Context, plan func(source.Source, context.Context) (source.Plan, error), emit func(Planned)) error {
	p, err := f.plan(ctx, plan)
	if p.Fault, err = fault.Result(err); err != nil {
		return err
	}
	progress.Expect(p.Plan.Grid.Size - p.Plan.Grid.Start)
	emit(p)
	return nil
}

func (f toPlan) plan(ctx context.Context, plan func(source.Source, context.Context) (source.Plan, error)) (Planned, error) {
	if f.Kept != "" {
		return readPlan(ctx, f.Kept)
	}
	p := Planned{Input: f.Input, Spec: f.Spec, Columns: f.Columns}
	x, err := f.Spec.Source()
	if err != nil {
		return p, err
	}
	p.Name, p.How = x.Name(), x.String()
	p.Plan, err = plan(x, ctx)
	log.Infof(ctx, "%s has %d records in %d blocks", x.Name(), p.Plan.Grid.Records, len(p.Plan.Grid.Blocks))
	return p, err
}

// partOf is a part of the plan of a source.
type partOf struct {
	Piece toPlan
	Body  []byte
	Fault string
}

// rangeFn makes parts of plans, by the input that they are of.
type rangeFn struct {
	crew parallel.Crew[struct{}, partOf]
}

func (r *rangeFn) ProcessElement(ctx context.Context, element string, emit func(int, []byte)) error {
	var f toPlan
	if err := json.Unmarshal([]byte(element), &f); err != nil {
		return err
	}
	return fault.Carry(r.crew.Do(func(*struct{}) (partOf, error) { return f.part(ctx) }, emitPart(emit)))
}

func (r *rangeFn) FinishBundle(_ context.Context, emit func(int, []byte)) error {
	defer r.crew.Disband()
	return fault.Carry(r.crew.Wait(emitPart(emit)))
}

func emitPart(emit func(int, []byte)) func(partOf) error {
	return func(p partOf) error {
		body, err := wire.Encode(p)
		if err == nil {
			emit(p.Piece.Input, body)
		}
		return err
	}
}

// part makes the part; a source that is planned whole is left to who joins the parts.
func (f toPlan) part(ctx context.Context) (partOf, error) {
	out := partOf{Piece: f}
	if f.Of == 1 {
		return out, nil
	}
	x, err := f.Spec.Source()
	if err != nil {
		return out, err
	}
	ranged, ok := source.As[source.Ranged](x)
	if !ok {
		return out, fmt.Errorf("tableio: %s is not planned in parts", x.Name())
	}
	out.Body, err = ranged.Range(ctx, f.Part, f.Of)
	out.Fault, err = fault.Result(err)
	return out, err
}

// joinParts makes the plan of a source from its parts.
func joinParts(ctx context.Context, _ int, bodies func(*[]byte) bool, emit func(Planned)) error {
	var parts []partOf
	for body := []byte(nil); bodies(&body); {
		p, err := wire.Decode[partOf](body)
		if err != nil {
			return err
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b partOf) int { return a.Piece.Part - b.Piece.Part })
	found := make([][]byte, len(parts))
	for i, p := range parts {
		if found[i] = p.Body; p.Fault != "" {
			emit(Planned{Input: p.Piece.Input, Spec: p.Piece.Spec, Columns: p.Piece.Columns, Fault: p.Fault})
			return nil
		}
	}
	return fault.Carry(parts[0].Piece.emit(ctx, func(x source.Source, ctx context.Context) (source.Plan, error) {
		if len(parts) == 1 {
			return x.Plan(ctx)
		}
		ranged, _ := source.As[source.Ranged](x)
		return ranged.Join(ctx, found)
	}, emit))
}

// Digest completes the versions of planned sources. Schematically:
//
//	Digest(PCollection<Planned>) PCollection<Planned>
//
// Of a file of this machine that is the hash of its bytes: it is read for that alone,
// while others read its records.
func Digest(s beam.Scope, planned beam.PCollection) beam.PCollection {
	s = s.Scope("Digest sources")
	return beam.ParDo(s, &digestFn{}, beam.Reshuffle(s, planned))
}

type digestFn struct {
	crew parallel.Crew[struct{}, Planned]
}

func (d *digestFn) ProcessElement(ctx context.Context, p Planned, emit func(Planned)) error {
	return fault.Carry(d.crew.Do(func(*struct{}) (Planned, error) { return p.digest(ctx) }, emitPlanned(emit)))
}

func (d *digestFn) FinishBundle(_ context.Context, emit func(Planned)) error {
	defer d.crew.Disband()
	return fault.Carry(d.crew.Wait(emitPlanned(emit)))
}

func emitPlanned(emit func(Planned)) func(Planned) error {
	return func(p Planned) error {
		emit(p)
		return nil
	}
}

func (p Planned) digest(ctx context.Context) (Planned, error) {
	x, err := p.Source()
	if d, ok := source.As[source.Digested](x); ok && err == nil && p.Fault == "" {
		p.Plan.Version, err = d.Digest(ctx, p.Plan.Version)
		p.Fault, err = fault.Result(err)
	}
	return p, err
}

// maxPlan bounds a plan that is kept.
const maxPlan = 4 << 30

// Keep leaves the plans of the table's sources in dir, for the later jobs of a run: they
// need not be made again.
func (t *Table) Keep(ctx context.Context, dir string, planned []Planned) error {
	plans := make([]string, len(t.Sources))
	for _, p := range planned {
		body, err := wire.Encode(p)
		if err != nil {
			return err
		}
		plans[p.Input] = store.Join(dir, fmt.Sprint("plan-", p.Input))
		if err := store.WriteFile(ctx, plans[p.Input], body, store.Condition{}); err != nil {
			return fmt.Errorf("tableio: %w", err)
		}
	}
	if !slices.Contains(plans, "") {
		t.Plans = plans
	}
	return nil
}

func readPlan(ctx context.Context, path string) (Planned, error) {
	data, err := store.ReadFile(ctx, path, maxPlan)
	if err != nil {
		return Planned{}, fmt.Errorf("tableio: %w", err)
	}
	return wire.Decode[Planned](data)
}
