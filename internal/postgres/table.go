package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
)

// rowPlace is where a row is stored, as the server calls it.
const rowPlace = "ctid"

// relation is a table of the server.
type relation struct {
	sql         string // its name
	order       []column
	bytes, rows int64
}

// findTable finds a table by its name, as it is written or as SQL would read it.
func findTable(ctx context.Context, tx pgx.Tx, p place.Place) (relation, error) {
	var t relation
	oid, err := resolve(ctx, tx, p.Table)
	if err != nil {
		return t, err
	}
	if oid == 0 {
		return t, missing(ctx, tx, p)
	}
	var stored, parted bool
	var version int
	err = tx.QueryRow(ctx, `select format('%I.%I', n.nspname, c.relname), c.relkind in ('r', 'm'), c.relkind = 'p',
pg_table_size(c.oid), greatest(c.reltuples, 0)::bigint, current_setting('server_version_num')::int
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1::oid`, oid).Scan(&t.sql, &stored, &parted, &t.bytes, &t.rows, &version)
	if err != nil {
		return t, err
	}
	if stored || parted {
		if t.order, err = keyOf(ctx, tx, oid); err != nil {
			return t, err
		}
	}
	const rangesOfPlaces = 140000 // the version from which on a range of places is no pass over the table
	if t.order == nil && stored && version >= rangesOfPlaces {
		t.order = []column{{rowPlace, "tid"}}
	}
	return t, nil
}

// quotedTable is the name of a table as SQL has it, whatever is in its parts.
func quotedTable(name string) string {
	if schema, table, ok := strings.Cut(name, "."); ok {
		return place.Quoted(schema) + "." + place.Quoted(table)
	}
	return place.Quoted(name)
}

// resolve returns the id of a table, or 0.
func resolve(ctx context.Context, tx pgx.Tx, name string) (oid uint32, err error) {
	quoted := quotedTable(name)
	ask := func(text string) error {
		return tx.QueryRow(ctx, "select coalesce(to_regclass($1)::oid, 0)", text).Scan(&oid)
	}
	if err = ask(quoted); err != nil || oid > 0 || strings.ContainsAny(name, `"; `) {
		return oid, err
	}
	return oid, ask(strings.ToLower(quoted))
}

// missing says that there is no such table, and which is the nearest.
func missing(ctx context.Context, tx pgx.Tx, p place.Place) error {
	rows, err := tx.Query(ctx, `select case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1 limit 10000`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	return fault.Usagef("%s: there is no table %s%s", place.Shown(p.Address), p.Table, fault.Hint(p.Table, names, ""))
}

// keyOf returns the columns of the primary key, or of another index that names each row;
// nil where there is none.
func keyOf(ctx context.Context, tx pgx.Tx, oid uint32) (key []column, err error) {
	rows, err := tx.Query(ctx, `with best as (
	select i.indexrelid, i.indrelid, i.indkey from pg_index i
	where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
	and not exists (select from unnest(i.indkey::int2[]) k join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k where not a.attnotnull)
	order by i.indisprimary desc, i.indnkeyatts, i.indexrelid limit 1)
select a.attname, format_type(a.atttypid, a.atttypmod) from best b
cross join unnest(b.indkey::int2[]) with ordinality k (n, i)
join pg_attribute a on a.attrelid = b.indrelid and a.attnum = k.n
where k.i <= (select indnkeyatts from pg_index where indexrelid = b.indexrelid) order by k.i`, oid)
	if err != nil {
		return nil, err
	}
	var c column
	_, err = pgx.ForEachRow(rows, []any{&c.Name, &c.Type}, func() error {
		key = append(key, c)
		return nil
	})
	return key, err
}

// orderSQL are the columns that the table is ordered by.
func (s *Source) orderSQL() []string {
	out := make([]string, len(s.Order))
	for i, c := range s.Order {
		out[i] = "q." + place.Quoted(c.Name)
	}
	return out
}

// keySQL is a key as a row of values.
func (s *Source) keySQL(key []string) string {
	out := make([]string, len(key))
	for i, text := range key {
		out[i] = fmt.Sprintf("%s::%s", place.Literal(text), s.Order[i].Type)
	}
	return "(" + strings.Join(out, ", ") + ")"
}
