package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/postgres/postgrestest"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// orderRows are the rows of the table that is read and written.
const orderRows = 1_000_000

// ordersColumns make a table of ten columns, as those of people are.
const ordersColumns = `id bigint primary key, amount int, share double precision, weight double precision, price numeric(10, 2), town text, code text, ordered date, shipped timestamptz, paid boolean`

const fillOrders = `insert into orders select i, (i::bigint * 7919 %% 1000003)::int, random(), random() * 1000, (random() * 100)::numeric(10, 2),
'town ' || i %% 97, md5(i::text), '2020-01-01'::date + i %% 2000, '2020-01-01'::timestamptz + i * interval '1 minute', i %% 3 = 0 from generate_series(1, %d) i`

// databases reads a table of PostgreSQL into batches and writes it back.
func (b *bench) databases() error {
	s, err := postgrestest.New()
	if errors.Is(err, postgrestest.ErrMissing) {
		b.say("\n## A table of PostgreSQL\n\nNot measured: %v.", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer s.Stop()
	for _, sql := range []string{"create table orders (" + ordersColumns + "); create table taken (" + strings.Replace(ordersColumns, "numeric(10, 2)", "double precision", 1) + ")", fmt.Sprintf(fillOrders, orderRows)} {
		if err := s.Exec("postgres", sql); err != nil {
			return err
		}
	}
	if err := s.Exec("postgres", "vacuum analyze orders"); err != nil { // it runs alone
		return err
	}
	b.say("\n## A table of PostgreSQL, %d records of 10 columns\n", orderRows)
	b.say("The server runs on the same machine. COPY is that of the server, as CSV, with nothing made of it on the way out, and from memory on the way in; rates are over its. Beamline reads by two connections, its plan included, into batches of texts and of values.\n")
	d := databaseBench{bench: b, server: s, url: s.URL("postgres")}
	if err := d.reads(); err != nil {
		return err
	}
	return d.writes()
}

type databaseBench struct {
	*bench
	server *postgrestest.Server
	url    string
}

// timed is a way to do it.
type timed struct {
	name string
	do   func() (seconds float64, err error)
	took []float64
}

// table takes each way in turn, so that what else runs touches all, and says medians.
func (d *databaseBench) table(title string, ways ...*timed) error {
	for range d.runs {
		for _, w := range ways {
			seconds, err := w.do()
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			w.took = append(w.took, seconds)
		}
	}
	d.say("| %s | seconds | rows/s | speed over COPY |\n|---|---|---|---|", title)
	median := func(w *timed) float64 { return slices.Sorted(slices.Values(w.took))[len(w.took)/2] }
	for _, w := range ways {
		d.say("| %s | %.2f | %.0f | %.2f |", w.name, median(w), orderRows/median(w), median(ways[0])/median(w))
	}
	d.say("")
	return nil
}

// clock times a function.
func clock(do func() error) func() (float64, error) {
	return func() (float64, error) {
		begun := time.Now()
		err := do()
		return time.Since(begun).Seconds(), err
	}
}

// copied runs a COPY.
func (d *databaseBench) copied(do func(ctx context.Context, conn *pgx.Conn) error) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return do(ctx, conn)
}

func (d *databaseBench) copyTo(w io.Writer) error {
	return d.copied(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.PgConn().CopyTo(ctx, w, "copy orders to stdout (format csv)")
		return err
	})
}

func (d *databaseBench) reads() error {
	ways := []*timed{
		{name: "COPY TO", do: clock(func() error { return d.copyTo(io.Discard) })},
		{name: "beamline, texts", do: clock(func() error { return d.batches(nil, func(table.Batch) error { return nil }) })},
		{name: "beamline, values", do: clock(func() error { return d.batches(orderTypes, func(table.Batch) error { return nil }) })},
	}
	for _, tool := range []string{"adbc", "connectorx", "pandas"} {
		if d.peers != "" {
			ways = append(ways, d.peer(tool, "read"))
		}
	}
	return d.table("out of the table", ways...)
}

// orderTypes are the columns as values.
var orderTypes = []table.Column{{Name: "id", Type: table.Int64}, {Name: "amount", Type: table.Int64}, {Name: "share", Type: table.Float64},
	{Name: "weight", Type: table.Float64}, {Name: "price", Type: table.Float64}, {Name: "town", Type: table.String}, {Name: "code", Type: table.String},
	{Name: "ordered", Type: table.Date, Layouts: []string{"YYYY-MM-DD"}}, {Name: "shipped", Type: table.Timestamp, Layouts: []string{"YYYY-MM-DD hh:mm:ss+hh:mm"}}, {Name: "paid", Type: table.Bool}}

