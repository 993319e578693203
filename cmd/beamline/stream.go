package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/stream"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/topics"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/serve"
)

var streamCommand = command{
	name: "stream", args: "TOPIC --to TOPIC", short: "predictions for the records of a topic, as they come", model: true,
	flags: []string{"model", "trust", "to", "key", "idle", "window", "metrics", "json", "quiet"},
	more:  logFlags,
	long: `Stream reads a topic of Kafka, NATS JetStream, MQTT, Amazon SQS or Google Pub/Sub, whose
messages are JSON objects, predicts each with the artifact that train wrote, and writes
what score writes to another topic, of the same system or another one, until it is
stopped. Between two topics of one cluster of Kafka a record has its prediction once,
whatever fails: what is written and how far the topic was read is committed in one
transaction, and whoever reads the predictions with read_committed sees no other. Else it
has it at least once. Where it was stopped or killed, the next run goes on.

    beamline stream kafka://localhost:9092/flats --to kafka://localhost:9092/prices --model out/model
    beamline stream 'kafka://a:9092,b:9092/flats?group=prices&refused=bad-flats' --to kafka://a:9092,b:9092/prices
    beamline stream mqtt://localhost/sensors/+/climate --to nats://localhost/rooms --key id
    beamline stream beamline.yaml --idle 10s

In a spec the topics are data.score and output.to. Records that can't be used go to the
topic TOPIC-refused as they were, with the reason in a header. The records of each hour,
or another --window, are held against those of training: a column that holds other things
is a warning. With --metrics :9464 there is a page for Prometheus, for this machine alone
where the address names none. docs/guides/streams.md says more.`,
	do: func(ctx context.Context, o *options, args []string) error {
		o.told = &answer{files: map[string]string{}}
		return o.stream(ctx, args)
	},
}

// Bounds of a stream.
const (
	streamPatience = 5 * time.Minute // until a cluster that fails again and again is given up
	streamTold     = 10 * time.Second
	leastWindow    = time.Second
)

// stream predicts the records of a topic.
func (o *options) stream(ctx context.Context, args []string) error {
	s, data, err := o.toScore(ctx, args)
	if err != nil {
		return err
	}
	switch {
	case len(data) != 1:
		return fault.Usagef("stream reads one topic (%s), and not %d", strings.Join(topics.Forms(), ", "), len(data))
	case s.Output.To == "":
		return fault.Usagef("stream needs --to, the topic of the predictions (%s)", strings.Join(topics.Forms(), ", "))
	case o.window < leastWindow:
		return fault.Usagef("--window: %v is shorter than %v", o.window, leastWindow)
	case o.changed("idle") && o.idle <= 0:
		return fault.Usagef("--idle: %v is no time to wait, such as 10s", o.idle)
	}
	in, err := topics.Parse(data[0])
	if err != nil {
		return err
	}
	out, err := topics.Parse(string(s.Output.To))
	if err != nil {
		return err
	}
	open, promise, err := topics.Open(in, out)
	if err != nil {
		return err
	}
	dir := o.model
	if dir == "" {
		dir = store.Join(s.Output.Dir, outdir.Model)
	}
	m, err := loadModel(ctx, s, dir)
	if err != nil {
		return err
	}
	program, err := stepsOf(ctx, s, m, dir)
	if err != nil {
		return err
	}
	if err := topics.Keyed(in, cmp.Or(s.Data.Key, m.Key())); err != nil {
		return err
	}
	scorer, err := serve.NewScorer(m, program, s.Data.Key, s.Limits.Record)
	if err != nil {
		return err
	}
	log := o.log()
	log.Info(fmt.Sprintf("%s is read%s; predictions of model %s go to %s, %s each, what can't be used to %s", in, as(in), m.ID, out, promise, in.Refused().Label()))
	w := &streamWatch{options: o, scorer: scorer, topic: in.Label(), model: m.ID, end: make(chan struct{})}
	if err := w.serve(); err != nil {
		return err
	}
	begun := time.Now()
	var ended sync.WaitGroup
	ended.Go(w.watch)
	err = stream.Run(ctx, open, w.step, stream.Options{Idle: o.idle, Patience: streamPatience, Behind: &w.behind, Log: log})
	close(w.end)
	ended.Wait()
	o.sayStreamed(scorer.Total(), time.Since(begun))
	return err
}

// as says as what a place is read.
func as(in stream.Place) string {
	if in.Reader() == "" {
		return ""
	}
	return " as " + in.Reader()
}

// toScore is the spec among the arguments, and the data that they name, or else the spec as
// what is to be predicted.
func (o *options) toScore(ctx context.Context, args []string) (spec.Spec, []string, error) {
	s, data, err := o.spec(ctx, args)
	if len(data) == 0 {
		data = s.Data.Score
	}
	return s, data, err
}

// stepsOf are what is done to each record first: the steps of the spec, or else those that the
// model was trained with; nil where there are none.
func stepsOf(ctx context.Context, s spec.Spec, m *models.Model, dir string) (*mapping.Program, error) {
	steps := s.Steps
	if steps == nil {
		steps = m.Steps
	}
	if len(steps) == 0 {
		return nil, nil
	}
	if len(m.Inputs) == 0 {
		return nil, fault.Usagef("%s: the model does not say which columns steps are done to; train it again, with the steps", dir)
	}
	return systems.Program(ctx, m.Inputs, steps)
}

// streamDoc is what --json prints of a stream.
type streamDoc struct {
	Rows     tally.Rows       `json:"rows"`
	Refused  map[string]int64 `json:"refused,omitempty"`  // by rule
	Repaired map[string]int64 `json:"repaired,omitempty"` // cells by rule
	Seconds  float64          `json:"seconds"`
}

// sayStreamed says what became of a stream.
func (o *options) sayStreamed(t tally.Tally, took time.Duration) {
	rows := t.Rows()
	o.told.doc = streamDoc{rows, t.Refused, t.Repaired, float64(took.Milliseconds()) / 1000}
	o.told.say("%s records scored, %s refused.", grouped(rows.Used), grouped(rows.Refused))
	for _, rule := range slices.Sorted(maps.Keys(t.Refused)) {
		o.told.say("  %s: %s", rule, grouped(t.Refused[rule]))
	}
	keys := slices.SortedFunc(maps.Keys(t.Findings), func(a, b tally.Key) int { return int(t.Findings[b] - t.Findings[a]) })
	for _, k := range keys[:min(len(keys), 5)] {
		o.told.say("warning: %s %s, %s cells, such as %q", k.Column, k.Rule, grouped(t.Findings[k]), t.Examples[k])
	}
}
