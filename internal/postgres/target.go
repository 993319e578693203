package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/retry"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/table"
)

// Target is a table that rows are written to, in one transaction.
type Target struct {
	Place place.Place
	Given string
}

// OpenTarget returns the target that a name names.
func OpenTarget(name string) (sink.Target, error) {
	p, err := place.ParseTable(name)
	return &Target{p, place.Shown(name)}, err
}

// Name implements sink.Target.
func (t *Target) Name() string { return t.Given }

// Check implements sink.Target.
func (t *Target) Check(ctx context.Context, columns *arrow.Schema, key string) error {
	layout, err := t.Place.Layout(columns, key, "", "")
	if err != nil {
		return err
	}
	conn, err := connect(ctx, t.Place)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		oid, err := resolve(ctx, tx, t.Place.Table)
		switch {
		case err != nil:
			return err
		case oid == 0:
			return t.mayCreate(ctx, tx)
		}
		if err := t.fits(ctx, tx, oid, layout); err != nil {
			return err
		}
		return t.may(ctx, tx, "has_table_privilege($1::oid, 'insert') and has_table_privilege($1::oid, 'select')", "write to table "+t.Place.Table, oid)
	})
	return named(t.Place, err)
}

// mayCreate fails where the user may not make the table.
func (t *Target) mayCreate(ctx context.Context, tx pgx.Tx) error {
	if schema, _, ok := strings.Cut(t.Place.Table, "."); ok {
		return t.may(ctx, tx, "has_schema_privilege($1, 'create')", "make tables in schema "+schema, schema)
	}
	return t.may(ctx, tx, "has_schema_privilege(current_schema(), 'create')", "make table "+t.Place.Table)
}

// may fails where a condition does not hold, which is a right.
func (t *Target) may(ctx context.Context, tx pgx.Tx, condition, what string, args ...any) error {
	var may bool
	err := tx.QueryRow(ctx, "select "+condition, args...).Scan(&may)
	if err == nil && !may {
		err = fault.Usagef("%s: the user may not %s", t.Given, what)
	}
	return err
}

// fits fails where the table can't take the rows.
func (t *Target) fits(ctx context.Context, tx pgx.Tx, oid uint32, l place.Layout) error {
	rows, err := tx.Query(ctx, "select attname from pg_attribute where attrelid = $1::oid and attnum > 0 and not attisdropped", oid)
	if err != nil {
		return err
	}
	has, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, c := range l.Columns {
		if !slices.Contains(has, c) {
			return fault.Usagef("%s: the table has no column %s%s; add it, or leave the table to be made", t.Given, c, fault.Hint(c, has, ""))
		}
	}
	if t.Place.Effective() != place.Upsert {
		return nil
	}
	sorted := slices.Sorted(slices.Values(l.Key))
	var unique bool
	err = tx.QueryRow(ctx, `select exists (select from pg_index i where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
and $2::text[] = (select array_agg(a.attname::text order by a.attname::text collate "C") from unnest(i.indkey::int2[]) with ordinality k (n, o)
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n where k.o <= i.indnkeyatts))`, oid, sorted).Scan(&unique)
	if err == nil && !unique {
		err = fault.Usagef("%s: rows are replaced by their key, so the table needs a primary key or a unique index of %s", t.Given, strings.Join(l.Key, ", "))
	}
	return err
}

// types are those of the server for columns of rows.
var types = sink.Types{Int64: "bigint", Float64: "double precision", Bool: "boolean", Date: "date", Local: "timestamp", Timestamp: "timestamptz", Text: "text"}

// Write implements sink.Target. A commit whose answer is lost is done again, which
// changes nothing.
func (t *Target) Write(ctx context.Context, rows sink.Rows, columns *arrow.Schema, run sink.Run) (taken sink.Taken, err error) {
	layout, err := t.Place.Layout(columns, run.Key, run.ID, run.At.UTC().Format(time.RFC3339))
	if err != nil {
		return taken, err
	}
	err = retry.Do(ctx, tries, firstWait, func() (bool, error) {
		w := writing{Target: t, Layout: layout, columns: columns, rows: rows, run: run}
		err := w.do(ctx)
		taken = w.taken
		return passing(err) && !fault.Is(err) && ctx.Err() == nil, err
	})
	return taken, named(t.Place, err)
}