// batches reads the table by two connections, and calls use with each batch of one of
// them at a time.
func (d *databaseBench) batches(typed []table.Column, use func(table.Batch) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	found, err := systems.Find(ctx, []string{d.url + "?table=orders"}, csv.Settings{})
	if err != nil {
		return err
	}
	plan, err := found[0].Plan(ctx)
	if err != nil {
		return err
	}
	const readers = 2
	rows, turn := make(chan int, readers), make(chan struct{}, 1)
	failed := make(chan error, readers)
	for k := range readers {
		go func() {
			n := 0
			defer func() { rows <- n }()
			blocks, err := found[0].Open(ctx, plan, source.Wanted{Columns: found[0].Columns(), Typed: typed})
			if err != nil {
				failed <- err
				return
			}
			defer blocks.Close()
			for i := k; i < len(plan.Grid.Blocks); i += readers {
				batch, err := blocks.Read(ctx, i)
				if err == nil {
					turn <- struct{}{}
					err = use(batch)
					<-turn
				}
				if err != nil {
					failed <- err
					return
				}
				n += batch.Len()
			}
		}()
	}
	n := 0
	for range readers {
		n += <-rows
	}
	select {
	case err := <-failed:
		return err
	default:
	}
	if n != orderRows {
		return fmt.Errorf("%d rows were read", n)
	}
	return nil
}

// peer times another tool, which prints its seconds.
func (d *databaseBench) peer(tool, way string) *timed {
	return &timed{name: tool, do: func() (float64, error) {
		if err := d.empty(); way == "write" && err != nil {
			return 0, err
		}
		said, err := exec.Command(d.peers, "bench/databases.py", tool, way, d.url).Output()
		if err != nil {
			return 0, fmt.Errorf("databases.py %s: %w", tool, err)
		}
		return strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
	}}
}

func (d *databaseBench) empty() error { return d.server.Exec("postgres", "truncate taken") }

// writes writes the rows back, into a table with a primary key, from rows that stand
// ready.
func (d *databaseBench) writes() error {
	var text bytes.Buffer
	if err := d.copyTo(&text); err != nil {
		return err
	}
	rows, columns, err := d.staged()
	if err != nil {
		return err
	}
	write := func(options string) func() error {
		return func() error {
			target, err := systems.Target(d.url + "?table=taken" + options)
			if err != nil {
				return err
			}
			taken, err := target.Write(context.Background(), rows, columns, sink.Run{Key: "id", ID: "bench", Command: "score", Version: "bench", At: time.Now()})
			if err == nil && taken.Rows != orderRows {
				err = fmt.Errorf("%d rows were written", taken.Rows)
			}
			return err
		}
	}
	fresh := func(do func() error) func() (float64, error) {
		return func() (float64, error) {
			if err := d.empty(); err != nil {
				return 0, err
			}
			return clock(do)()
		}
	}
	ways := []*timed{
		{name: "COPY FROM", do: fresh(func() error {
			return d.copied(func(ctx context.Context, conn *pgx.Conn) error {
				_, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(text.Bytes()), "copy taken from stdin (format csv)")
				return err
			})
		})},
		{name: "beamline, into an empty table", do: fresh(write(""))},
		{name: "beamline, over the same rows", do: clock(write(""))},
		{name: "beamline, in the place of all rows", do: clock(write("&mode=replace"))},
	}
	if d.peers != "" {
		ways = append(ways, d.peer("adbc", "write"))
	}
	return d.table("back into a table with a key", ways...)
}

// staged stages the rows as values.
func (d *databaseBench) staged() (sink.Rows, *arrow.Schema, error) {
	k := &sink.Kept{Dir: d.dir, File: "taken.rows"}
	ctx := context.Background()
	part, err := k.Part(ctx)
	if err != nil {
		return sink.Rows{}, nil, err
	}
	typer, err := vector.NewTyper(orderTypes)
	if err != nil {
		return sink.Rows{}, nil, err
	}
	err = d.batches(nil, func(b table.Batch) error { return part.Write(typer.Batch(b)) })
	if err != nil {
		return sink.Rows{}, nil, err
	}
	w, err := part.Close()
	if err != nil {
		return sink.Rows{}, nil, err
	}
	if _, err := k.Commit(ctx, []sink.Written{w}); err != nil {
		return sink.Rows{}, nil, err
	}
	rows, err := sink.ReadKept(ctx, filepath.Join(d.dir, k.File))
	return rows, typer.Schema, err
}
