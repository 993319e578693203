// Package sqlite reads tables from files of SQLite and writes them there.
//
// A table is read in blocks of its rows' ids by several connections. They hold no lock
// between blocks, so a file that is written to meanwhile is a fault: two states of it
// would be one table.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Source is a table, or what a query gives.
type Source struct {
	Place place.Place
	Given string   // as the user named it
	Path  string   // of the file, absolute
	From  string   // the table in SQL, called q
	Names []string // of its columns
	SQL   []string // of its columns
	Whole []string // columns that are declared as whole numbers
	Rowid string   // what names a row; empty where nothing does
	Block int64    // rows of a block
}

// blockRows is how many rows a block has.
const blockRows = 1 << 14

const scheme = "sqlite:"

// Takes reports whether an argument names a table of SQLite.
func Takes(arg string) bool { return strings.HasPrefix(arg, scheme) }

// Split returns the path of the file that an argument names, and what stands behind.
func Split(arg string) (path, options string) {
	path, options, some := strings.Cut(strings.TrimPrefix(arg, scheme), "?")
	if some {
		options = "?" + options
	}
	return strings.TrimPrefix(path, "//"), options
}

// Join is the argument of which Split returns the parts.
func Join(path, options string) string { return scheme + path + options }

// Find returns the source of a name.
func Find(ctx context.Context, name string, settings csv.Settings) (*Source, error) {
	p, err := place.Parse(name)
	if err != nil {
		return nil, err
	}
	s := &Source{Place: p, Given: place.Shown(name), Block: blockRows}
	if settings.Delimiter != "" || settings.Quote != "" || settings.Header != nil {
		return nil, fault.Usagef("%s: a table of a database has no delimiter, quote or header", s.Given)
	}
	path, _ := Split(p.Address)
	if s.Path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if _, err := os.Stat(s.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Usagef("%s: no such file", path)
	}
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := s.look(ctx, db); err != nil {
		return nil, s.named(err)
	}
	var some bool
	if err := db.QueryRowContext(ctx, "select exists (select 1 from "+s.From+")").Scan(&some); err != nil {
		return nil, s.named(err)
	}
	if !some {
		return nil, fault.Dataf("%s: there are no records", s.Given)
	}
	return s, s.rename(settings.Columns)
}

// rename gives the columns other names.
func (s *Source) rename(names []string) error {
	if len(names) > 0 && len(names) != len(s.Names) {
		return fault.Usagef("%s: %d names for %d columns", s.Given, len(names), len(s.Names))
	}
	if len(names) > 0 {
		s.Names = names
	}
	return nil
}

// busy is how long a connection waits for others, in milliseconds.
const busy = 30_000

// open opens the file for reading.
func (s *Source) open() (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+url.PathEscape(s.Path)+fmt.Sprintf("?mode=ro&_pragma=busy_timeout(%d)&_pragma=query_only(1)&_pragma=trusted_schema(0)", busy))
}

// look finds out what the table is.
func (s *Source) look(ctx context.Context, db *sql.DB) error {
	s.From = "(" + strings.TrimRight(strings.TrimSpace(s.Place.Query), ";") + ") q"
	if s.Place.Query == "" {
		if err := s.lookTable(ctx, db); err != nil {
			return err
		}
	}
	rows, err := db.QueryContext(ctx, "select * from "+s.From+" limit 0")
	if err != nil {
		return err
	}
	defer rows.Close()
	if s.Names, err = rows.Columns(); err != nil {
		return err
	}
	if len(s.Names) > grid.MaxColumns {
		return fault.Dataf("%s: more than %d columns", s.Given, grid.MaxColumns)
	}
	for _, n := range s.Names { // of columns of one name the later ones have a number, in SQLite itself
		// The sign hides the declared type, by which the driver would change values.
		s.SQL = append(s.SQL, "+q."+place.Quoted(n))
	}
	return rows.Err()
}

