// Package serve answers with a model as records come: those of a stream.
package serve

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/jsonrows"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/stream"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/predictions"
	"github.com/beamline-go/beamline/table"
)

// Names of the headers of what comes out.
const (
	HeaderRule   = "beamline-rule" // by which a record was refused
	HeaderReason = "beamline-reason"
)

// The rule of records by which scoring itself fails.
const ruleFailed = "scoring_failed"

// mostKept is how many bytes of a refused record are kept: with its headers they fit a message
// as large as topics take them when nothing else is said, which is a megabyte.
const mostKept = 512 << 10

// chunk is how many records of a partition are scored at a time.
const chunk = 1024

// Scorer scores the records of a stream. What it makes of them are the bytes that scoring
// them as a file of JSON Lines gives, without what stands between the lines: a record has the
// number of its place in its partition, from 1. It is safe for use by several goroutines.
type Scorer struct {
	model   *models.Model
	key     string
	limit   int              // bytes of a record
	columns []string         // of a record, once steps are done to it
	steps   *mapping.Program // nil where nothing is done to it
	answers *predictions.Table
	lines   format.Out
	idle    chan *reader

	score func(s *models.Scorer, b table.Batch, t *tally.Tally) (models.Scored, error)

	mu     sync.Mutex
	total  tally.Tally
	window tally.Tally
}

// reader reads and scores; it is used by one goroutine at a time.
type reader struct {
	json   *jsonrows.Reader
	scorer *models.Scorer
}

// NewScorer returns the scorer of a stream for a model, of which key names the records; limit
// bounds the bytes of a record, 0 leaves it as it is usual. steps, if not nil, are done to the
// records first.
func NewScorer(m *models.Model, steps *mapping.Program, key string, limit int) (*Scorer, error) {
	s := &Scorer{model: m, key: cmp.Or(key, m.Key()), limit: limit, steps: steps, idle: make(chan *reader, runtime.GOMAXPROCS(0)), score: (*models.Scorer).Score}
	for _, c := range m.Schema.Columns {
		if c.Role != table.RoleTarget {
			s.columns = append(s.columns, c.Name)
		}
	}
	if s.key != "" && !slices.Contains(s.columns, s.key) {
		s.columns = append(s.columns, s.key)
	}
	var err error
	if s.answers, err = predictions.New(m, s.key, true); err != nil {
		return nil, err
	}
	if s.lines, err = format.Find("jsonl"); err != nil {
		return nil, err
	}
	first, err := s.reader() // what can't work is known at once
	if err == nil {
		s.rest(first)
	}
	return s, err
}

func (s *Scorer) reader() (*reader, error) {
	select {
	case r := <-s.idle:
		return r, nil
	default:
	}
	scorer, err := s.model.Scorer(s.columns, s.key)
	if err != nil {
		return nil, err
	}
	columns := s.columns
	if s.steps != nil {
		columns = s.steps.In
	}
	scorer.Watch()
	return &reader{&jsonrows.Reader{Kind: jsonrows.Lines, Columns: columns, Key: s.key, Limit: s.limit}, scorer}, nil
}

// rest keeps a reader for the next records: it knows what became of cells that come again.
func (s *Scorer) rest(r *reader) {
	select {
	case s.idle <- r:
	default:
	}
}

// Total is what became of the records whose results were published.
func (s *Scorer) Total() tally.Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total.Clone()
}

// Window is what became of the records whose results were published since it was asked for
// last.
type Window struct {
	Rows   tally.Rows
	Shifts []drift.Shift // columns that hold other things than in training
}

// Window ends a window, and begins the next one.
func (s *Scorer) Window() Window {
	s.mu.Lock()
	t := s.window
	s.window = tally.Tally{}
	s.mu.Unlock()
	return Window{t.Rows(), drift.Find(s.model.Seen, t.Seen)}
}

// Step scores records, as stream.Step.
func (s *Scorer) Step(records []stream.Record) (all stream.Results, confirm func(), err error) {
	parts := chunks(records)
	results, counts, errs := make([]stream.Results, len(parts)), make([]tally.Tally, len(parts)), make([]error, len(parts))
	parallel.Each(len(parts), func(i int) { results[i], counts[i], errs[i] = s.sound(parts[i]) })
	var sum tally.Tally
	for i, r := range results {
		if errs[i] != nil {
			return all, nil, errs[i]
		}
		all.Made, all.Refused = append(all.Made, r.Made...), append(all.Refused, r.Refused...)
		sum.Merge(counts[i])
	}
	return all, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total.Merge(sum)
		s.window.Merge(sum)
	}, nil
}