// writing is one attempt to write.
type writing struct {
	*Target
	place.Layout
	columns *arrow.Schema
	rows    sink.Rows
	run     sink.Run
	tx      pgx.Tx
	taken   sink.Taken
}

func (w *writing) do(ctx context.Context) error {
	conn, err := connect(ctx, w.Place)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		w.tx = tx
		// Two runs that write one table do so one after the other.
		_, err := tx.Exec(ctx, settings+"set local lock_timeout = '15min'; select pg_advisory_xact_lock(hashtextextended("+place.Literal("beamline "+w.Place.Table)+", 0))")
		if err != nil {
			return err
		}
		target, err := w.target(ctx)
		if err != nil {
			return err
		}
		if err := w.fill(ctx, target); err != nil {
			return err
		}
		return w.note(ctx)
	})
}

// target finds the table, or makes it.
func (w *writing) target(ctx context.Context) (sql string, err error) {
	oid, err := resolve(ctx, w.tx, w.Place.Table)
	if err != nil {
		return "", err
	}
	if oid == 0 {
		return w.create(ctx)
	}
	if err := w.fits(ctx, w.tx, oid, w.Layout); err != nil {
		return "", err
	}
	err = w.tx.QueryRow(ctx, "select $1::oid::regclass::text", oid).Scan(&sql)
	return sql, err
}

func (w *writing) create(ctx context.Context) (sql string, err error) {
	sql = quotedTable(w.Place.Table)
	var list []string
	for i, c := range w.Columns {
		kind := "text"
		switch {
		case i < w.columns.NumFields():
			kind = types.Of(w.columns.Field(i).Type)
		case c == place.ScoredAt:
			kind = "timestamptz"
		case w.Place.ByDay(c):
			kind = "date"
		}
		list = append(list, place.Quoted(c)+" "+kind)
	}
	if len(w.Key) > 0 {
		list = append(list, "primary key ("+strings.Join(place.QuotedAll(w.Key), ", ")+")")
	}
	_, err = w.tx.Exec(ctx, "create table "+sql+" ("+strings.Join(list, ", ")+")")
	return sql, err
}

// fill brings the rows into the table. One that is empty, or empty of what is replaced,
// takes them as they come.
func (w *writing) fill(ctx context.Context, target string) error {
	if w.Place.Effective() == place.Replace {
		where := ""
		if w.Place.By != "" {
			where = " where " + place.Quoted(w.Place.By) + " = " + place.Literal(w.Place.Value)
		}
		if _, err := w.tx.Exec(ctx, "delete from "+target+where); err != nil {
			return err
		}
		return w.copy(ctx, target)
	}
	var empty bool
	if err := w.tx.QueryRow(ctx, "select not exists (select from "+target+")").Scan(&empty); err != nil {
		return err
	}
	if empty {
		return w.copy(ctx, target)
	}
	columns := strings.Join(place.QuotedAll(w.Columns), ", ")
	const stage = "pg_temp.beamline_stage"
	if _, err := w.tx.Exec(ctx, "create temporary table beamline_stage on commit drop as select "+columns+" from "+target+" limit 0"); err != nil {
		return err
	}
	if err := w.copy(ctx, stage); err != nil {
		return err
	}
	if err := w.once(ctx, stage, strings.Join(place.QuotedAll(w.Key), ", ")); err != nil {
		return err
	}
	_, err := w.tx.Exec(ctx, w.upsert(target, stage))
	return err
}

// upsert is the statement that brings in what is new or says something else than the row
// that is there. To join the two finds that in a third of the time that it takes to go to
// each row by its key, as long as the join has the memory for it.
func (w *writing) upsert(target, stage string) string {
	var all, on, set, old, fresh []string
	for _, c := range w.Columns {
		q := place.Quoted(c)
		if all = append(all, "s."+q); slices.Contains(w.Key, c) {
			on = append(on, "t."+q+" = s."+q)
			continue
		}
		set, old, fresh = append(set, q+" = excluded."+q), append(old, "t."+q), append(fresh, "s."+q)
	}
	where, do := "t."+place.Quoted(w.Key[0])+" is null", "nothing"
	if len(set) > 0 {
		where += " or (" + strings.Join(old, ", ") + ") is distinct from (" + strings.Join(fresh, ", ") + ")"
		do = "update set " + strings.Join(set, ", ")
	}
	return "set local work_mem = '128MB'; insert into " + target + " (" + strings.Join(place.QuotedAll(w.Columns), ", ") + ") select " + strings.Join(all, ", ") +
		" from " + stage + " s left join " + target + " t on " + strings.Join(on, " and ") + " where " + where +
		" on conflict (" + strings.Join(place.QuotedAll(w.Key), ", ") + ") do " + do
}