func (s *Source) lookTable(ctx context.Context, db *sql.DB) error {
	var name, kind, made string
	err := db.QueryRowContext(ctx, "select name, type, coalesce(sql, '') from sqlite_schema where type in ('table', 'view') and name = ? collate nocase", s.Place.Table).Scan(&name, &kind, &made)
	if errors.Is(err, sql.ErrNoRows) {
		return s.missing(ctx, db)
	}
	if err != nil {
		return err
	}
	s.From = place.Quoted(name) + " q"
	if kind != "table" {
		return nil
	}
	if s.Whole, err = texts(ctx, db, "select name from pragma_table_info(?) where type like '%int%'", name); err != nil {
		return err
	}
	for _, id := range []string{"rowid", "_rowid_", "oid"} { // a column may have the name of the id
		var n int
		err := db.QueryRowContext(ctx, "select count(*) from pragma_table_info(?) where name = ? collate nocase", name, id).Scan(&n)
		if err != nil {
			return err
		}
		if n == 0 {
			if _, err := db.ExecContext(ctx, "select "+id+" from "+s.From+" limit 0"); err == nil {
				s.Rowid = "q." + id
			}
			return nil
		}
	}
	return nil
}

func (s *Source) missing(ctx context.Context, db *sql.DB) error {
	names, err := texts(ctx, db, "select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%' order by name")
	if err != nil {
		return err
	}
	return fault.Usagef("%s: there is no table %s%s", s.Given, s.Place.Table, fault.Hint(s.Place.Table, names, ""))
}

func (s *Source) named(err error) error { return named(s.Given, err) }

// Name implements source.Source.
func (s *Source) Name() string { return s.Given }

// String implements source.Source.
func (s *Source) String() string { return "SQLite, " + s.Place.Of() }

// Columns implements source.Source.
func (s *Source) Columns() []string { return s.Names }

// Declared implements source.Declared.
func (s *Source) Declared(column string) (table.Type, bool) {
	return table.Int64, slices.Contains(s.Whole, column)
}

// Columnar implements source.Columnar.
func (s *Source) Columnar() bool { return true }

// Live implements source.Live.
func (s *Source) Live() {}

// Size implements source.Local.
func (s *Source) Size(context.Context) (int64, error) {
	info, err := os.Stat(s.Path)
	if err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	return info.Size(), nil
}

// version tells whether the file, or the log of what is written to it, was changed.
func (s *Source) version() (source.Version, error) {
	var v source.Version
	for _, name := range []string{s.Path, s.Path + "-wal"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) && name != s.Path {
			continue
		}
		if err != nil {
			return v, fmt.Errorf("sqlite: %w", err)
		}
		if info.Size() > 0 {
			v.Token += fmt.Sprintf("%d %d ", info.Size(), info.ModTime().UnixNano())
		}
		v.Bytes += info.Size()
	}
	v.Generation = v.Token
	return v, nil
}

// Plan implements source.Source.
func (s *Source) Plan(ctx context.Context) (p source.Plan, err error) {
	if p.Version, err = s.version(); err != nil {
		return p, err
	}
	db, err := s.open()
	if err != nil {
		return p, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "select count(*) from "+s.From).Scan(&p.Grid.Records); err != nil {
		return p, s.named(err)
	}
	p.Serial = s.Rowid == ""
	for row := int64(1); row <= p.Grid.Records; row += s.Block {
		p.Grid.Blocks = append(p.Grid.Blocks, grid.Block{First: row - 1, Row: row, Line: row})
	}
	if !p.Serial {
		if err := s.planKeys(ctx, db, &p); err != nil {
			return p, s.named(err)
		}
	}
	p.Grid.Size = p.Version.Bytes
	p.Grid.BlockSize = (p.Grid.Size + int64(len(p.Grid.Blocks))) / int64(max(len(p.Grid.Blocks), 1))
	return p, s.same(p.Version)
}

// planKeys finds the ids at which blocks begin.
func (s *Source) planKeys(ctx context.Context, db *sql.DB, p *source.Plan) error {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("select k from (select %s as k, row_number() over (order by %s) as n from %s) where (n - 1) %% %d = 0 order by k", s.Rowid, s.Rowid, s.From, s.Block))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k int64
		if err := rows.Scan(&k); err != nil {
			return err
		}
		p.Keys = append(p.Keys, []string{strconv.FormatInt(k, 10)})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(p.Keys) != len(p.Grid.Blocks) {
		return errChanged
	}
	return nil
}

var errChanged = errors.New("the database changed while it was read; read a copy of it, which VACUUM INTO makes")

