package sink

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/transforms/beamtable"
)

func init() {
	beam.RegisterDoFn(&resultsFn{})
	register.Function1x2(joinedResult)
	register.Iter1[Result]()
	beam.RegisterCoder(reflect.TypeFor[Result](), encodeResult, decodeResult)
}

// Result is something small that a pipeline leaves for the process that launched
// it.
type Result struct {
	Kind string
	Data []byte
}

// NewResult wraps v, which gob can write.
func NewResult[T any](kind string, v T) (Result, error) {
	data, err := beamtable.Encode(v)
	return Result{kind, data}, err
}

// resultsFile is where results are left.
const resultsFile = "results"

// maxResults bounds them: results are sketches and counts, never rows.
const maxResults = 1 << 30

// joinedKind is the kind of the results that say that an output is complete.
const joinedKind = "joined"

func joinedResult(j Joined) (Result, error) { return NewResult(joinedKind, j) }

// Done turns outputs that are complete into results, so that Results waits for
// them. Schematically:
//
//	Done(PCollection<Joined>...) []PCollection<Result>
//
// Each is turned by itself: Flink's runner loses collections that are flattened
// and used elsewhere too.
func Done(s beam.Scope, joined ...beam.PCollection) (results []beam.PCollection) {
	s = s.Scope("Outputs are done")
	for _, j := range joined {
		results = append(results, beam.ParDo(s, joinedResult, j))
	}
	return results
}

// Results writes results to dir, for ReadResults. It is the one end of a
// pipeline: prism keeps a processor busy while a stage that has no output runs.
// Schematically:
//
//	Results(PCollection<Result>...) PCollection<string>
//
// The one element is the name of the folder, once the results are in it.
func Results(s beam.Scope, dir string, results ...beam.PCollection) (written beam.PCollection) {
	s = s.Scope("Leave results")
	return beam.ParDo(s, &resultsFn{Dir: dir}, beam.Impulse(s), beam.SideInput{Input: beam.Flatten(s, results...)})
}

type resultsFn struct{ Dir string }

func (f *resultsFn) ProcessElement(ctx context.Context, _ []byte, results func(*Result) bool, emit func(string)) error {
	all := Left{}
	var r Result
	for results(&r) {
		all[r.Kind] = append(all[r.Kind], slices.Clone(r.Data))
	}
	body, err := beamtable.Encode(all)
	if err != nil {
		return err
	}
	if err := store.WriteFile(ctx, store.Join(f.Dir, resultsFile), body, store.Condition{}); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	emit(f.Dir)
	return nil
}

// Left is the results that a pipeline left, by kind, in no order.
type Left map[string][][]byte

// ReadResults reads what Results wrote.
func ReadResults(ctx context.Context, dir string) (Left, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, resultsFile), maxResults)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return beamtable.Decode[Left](data)
}

// All returns the results of a kind.
func All[T any](l Left, kind string) ([]T, error) {
	out := make([]T, len(l[kind]))
	for i, data := range l[kind] {
		if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&out[i]); err != nil {
			return nil, fmt.Errorf("sink: %s: %w", kind, err)
		}
	}
	return out, nil
}

// One returns the one result of a kind.
func One[T any](l Left, kind string) (T, error) {
	all, err := All[T](l, kind)
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("sink: %d results of the kind %s, not one", len(all), kind)
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}