// once fails where two rows have one key.
func (w *writing) once(ctx context.Context, stage, key string) error {
	var found string
	err := w.tx.QueryRow(ctx, "select row("+key+")::text from "+stage+" group by "+key+" having count(*) > 1 limit 1").Scan(&found)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fault.Dataf("%s: the key %s names more than one row: %s", w.Given, strings.Join(w.Key, ", "), found)
	}
	return err
}

// copy brings the rows into a table by COPY.
func (w *writing) copy(ctx context.Context, table string) error {
	r, out := io.Pipe()
	var sent sink.Taken
	done := make(chan error, 1)
	go func() {
		var err error
		sent, err = w.encode(ctx, out)
		out.CloseWithError(err)
		done <- err
	}()
	sql := "copy " + table + " (" + strings.Join(place.QuotedAll(w.Columns), ", ") + ") from stdin (format csv)"
	_, err := w.tx.Conn().PgConn().CopyFrom(ctx, r, sql)
	r.CloseWithError(errStopped)
	if made := <-done; made != nil && !errors.Is(made, errStopped) {
		return made
	}
	w.taken = sent
	return w.explained(err)
}

var errStopped = errors.New("the server takes no more rows")

// explained says which row the server refused.
func (w *writing) explained(err error) error {
	var x *pgconn.PgError
	if errors.As(err, &x) && (strings.HasPrefix(x.Code, badInsert) || strings.HasPrefix(x.Code, badData)) {
		text := brief(err)
		if where := strings.TrimPrefix(x.Where, "COPY "); where != x.Where {
			text += "; " + where
		}
		return fault.Dataf("%s: the server refuses a row: %s", w.Given, text)
	}
	return err
}

// encode writes the rows as COPY takes them.
func (w *writing) encode(ctx context.Context, out io.Writer) (sent sink.Taken, err error) {
	var buf []byte
	err = w.rows.Each(ctx, func(b table.Batch) error {
		buf = buf[:0]
		without, err := sink.Keyed(b, w.At, func(rows arrow.RecordBatch) (err error) {
			sent.Rows += rows.NumRows()
			buf, err = format.Delimited.Append(buf, table.Batch{Record: sink.Stamped(rows, w.Common, w.Values)}, format.Settings{})
			return err
		})
		sent.Keyless += without
		if err == nil {
			_, err = out.Write(buf)
		}
		return err
	})
	return sent, err
}

// note writes the row of the run.
func (w *writing) note(ctx context.Context) error {
	// Two runs that make the table at once would be in each other's way.
	if _, err := w.tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended("+place.Literal(place.Runs)+", 0)) where to_regclass("+place.Literal(place.Runs)+") is null"); err != nil {
		return err
	}
	if _, err := w.tx.Exec(ctx, "create table if not exists "+place.Runs+` (run_id text not null, target text not null, command text not null, model_id text,
version text not null, rows bigint not null, started_at timestamptz not null, committed_at timestamptz not null default now(), primary key (run_id, target))`); err != nil {
		return err
	}
	_, err := w.tx.Exec(ctx, "insert into "+place.Runs+` (run_id, target, command, model_id, version, rows, started_at) values ($1, $2, $3, nullif($4, ''), $5, $6, $7)
on conflict (run_id, target) do update set rows = excluded.rows, version = excluded.version, started_at = excluded.started_at, committed_at = excluded.committed_at`,
		w.run.ID, w.Place.Table, w.run.Command, w.run.Model, w.run.Version, w.taken.Rows, w.run.At)
	if err != nil {
		return fmt.Errorf("%s: %w", place.Runs, err)
	}
	return nil
}
