package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	sqlite3 "modernc.org/sqlite"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/table"
)

// Target is a table that rows are written to, in one transaction.
type Target struct {
	Place place.Place
	Given string
	Path  string // of the file, absolute
}

// OpenTarget returns the target that a name names.
func OpenTarget(name string) (sink.Target, error) {
	p, err := place.ParseTable(name)
	if err != nil {
		return nil, err
	}
	t := &Target{Place: p, Given: place.Shown(name)}
	path, _ := Split(p.Address)
	if t.Path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return t, nil
}

// Name implements sink.Target.
func (t *Target) Name() string { return t.Given }

// open opens the file for writing, and makes it where it is not there.
func (t *Target) open() (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(t.Path)+fmt.Sprintf("?_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)&_txlock=immediate", busy))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// Check implements sink.Target.
func (t *Target) Check(ctx context.Context, columns *arrow.Schema, key string) error {
	layout, err := t.Place.Layout(columns, key, "", "")
	if err != nil {
		return err
	}
	if _, err := os.Stat(t.Path); errors.Is(err, fs.ErrNotExist) { // a check makes no file
		if _, err := os.Stat(filepath.Dir(t.Path)); err != nil {
			return fault.Usagef("%s: %v", t.Given, err)
		}
		return nil
	}
	return t.within(ctx, func(tx *sql.Tx) error {
		name, err := t.find(ctx, tx)
		if err != nil || name == "" {
			return err
		}
		return t.fits(ctx, tx, name, layout)
	}, func(tx *sql.Tx) error { return tx.Rollback() })
}

