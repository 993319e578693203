package systems

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Mapped is a source of which steps map the rows.
type Mapped struct {
	Of    Spec // the source
	In    []string
	Out   []string
	Types map[string]table.Type // of In, where they are known
	Steps []mapping.Step
	// Joins are the sources of the tables that are joined, by their names, and State tells
	// whether what was found of them is what is meant.
	Joins map[string][]Spec
	State string

	inner source.Source // nil until it is asked for
}

// Map maps the rows of sources, which have columns together. What does not fit is known
// before a row is read; the tables that are joined are.
func Map(ctx context.Context, sources []source.Source, columns []string, steps []mapping.Step) (mapped []source.Source, err error) {
	m := Mapped{In: columns, Types: declared(sources, columns), Steps: steps}
	program, err := m.prepare(ctx)
	if err != nil {
		return nil, err
	}
	m.Out = program.Out
	for _, x := range sources {
		of, err := Describe(x)
		if err != nil {
			return nil, err
		}
		one := m
		one.Of, one.inner = of, x
		mapped = append(mapped, &one)
	}
	return mapped, nil
}

// Program is steps that are done to texts in columns, with the tables that they join.
func Program(ctx context.Context, columns []string, steps []mapping.Step) (*mapping.Program, error) {
	m := Mapped{In: columns, Steps: steps}
	return m.prepare(ctx)
}

// prepare finds the tables that are joined.
func (m *Mapped) prepare(ctx context.Context) (*mapping.Program, error) {
	m.Joins = map[string][]Spec{}
	state := sha256.New()
	for _, name := range mapping.Joined(m.Steps) {
		found, err := Find(ctx, []string{*name}, csv.Settings{})
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			spec, err := Describe(x)
			if err != nil {
				return nil, err
			}
			plan, err := x.Plan(ctx)
			if err != nil {
				return nil, err
			}
			m.Joins[*name] = append(m.Joins[*name], spec)
			fmt.Fprintln(state, spec.Kind, string(spec.Is), plan.Version)
		}
	}
	if len(m.Joins) > 0 {
		body, err := json.Marshal(m.Steps)
		if err != nil {
			return nil, fmt.Errorf("systems: %w", err)
		}
		state.Write(body)
		fmt.Fprintln(state, m.In)
		m.State = hex.EncodeToString(state.Sum(nil)[:8])
	}
	return m.program(ctx)
}

// declared are the types that all sources say of columns.
func declared(sources []source.Source, columns []string) map[string]table.Type {
	types := map[string]table.Type{}
	for _, c := range columns {
		for i, x := range sources {
			d, ok := source.As[source.Declared](x)
			var t table.Type
			if ok {
				t, ok = d.Declared(c)
			}
			if !ok || i > 0 && types[c] != t {
				delete(types, c)
				break
			}
			types[c] = t
		}
	}
	return types
}

// Unwrap implements source.Wrapper.
func (m *Mapped) Unwrap() source.Source {
	if m.inner == nil {
		x, err := m.Of.Source()
		if err != nil {
			panic(fmt.Sprint("systems: a source that was described: ", err))
		}
		m.inner = x
	}
	return m.inner
}

// Name implements source.Source.
func (m *Mapped) Name() string { return m.Unwrap().Name() }

// String implements source.Source.
func (m *Mapped) String() string {
	names := make([]string, len(m.Steps))
	for i, s := range m.Steps {
		names[i] = s.Rule(i)
	}
	return fmt.Sprintf("%s; steps: %s", m.Unwrap(), strings.Join(names, ", "))
}

// Columns implements source.Source.
func (m *Mapped) Columns() []string { return m.Out }

// Partition implements source.Partitioned: the steps had the columns of the place.
func (m *Mapped) Partition() []string { return nil }

// Declared implements source.Declared.
func (m *Mapped) Declared(column string) (table.Type, bool) {
	p, err := m.program(context.Background())
	if err != nil {
		return "", false
	}
	return p.Type(column)
}

// Plan implements source.Source.
func (m *Mapped) Plan(ctx context.Context) (source.Plan, error) { return m.Unwrap().Plan(ctx) }

// programs are those that join tables, since a process reads such a table once.
var programs = struct {
	sync.Mutex
	of    map[string]*mapping.Program
	order []string
}{of: map[string]*mapping.Program{}}

// maxPrograms bounds the programs that are kept with their tables.
const maxPrograms = 4

// program is the steps with the tables that they join.
func (m *Mapped) program(ctx context.Context) (*mapping.Program, error) {
	if m.State == "" {
		return mapping.Compile(m.Steps, m.In, m.Types, nil)
	}
	programs.Lock()
	defer programs.Unlock()
	if p := programs.of[m.State]; p != nil {
		return p, nil
	}
	p, err := mapping.Compile(m.Steps, m.In, m.Types, func(name string) (mapping.Other, error) { return m.other(ctx, name) })
	if err != nil {
		return nil, err
	}
	if len(programs.order) == maxPrograms {
		delete(programs.of, programs.order[0])
		programs.order = programs.order[1:]
	}
	programs.of[m.State], programs.order = p, append(programs.order, m.State)
	return p, nil
}

// other is a table that is joined.
func (m *Mapped) other(ctx context.Context, name string) (o mapping.Other, err error) {
	var sources []source.Source
	for _, spec := range m.Joins[name] {
		x, err := spec.Source()
		if err != nil {
			return o, err
		}
		sources = append(sources, x)
		for _, c := range x.Columns() {
			if !slices.Contains(o.Columns, c) {
				o.Columns = append(o.Columns, c)
			}
		}
	}
	o.Each = func(columns []string, use func([]string) error) error {
		rows := source.NewRows(sources, columns, "a table that is joined is read as a whole")
		defer rows.Close()
		for some := true; some; {
			var err error
			if some, err = rows.Block(ctx, use); err != nil {
				return err
			}
		}
		return nil
	}
	return o, nil
}

// Open implements source.Source.
func (m *Mapped) Open(ctx context.Context, p source.Plan, w source.Wanted) (source.Blocks, error) {
	b := &mappedBlocks{wanted: w}
	var err error
	if b.program, err = m.program(ctx); err != nil {
		return nil, err
	}
	if w.Typed != nil {
		if b.typer, err = vector.NewTyper(w.Typed); err != nil {
			return nil, err
		}
	}
	b.Blocks, err = m.Unwrap().Open(ctx, p, source.Wanted{Columns: m.In, Key: w.Key, Input: w.Input})
	return b, err
}

// mappedBlocks reads blocks and maps their rows.
type mappedBlocks struct {
	source.Blocks
	program *mapping.Program
	wanted  source.Wanted
	typer   vector.Typer
}

// Read implements source.Blocks.
func (b *mappedBlocks) Read(ctx context.Context, block int) (table.Batch, error) {
	batch, err := b.Blocks.Read(ctx, block)
	if err != nil || batch.Record == nil {
		return batch, err
	}
	batch = b.program.Apply(batch, b.wanted.Key).Columns(b.wanted.Columns)
	if b.wanted.Typed != nil {
		batch = b.typer.Batch(batch)
	}
	return batch, nil
}
