package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/stream"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/topics"
	"github.com/beamline-go/beamline/table"
)

var replayCommand = command{
	name: "replay", args: "DATA... --to TOPIC", short: "records of a table into a topic, as a stream of them",
	flags: []string{"to", "key", "rate", "at", "speed", "json", "quiet"},
	more:  slices.Concat(readFlags, logFlags),
	long: `Replay writes the records of a table to a topic of Kafka, NATS, MQTT, SQS or Pub/Sub, as
stream reads them: each a JSON object of its cells, in their order. The messages have the
cells of --key as theirs, so that those of one key stay in their order.

    beamline replay flats.csv --to kafka://localhost:9092/flats --key flat
    beamline replay flats.csv --to kafka://localhost:9092/flats --rate 500
    beamline replay readings.parquet --to kafka://localhost:9092/readings --at measured --speed 60

They come as fast as can be, --rate of them a second, or at the pace of the times in the
column --at, --speed times as fast. Records that can't be read are left out and counted.
What was written before it was stopped stays there, and a second replay writes all again.`,
	do: func(ctx context.Context, o *options, args []string) error {
		o.told = &answer{files: map[string]string{}}
		return o.replay(ctx, args)
	},
}

// replay writes the records of a table to a topic.
func (o *options) replay(ctx context.Context, args []string) error {
	s, data, err := o.toScore(ctx, args)
	if err != nil {
		return err
	}
	switch {
	case len(data) == 0:
		return fault.Usagef("replay needs data: a file, a folder or a table")
	case s.Output.To == "":
		return fault.Usagef("replay needs --to, the topic that records go to (%s)", strings.Join(topics.Forms(), ", "))
	case o.changed("rate") && !(o.rate > 0):
		return fault.Usagef("--rate: %v is no number of records a second", o.rate)
	case o.changed("speed") && !(o.speed > 0):
		return fault.Usagef("--speed: %v is not how many times as fast", o.speed)
	case o.rate > 0 && o.at != "":
		return fault.Usagef("--rate and --at: give one of them")
	}
	to, err := topics.Parse(string(s.Output.To))
	if err != nil {
		return err
	}
	t, err := open(ctx, s, data, s.Data.Key)
	if err != nil {
		return err
	}
	r := &replayed{warn: func(line string) { o.log().Warn(line) }, columns: t.Columns, key: s.Data.Key, pace: pace{rate: o.rate, speed: o.speed, begun: time.Now()}}
	if r.lines, err = format.Find("jsonl"); err != nil {
		return err
	}
	if r.at = slices.Index(t.Columns, o.at); o.at != "" && r.at < 0 {
		return fault.Usagef("--at: the data has no column %q%s", o.at, fault.Hint(o.at, t.Columns, ""))
	}
	if r.to, err = to.Sink(ctx); err != nil {
		return err
	}
	defer r.to.Close()
	for _, x := range t.Sources {
		if err = r.source(ctx, x); err != nil {
			break
		}
	}
	wrote, flushed := r.to.Flush(context.WithoutCancel(ctx))
	o.told.doc = streamDoc{Rows: tally.Rows{Read: wrote + r.refused, Used: wrote, Refused: r.refused}, Seconds: time.Since(r.pace.begun).Seconds()}
	o.told.say("%s records written to %s, %s refused.", grouped(wrote), to, grouped(r.refused))
	switch {
	case ctx.Err() != nil:
		return &fault.Fault{Code: fault.Interrupted, Message: fmt.Sprintf("interrupted; %s records were written", grouped(wrote))}
	case err == nil:
		return flushed
	}
	return err
}

// replayed writes the records of sources.
type replayed struct {
	to      stream.Sink
	columns []string
	lines   format.Out
	key     string
	at      int // the column of times, or -1
	pace    pace
	refused int64
	warn    func(line string)
	flushed time.Time
}

// flushEvery is how long a record of a pace may wait for others that go with it.
const flushEvery = 100 * time.Millisecond

// paced reports whether records come at a pace.
func (r *replayed) paced() bool { return r.at >= 0 || r.pace.rate > 0 }

// source writes those of one source.
func (r *replayed) source(ctx context.Context, x source.Source) error {
	plan, err := x.Plan(ctx)
	if err != nil {
		return err
	}
	blocks, err := x.Open(ctx, plan, source.Wanted{Columns: r.columns})
	if err != nil {
		return err
	}
	defer blocks.Close()
	if plan.Damage != "" {
		r.warn(fmt.Sprintf("%s: %s; what stands before it is written", x.Name(), plan.Damage))
	}
	for k := range plan.Grid.Blocks {
		b, err := blocks.Read(ctx, k)
		if err != nil {
			return err
		}
		if err := r.block(ctx, x.Name(), b); err != nil {
			return err
		}
	}
	return nil
}

// block writes those of a block.
func (r *replayed) block(ctx context.Context, name string, b table.Batch) error {
	r.refused += int64(len(b.Rejects))
	if b.Len() == 0 {
		return nil
	}
	text, err := r.lines.Append(nil, table.Batch{Record: b.Record}, format.Settings{})
	if err != nil {
		return err
	}
	times, err := r.times(name, b)
	if err != nil {
		return err
	}
	key := b.Index(r.key)
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		record := stream.Record{Value: line}
		if key >= 0 && r.key != "" {
			record.Key = []byte(b.Text(key).Value(i))
		}
		if r.at >= 0 {
			r.pace.until(times[i])
		}
		if err := r.pace.wait(ctx); err != nil {
			return err
		}
		if err := r.to.Write(ctx, record); err != nil {
			return err
		}
		if r.paced() && time.Since(r.flushed) > flushEvery { // some wait for more of them
			if _, err := r.to.Flush(ctx); err != nil {
				return err
			}
			r.flushed = time.Now()
		}
	}
	return nil
}

// times are those of the column that sets the pace; nil where none does.
func (r *replayed) times(name string, b table.Batch) ([]time.Time, error) {
	if r.at < 0 {
		return nil, nil
	}
	var out []time.Time
	cells := b.Text(r.at)
	for i := range b.Len() {
		readings, n := dates.Readings(strings.TrimSpace(cells.Value(i)))
		if n != 1 {
			return nil, fault.Dataf("%s: row %d: %q in %q can't be read as a time in one way", name, b.Row(i), cells.Value(i), r.columns[r.at])
		}
		out = append(out, readings[0].Time)
	}
	return steady(out), nil
}