// chunks are the records of each partition in their order, some at a time.
func chunks(records []stream.Record) (parts [][]stream.Record) {
	by := map[int32][]stream.Record{}
	for _, r := range records {
		by[r.Partition] = append(by[r.Partition], r)
	}
	for _, p := range slices.Sorted(maps.Keys(by)) {
		parts = slices.AppendSeq(parts, slices.Chunk(by[p], chunk))
	}
	return parts
}

// sound scores some records of a partition. A record by which scoring itself fails would come
// again for ever: it is looked for by halves, and refused. Where all of several records fail it
// is not for them.
func (s *Scorer) sound(records []stream.Record) (out stream.Results, t tally.Tally, err error) {
	failed := 0
	out, t, err = s.halves(records, &failed)
	if failed > 1 && failed == len(records) {
		_, err = s.part(records[:1], &tally.Tally{})
	}
	return out, t, err
}

func (s *Scorer) halves(records []stream.Record, failed *int) (out stream.Results, t tally.Tally, err error) {
	if out, err = s.part(records, &t); err == nil {
		return out, t, nil
	}
	if len(records) == 1 {
		*failed++
		t = tally.Tally{}
		t.Batch(table.Batch{Rejects: []table.Reject{{Rule: ruleFailed}}})
		return stream.Results{Refused: []stream.Record{refused(&records[0], ruleFailed, err.Error())}}, t, nil
	}
	out, t, err = s.halves(records[:len(records)/2], failed)
	if err != nil {
		return out, t, err
	}
	more, counted, err := s.halves(records[len(records)/2:], failed)
	t.Merge(counted)
	return stream.Results{Made: append(out.Made, more.Made...), Refused: append(out.Refused, more.Refused...)}, t, err
}

// part scores some records of a partition.
func (s *Scorer) part(records []stream.Record, t *tally.Tally) (out stream.Results, err error) {
	r, err := s.reader()
	if err != nil {
		return out, err
	}
	defer func() {
		if err == nil { // after a fault nobody knows what it holds
			s.rest(r)
		}
	}()
	values, numbers, by := make([][]byte, len(records)), make([]int64, len(records)), make(map[int64]*stream.Record, len(records))
	for i := range records {
		values[i], numbers[i] = records[i].Value, records[i].Offset+1
		by[numbers[i]] = &records[i]
	}
	r.json.Source = records[0].Topic
	batch := r.json.Values(values, numbers)
	batch.Late = nil // members that the model does not know are passed over
	if s.steps != nil {
		batch = s.steps.Apply(batch, s.key).Columns(s.columns)
	}
	t.Batch(batch)
	scored, err := s.score(r.scorer, batch, t)
	if err != nil {
		return out, fmt.Errorf("serve: %w", err)
	}
	t.Move(0, int64(len(scored.Rejects)-len(batch.Rejects)))
	for _, x := range scored.Rejects {
		out.Refused = append(out.Refused, refused(by[x.Row], x.Rule, x.Reason))
	}
	scored.Rejects = nil // they have no line
	answers := s.answers.Batch(batch, scored, t)
	text, err := s.lines.Append(nil, answers, format.Settings{})
	if err != nil {
		return out, fmt.Errorf("serve: %w", err)
	}
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if i < answers.Len() {
			out.Made = append(out.Made, answer(by[answers.Row(i)], string(line)))
		}
	}
	return out, nil
}

// refused is a record that can't be used, with the reason.
func refused(of *stream.Record, rule, reason string) stream.Record {
	out := answer(of, string(of.Value[:min(len(of.Value), mostKept)]))
	out.Headers = append(out.Headers, stream.Header{Name: HeaderRule, Value: []byte(rule)}, stream.Header{Name: HeaderReason, Value: []byte(reason)})
	return out
}

// answer is a record that comes of another one.
func answer(of *stream.Record, value string) stream.Record {
	headers := slices.DeleteFunc(slices.Clone(of.Headers), func(h stream.Header) bool { return h.Name == stream.HeaderSource })
	return stream.Record{Key: of.Key, Once: of.Once, Value: []byte(value), Headers: append(headers, stream.Header{Name: stream.HeaderSource, Value: []byte(of.Source())})}
}