// within calls use in a transaction, and end where it ends well.
func (t *Target) within(ctx context.Context, use, end func(tx *sql.Tx) error) error {
	db, err := t.open()
	if err != nil {
		return t.named(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return t.named(err)
	}
	defer tx.Rollback()
	if err := use(tx); err != nil {
		return t.named(err)
	}
	return t.named(end(tx))
}

func (t *Target) named(err error) error { return named(t.Given, err, cantOpen, readOnly) }

// find returns the name of the table, or nothing.
func (t *Target) find(ctx context.Context, tx *sql.Tx) (name string, err error) {
	err = tx.QueryRowContext(ctx, "select name from sqlite_schema where type = 'table' and name = ? collate nocase", t.Place.Table).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return name, err
}

// querier is a database, or a transaction of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// texts are the first cells of the rows that a query gives.
func texts(ctx context.Context, tx querier, query string, args ...any) (out []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// fits fails where the table can't take the rows.
func (t *Target) fits(ctx context.Context, tx *sql.Tx, name string, l place.Layout) error {
	has, err := texts(ctx, tx, "select lower(name) from pragma_table_info(?)", name)
	if err != nil {
		return err
	}
	for _, c := range l.Columns {
		if !slices.Contains(has, strings.ToLower(c)) {
			return fault.Usagef("%s: the table has no column %s%s; add it, or leave the table to be made", t.Given, c, fault.Hint(c, has, ""))
		}
	}
	if t.Place.Effective() != place.Upsert {
		return nil
	}
	keys, err := texts(ctx, tx, `select group_concat(lower(c.name), char(0) order by lower(c.name)) from pragma_index_list(?) i, pragma_index_info(i.name) c where i."unique" and not i.partial group by i.name
union all select coalesce(group_concat(lower(name), char(0) order by lower(name)), '') from pragma_table_info(?) where pk`, name, name)
	if err != nil {
		return err
	}
	var key []string
	for _, k := range l.Key {
		key = append(key, strings.ToLower(k))
	}
	slices.Sort(key)
	if !slices.Contains(keys, strings.Join(key, "\x00")) {
		return fault.Usagef("%s: rows are replaced by their key, so the table needs a primary key or a unique index of %s", t.Given, strings.Join(l.Key, ", "))
	}
	return nil
}

// Write implements sink.Target.
func (t *Target) Write(ctx context.Context, rows sink.Rows, columns *arrow.Schema, run sink.Run) (taken sink.Taken, err error) {
	layout, err := t.Place.Layout(columns, run.Key, run.ID, run.At.UTC().Format(time.RFC3339))
	if err != nil {
		return taken, err
	}
	err = t.within(ctx, func(tx *sql.Tx) error {
		w := writing{Target: t, Layout: layout, columns: columns, run: run, tx: tx}
		err := w.do(ctx, rows)
		taken = w.taken
		return err
	}, func(tx *sql.Tx) error { return tx.Commit() })
	return taken, err
}

// writing is one attempt to write.
type writing struct {
	*Target
	place.Layout
	columns *arrow.Schema
	run     sink.Run
	tx      *sql.Tx
	taken   sink.Taken
}

func (w *writing) do(ctx context.Context, rows sink.Rows) error {
	name, err := w.find(ctx, w.tx)
	if err != nil {
		return err
	}
	if name == "" {
		name, err = w.Place.Table, w.create(ctx)
	} else {
		err = w.fits(ctx, w.tx, name, w.Layout)
	}
	if err != nil {
		return err
	}
	if w.Place.Effective() == place.Replace {
		query, args := "delete from "+place.Quoted(name), []any{}
		if w.Place.By != "" {
			query, args = query+" where "+place.Quoted(w.Place.By)+" = ?", append(args, w.Place.Value)
		}
		if _, err := w.tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	if err := w.fill(ctx, name, rows); err != nil {
		return err
	}
	return w.note(ctx)
}

// types are those of SQLite for columns of rows.
var types = sink.Types{Int64: "integer", Float64: "real", Bool: "boolean", Date: "date", Local: "timestamp", Timestamp: "timestamp", Text: "text"}

func (w *writing) create(ctx context.Context) error {
	var list []string
	for i, c := range w.Columns {
		kind := "text"
		if i < w.columns.NumFields() {
			kind = types.Of(w.columns.Field(i).Type)
		}
		list = append(list, place.Quoted(c)+" "+kind)
	}
	if len(w.Key) > 0 {
		list = append(list, "primary key ("+strings.Join(place.QuotedAll(w.Key), ", ")+")")
	}
	_, err := w.tx.ExecContext(ctx, "create table "+place.Quoted(w.Place.Table)+" ("+strings.Join(list, ", ")+")")
	return err
}

// fill brings the rows into the table. One that is empty, or whose rows are replaced,
// takes them as they come.
func (w *writing) fill(ctx context.Context, name string, rows sink.Rows) error {
	table := place.Quoted(name)
	var there bool
	if err := w.tx.QueryRowContext(ctx, "select exists (select 1 from "+table+")").Scan(&there); err != nil {
		return err
	}
	if !there || w.Place.Effective() == place.Replace {
		return w.insert(ctx, table, rows)
	}
	columns, key := strings.Join(place.QuotedAll(w.Columns), ", "), strings.Join(place.QuotedAll(w.Key), ", ")
	const stage = "temp.beamline_stage"
	if _, err := w.tx.ExecContext(ctx, "create table "+stage+" ("+columns+", unique ("+key+"))"); err != nil {
		return err
	}
	if err := w.insert(ctx, stage, rows); err != nil {
		return err
	}
	_, err := w.tx.ExecContext(ctx, "insert into "+table+" ("+columns+") select "+columns+" from "+stage+" where true on conflict ("+key+") do "+w.update())
	if err == nil {
		_, err = w.tx.ExecContext(ctx, "drop table "+stage)
	}
	return err
}

// update is what becomes of a row that is there.
func (w *writing) update() string {
	var set []string
	for _, c := range w.Columns {
		if !slices.Contains(w.Key, c) {
			set = append(set, place.Quoted(c)+" = excluded."+place.Quoted(c))
		}
	}
	if len(set) == 0 {
		return "nothing"
	}
	return "update set " + strings.Join(set, ", ")
}

// insert inserts the rows into a table.
func (w *writing) insert(ctx context.Context, to string, rows sink.Rows) error {
	insert, err := w.tx.PrepareContext(ctx, "insert into "+to+" ("+strings.Join(place.QuotedAll(w.Columns), ", ")+") values ("+
		strings.TrimSuffix(strings.Repeat("?, ", len(w.Columns)), ", ")+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	args := make([]any, len(w.Columns))
	for i, v := range w.Values {
		args[len(args)-len(w.Values)+i] = v
	}
	return rows.Each(ctx, func(b table.Batch) error {
		without, err := sink.Keyed(b, w.At, func(r arrow.RecordBatch) error {
			for i := range int(r.NumRows()) {
				for c, column := range r.Columns() {
					args[c] = valueOf(column, i)
				}
				if _, err := insert.ExecContext(ctx, args...); err != nil {
					return w.explained(err, args)
				}
				w.taken.Rows++
			}
			return nil
		})
		w.taken.Keyless += without
		return err
	})
}

// explained says which row was refused.
func (w *writing) explained(err error, args []any) error {
	var x *sqlite3.Error
	if !errors.As(err, &x) || x.Code()&0xff != constraint && x.Code()&0xff != mismatch {
		return err
	}
	var key []string
	for _, at := range w.At {
		key = append(key, fmt.Sprintf("%s = %v", w.Columns[at], args[at]))
	}
	const uniqueOrKey, primaryKey = 2067, 1555 // extended codes
	if code := x.Code(); code == uniqueOrKey || code == primaryKey {
		return fault.Dataf("%s: the key %s names more than one row: %s", w.Given, strings.Join(w.Key, ", "), strings.Join(key, ", "))
	}
	return fault.Dataf("%s: a row is refused, of %s: %v", w.Given, strings.Join(key, ", "), err)
}

// valueOf is a cell as the driver takes it: dates and times as ISO 8601 has them.
func valueOf(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly)
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).Format(arrowtext.TimeLayout(a.DataType()))
	case *array.String:
		if a.Value(i) == "" {
			return nil
		}
		return a.Value(i)
	}
	return a.ValueStr(i)
}

// note writes the row of the run.
func (w *writing) note(ctx context.Context) error {
	if _, err := w.tx.ExecContext(ctx, "create table if not exists "+place.Runs+` (run_id text not null, target text not null, command text not null, model_id text,
version text not null, rows integer not null, started_at text not null, committed_at text not null, primary key (run_id, target))`); err != nil {
		return err
	}
	_, err := w.tx.ExecContext(ctx, "insert into "+place.Runs+` (run_id, target, command, model_id, version, rows, started_at, committed_at)
values (?, ?, ?, nullif(?, ''), ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
on conflict (run_id, target) do update set rows = excluded.rows, version = excluded.version, started_at = excluded.started_at, committed_at = excluded.committed_at`,
		w.run.ID, w.Place.Table, w.run.Command, w.run.Model, w.run.Version, w.taken.Rows, w.run.At.UTC().Format(time.RFC3339))
	return err
}
