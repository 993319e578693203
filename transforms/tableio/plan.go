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
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/internal/wire"
)

func init() {
	beam.RegisterDoFn(&planFn{})
	register.Function3x1(findSources)
	register.Emitter1[string]()
	register.Emitter1[Planned]()
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
func Plan(s beam.Scope, t Table) beam.PCollection {
	s = s.Scope("Plan sources")
	if t.Later != nil {
		return beam.ParDo(s, &planFn{}, beam.Reshuffle(s, beam.ParDo(s, findSources, beam.Create(s, text(t.Later)))))
	}
	all := make([]string, len(t.Sources))
	for i, x := range t.Sources {
		spec, err := systems.Describe(x)
		if err != nil {
			panic(err) // it came from one
		}
		f := toPlan{Input: i, Spec: spec}
		if t.Plans != nil {
			f = toPlan{Kept: t.Plans[i]}
		}
		all[i] = text(f)
	}
	return beam.ParDo(s, &planFn{}, beam.CreateList(s, all))
}

// toPlan is a source that is to be planned, or one of which the plan is kept in a file.
type toPlan struct {
	Input   int
	Spec    systems.Spec
	Columns []string
	Kept    string
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
	t, err := Open(ctx, l.Args, l.Settings, l.Key)
	if err != nil {
		return fault.Carry(err)
	}
	for i, x := range t.Sources {
		spec, err := systems.Describe(x)
		if err != nil {
			return err
		}
		emit(text(toPlan{Input: i, Spec: spec, Columns: t.Columns}))
	}
	return nil
}

type planFn struct{}

func (*planFn) ProcessElement(ctx context.Context, element string, emit func(Planned)) error {
	var f toPlan
	if err := json.Unmarshal([]byte(element), &f); err != nil {
		return err
	}
	p, err := f.plan(ctx)
	if p.Fault = fault.Text(err); err != nil && p.Fault == "" {
		return err
	}
	progress.Expect(p.Plan.Grid.Size - p.Plan.Grid.Start)
	emit(p)
	return nil
}

func (f toPlan) plan(ctx context.Context) (Planned, error) {
	if f.Kept != "" {
		return readPlan(ctx, f.Kept)
	}
	p := Planned{Input: f.Input, Spec: f.Spec, Columns: f.Columns}
	x, err := f.Spec.Source()
	if err != nil {
		return p, err
	}
	p.Name, p.How = x.Name(), x.String()
	p.Plan, err = x.Plan(ctx)
	log.Infof(ctx, "%s has %d records in %d blocks", x.Name(), p.Plan.Grid.Records, len(p.Plan.Grid.Blocks))
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
