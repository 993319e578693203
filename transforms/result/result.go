// Package result brings what a pipeline found out back to the process that launched it:
// small things, such as counts and sketches, never rows.
package result

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/wire"
)

func init() {
	beam.RegisterDoFn(&leaveFn{})
	register.Function1x2(madeResult)
	register.Iter1[Item]()
	beam.RegisterCoder(reflect.TypeFor[Item](), encodeItem, decodeItem)
}

// Item is something small that a pipeline leaves for the process that launched
// it.
type Item struct {
	Kind string
	Data []byte
}

func encodeItem(v Item) ([]byte, error) { return wire.Encode(v) }

func decodeItem(data []byte) (Item, error) { return wire.Decode[Item](data) }

// New wraps v, which gob can write.
func New[T any](kind string, v T) (Item, error) {
	data, err := wire.Encode(v)
	return Item{kind, data}, err
}

// faultKind is the kind of the results that say why there are no others.
const faultKind = "fault"

// Refuse returns a result that says what is wrong with what the user gave, where err is
// of that kind: no other attempt would end better. Read returns it as an error. Any other
// err comes back.
func Refuse(err error) (Item, error) {
	text := fault.Text(err)
	if text == "" {
		return Item{}, err
	}
	return New(faultKind, text)
}

// resultsFile is where results are left.
const resultsFile = "results"

// maxResults bounds them: results are sketches and counts, never rows.
const maxResults = 1 << 30

// madeKind is the kind of the results that say that an output is complete.
const madeKind = "made"

func madeResult(m sink.Made) (Item, error) {
	m.Rows = sink.Rows{} // stay where they are
	return New(madeKind, m)
}

// Done turns outputs that are complete into results, so that Leave waits for
// them. Schematically:
//
//	Done(PCollection<sink.Made>...) []PCollection<Item>
//
// Each is turned by itself: Flink's runner loses collections that are flattened
// and used elsewhere too.
func Done(s beam.Scope, made ...beam.PCollection) (results []beam.PCollection) {
	s = s.Scope("Outputs are done")
	for _, m := range made {
		results = append(results, beam.ParDo(s, madeResult, m))
	}
	return results
}

// Leave writes results to dir, for Read. It is the one end of a
// pipeline: prism keeps a processor busy while a stage that has no output runs.
// Schematically:
//
//	Leave(PCollection<Item>...) PCollection<string>
//
// The one element is the name of the folder, once the results are in it.
func Leave(s beam.Scope, dir string, results ...beam.PCollection) (written beam.PCollection) {
	s = s.Scope("Leave results")
	return beam.ParDo(s, &leaveFn{Dir: dir}, beam.Impulse(s), beam.SideInput{Input: beam.Flatten(s, results...)})
}

type leaveFn struct{ Dir string }

func (f *leaveFn) ProcessElement(ctx context.Context, _ []byte, results func(*Item) bool, emit func(string)) error {
	all := Left{}
	var r Item
	for results(&r) {
		all[r.Kind] = append(all[r.Kind], slices.Clone(r.Data))
	}
	body, err := wire.Encode(all)
	if err != nil {
		return err
	}
	if err := store.WriteFile(ctx, store.Join(f.Dir, resultsFile), body, store.Condition{}); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	emit(f.Dir)
	return nil
}

// Left is the results that a pipeline left, by kind, in no order.
type Left map[string][][]byte

// Read reads what Leave wrote. A fault of the data that the pipeline found comes as an
// error, beside what else it left.
func Read(ctx context.Context, dir string) (Left, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, resultsFile), maxResults)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	left, err := wire.Decode[Left](data)
	if err != nil {
		return nil, err
	}
	faults, err := All[string](left, faultKind)
	if err != nil || len(faults) == 0 {
		return left, err
	}
	return left, fault.Parse(slices.Min(faults))
}

// All returns the results of a kind.
func All[T any](l Left, kind string) ([]T, error) {
	out := make([]T, len(l[kind]))
	for i, data := range l[kind] {
		if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&out[i]); err != nil {
			return nil, fmt.Errorf("result: %s: %w", kind, err)
		}
	}
	return out, nil
}

// One returns the one result of a kind.
func One[T any](l Left, kind string) (T, error) {
	all, err := All[T](l, kind)
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("result: %d results of the kind %s, not one", len(all), kind)
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}
