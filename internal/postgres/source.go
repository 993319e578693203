// Package postgres reads tables from PostgreSQL and writes them there.
//
// A table is read in blocks of its primary key by several connections, all in one
// snapshot of the database; the values come as COPY writes them, exactly, and in the order
// of the key. A query, or a table that has no key and no storage of its own, is read by
// one connection from its beginning to its end.
package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/source"
)

// Source is a table, or what a query gives.
type Source struct {
	Place  place.Place
	Given  string // as the user named it, without what is secret
	From   string // the table in SQL, with the names of its columns, called q
	Fields []field
	Order  []column // what it is ordered and cut by; nil where it can't be
	// Snapshot names the state of the database that all connections read; empty where
	// each reads its own.
	Snapshot string
	// State is how the database calls that state.
	State    string
	Bytes    int64 // of the table on the disk of the server, about
	PerBlock int64 // rows of a block, where it is cut
	Limit    int   // bytes of a record; 0 leaves it to the reader
}

// column is one that a table is ordered by.
type column struct{ Name, Type string }

// Takes reports whether an argument names a table of PostgreSQL.
func Takes(arg string) bool {
	return strings.HasPrefix(arg, "postgres://") || strings.HasPrefix(arg, "postgresql://")
}

// Find returns the source of a name. The state of the database that it reads is held as
// source.Hold says, by this process.
func Find(ctx context.Context, name string, settings csv.Settings) (*Source, error) {
	p, err := place.Parse(name)
	if err != nil {
		return nil, err
	}
	s := &Source{Place: p, Given: place.Shown(name), Limit: settings.Limit}
	if settings.Delimiter != "" || settings.Quote != "" || settings.Header != nil {
		return nil, fault.Usagef("%s: a table of a database has no delimiter, quote or header", s.Given)
	}
	conn, err := connect(ctx, p)
	if err != nil {
		return nil, err
	}
	tx, err := transaction(ctx, conn, "")
	if err == nil {
		err = s.look(ctx, tx)
	}
	if err == nil {
		err = s.rename(settings.Columns)
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, named(p, err)
	}
	source.Hold(ctx, func() { conn.Close(context.WithoutCancel(ctx)) })
	return s, nil
}

// look finds out what the table is, in the state that is then held.
func (s *Source) look(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "set local idle_in_transaction_session_timeout = 0"); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, "select pg_current_snapshot()::text").Scan(&s.State); err != nil {
		return err
	}
	from := "(" + strings.TrimRight(strings.TrimSpace(s.Place.Query), ";") + ")"
	if s.Place.Query == "" {
		t, err := findTable(ctx, tx, s.Place)
		if err != nil {
			return err
		}
		from, s.Order, s.Bytes, s.PerBlock = t.sql, t.order, t.bytes, perBlock(t.rows, t.bytes)
	}
	var names []string
	var err error
	if s.Fields, names, err = fieldsOf(ctx, tx, from); err != nil {
		return err
	}
	if len(s.Fields) > grid.MaxColumns {
		return fault.Dataf("%s: more than %d columns", s.Given, grid.MaxColumns)
	}
	s.From = from + " q"
	if s.Place.Query != "" {
		s.From = from + " q (" + strings.Join(place.QuotedAll(names), ", ") + ")"
	}
	var some bool
	if err := tx.QueryRow(ctx, "select exists (select from "+s.From+")").Scan(&some); err != nil {
		return err
	}
	if !some {
		return fault.Dataf("%s: there are no records", s.Given)
	}
	return s.hold(ctx, tx)
}

// hold lets other connections read the state that this one reads. A server that only
// follows another has no snapshots to give away; then each connection reads its own.
func (s *Source) hold(ctx context.Context, tx pgx.Tx) error {
	var follows bool
	if err := tx.QueryRow(ctx, "select pg_is_in_recovery()").Scan(&follows); err != nil || follows {
		return err
	}
	return tx.QueryRow(ctx, "select pg_export_snapshot()").Scan(&s.Snapshot)
}

// Alone implements source.Held.
func (s *Source) Alone() { s.Snapshot = "" }

// rename gives the columns other names.
func (s *Source) rename(names []string) error {
	if len(names) == 0 {
		return nil
	}
	if len(names) != len(s.Fields) {
		return fault.Usagef("%s: %d names for %d columns", s.Given, len(names), len(s.Fields))
	}
	for i, n := range names {
		s.Fields[i].Name = n
	}
	return nil
}

// Name implements source.Source.
func (s *Source) Name() string { return s.Given }

// String implements source.Source.
func (s *Source) String() string {
	switch {
	case len(s.Order) == 0:
		return "PostgreSQL, " + s.Place.Of() + ", read by one connection"
	case s.Order[0].Name == rowPlace:
		return "PostgreSQL, " + s.Place.Of() + ", in the order in which it is stored"
	}
	var names []string
	for _, c := range s.Order {
		names = append(names, c.Name)
	}
	return "PostgreSQL, " + s.Place.Of() + ", in the order of " + strings.Join(names, ", ")
}

// Columns implements source.Source.
func (s *Source) Columns() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// Columnar implements source.Columnar.
func (s *Source) Columnar() bool { return true }

// Live implements source.Live.
func (s *Source) Live() {}

// version is the state that is read.
func (s *Source) version() source.Version {
	return source.Version{Bytes: s.Bytes, Generation: s.State, Token: s.Snapshot + " " + s.State}
}

// errOther says that a plan is of another state of the database.
func (s *Source) errOther() error {
	return fmt.Errorf("%s: the work was planned in another state of the database", s.Given)
}