// same fails where the file is no more what it was.
func (s *Source) same(was source.Version) error {
	is, err := s.version()
	if err == nil && is.Token != was.Token {
		err = fmt.Errorf("%s: %w", s.Given, errChanged)
	}
	return err
}

// Open implements source.Source.
func (s *Source) Open(_ context.Context, p source.Plan, w source.Wanted) (source.Blocks, error) {
	if err := s.same(p.Version); err != nil {
		return nil, err
	}
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	b := &blocks{Source: s, plan: p, wanted: w, db: db}
	if w.Typed != nil {
		if b.typer, err = vector.NewTyper(w.Typed); err != nil {
			db.Close()
		}
	}
	return b, err
}

// blocks reads blocks.
type blocks struct {
	*Source
	plan   source.Plan
	wanted source.Wanted
	typer  vector.Typer
	db     *sql.DB
	rows   *sql.Rows // of a source that is read in the order of its blocks
}

// selected are the columns that are wanted, and at which place of a row each is; -1 is
// one that the source lacks.
func (b *blocks) selected() (list string, at []int) {
	var columns []string
	for _, c := range b.wanted.Columns {
		at = append(at, -1)
		for i, n := range b.Names {
			if n == c {
				at[len(at)-1] = len(columns)
				columns = append(columns, b.SQL[i])
			}
		}
	}
	if len(columns) == 0 {
		columns = []string{"1"}
	}
	return strings.Join(columns, ", "), at
}

// Read implements source.Blocks.
func (b *blocks) Read(ctx context.Context, block int) (batch table.Batch, err error) {
	list, at := b.selected()
	rows := b.rows
	if rows == nil {
		where := ""
		if !b.plan.Serial {
			where = fmt.Sprintf(" where %s >= %s", b.Rowid, b.plan.Keys[block][0])
			if block+1 < len(b.plan.Keys) {
				where += fmt.Sprintf(" and %s < %s", b.Rowid, b.plan.Keys[block+1][0])
			}
			where += " order by " + b.Rowid
		}
		if rows, err = b.db.QueryContext(ctx, "select "+list+" from "+b.From+where); err != nil {
			return batch, b.named(err)
		}
	}
	first := b.plan.Grid.Blocks[block].Row
	n := min(b.Block, b.plan.Grid.Records-first+1)
	if batch, err = b.take(rows, at, int(n)); err != nil {
		rows.Close()
		return batch, b.named(err)
	}
	if b.plan.Serial {
		b.rows = rows
	} else if err := rows.Close(); err != nil {
		return batch, b.named(err)
	}
	batch.Position, batch.Source, batch.First = table.Position{Input: b.wanted.Input, Sequence: int64(block)}, b.Given, first
	if b.wanted.Typed != nil {
		batch = b.typer.Batch(batch)
	}
	return batch, b.same(b.plan.Version)
}

// take makes a batch of the next n rows.
func (b *blocks) take(rows *sql.Rows, at []int, n int) (table.Batch, error) {
	columns, err := rows.Columns()
	if err != nil {
		return table.Batch{}, err
	}
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range to {
		to[i] = &values[i]
	}
	cells := make(vector.Texts, len(at))
	var buf []byte
	for range n {
		if !rows.Next() {
			if err := rows.Err(); err != nil {
				return table.Batch{}, err
			}
			return table.Batch{}, errChanged
		}
		if err := rows.Scan(to...); err != nil {
			return table.Batch{}, err
		}
		for i, k := range at {
			buf = buf[:0]
			if k >= 0 {
				buf = appendText(buf, values[k])
			}
			cells[i].Append(buf)
		}
	}
	return table.Batch{Record: cells.Record(b.wanted.Columns, n)}, nil
}

// appendText appends a value as text: numbers as the shortest that read back equal, and
// bytes as base64.
func appendText(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return dst
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return number.Append(dst, v)
	case string:
		return append(dst, strings.ToValidUTF8(v, "\uFFFD")...)
	case []byte:
		return base64.StdEncoding.AppendEncode(dst, v)
	}
	return fmt.Append(dst, value)
}

// Close implements source.Blocks.
func (b *blocks) Close() error {
	if b.rows != nil {
		b.rows.Close()
	}
	return b.db.Close()
}
