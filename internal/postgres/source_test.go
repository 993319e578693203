package postgres

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/postgres/postgrestest"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
)

var server *postgrestest.Server

func serve(t *testing.T) *postgrestest.Server {
	if server == nil {
		server = postgrestest.Start(t)
	}
	return server
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		server.Stop()
	}
	os.Exit(code)
}

// open finds the one source of a name.
func open(t *testing.T, name string) *Source {
	t.Helper()
	x, err := Find(t.Context(), name, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestLaws holds tables with a key of one column and of two, one without a key, and a
// query, to the laws of sources.
func TestLaws(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create table one (id bigint primary key, name text, price numeric(12,2), made timestamptz);
insert into one select i * 7 % 4001, case when i % 10 = 0 then null else 'na"me, ' || i end, i / 7.0, '2026-01-01'::timestamptz + i * interval '1 hour' from generate_series(1, 4000) i;
create table two (a text collate "C", b date, x float8, primary key (b, a));
insert into two select 'it''s ' || i % 50, '2026-01-01'::date + i / 50, sqrt(i) from generate_series(1, 4000) i;
create table none (x int, y text);
insert into none select i, repeat('z', i % 50) from generate_series(4000, 1, -1) i;
update none set y = 'moved' where x % 3 = 0;
analyze;`)
	for _, name := range []string{"?table=one", "?table=two", "?table=none", "?query=select n.x, y || repeat('-', 500) as y, n.x as y from none n order by 1"} {
		t.Run(name, func(t *testing.T) {
			x := open(t, strings.Replace(url, "postgres@", postgrestest.Writer+"@", 1)+"?password_env=PG_TEST_SECRET&"+name[1:])
			x.PerBlock = 700
			sourcetest.Run(t, x, postgrestest.Password)
		})
	}
	if s := open(t, url+"?table=two"); s.String() != "PostgreSQL, table two, in the order of b, a" {
		t.Error(s)
	}
}

func init() { os.Setenv("PG_TEST_SECRET", postgrestest.Password) }

// TestTypes reads a value of each type that people meet.
func TestTypes(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create type mood as enum ('sad', 'ok'); create domain code as char(5); create type pair as (a int, b text);
create table all_types (id int primary key, n numeric, big numeric(40, 20), r real, d double precision, b boolean, c code, t text, e mood,
day date, at timestamp, zoned timestamptz, clock time, span interval, raw bytea, list int[], doc jsonb, m money, u uuid, p pair, r2 int4range, net inet, bits bit(3));
insert into all_types values (1, 12345678901234567890.000000000000000001, 0.1, 0.1, 0.1, true, 'ab', E'line\n"two"', 'ok', '2026-02-28', '2026-02-28 23:59:59.123456',
'2026-02-28 23:59:59+02', '12:30', '1 day 2 hours', '\xdeadbeef', '{1,2,null}', '{"a": 1}', 12.5, '6ecd8c99-4036-403d-bf84-cf8400f67836', (1, 'x'), '[1,5)', '10.0.0.1/8', b'101'),
(2, 'NaN', null, 'infinity', 1e300, false, null, '', null, 'infinity', '0044-03-15 BC', null, null, null, '', '{}', null, null, null, null, null, null, null)`)
	x := open(t, url+"?table=all_types")
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := sourcetest.Rows(t, x, plan, source.Wanted{Columns: append(x.Columns(), "none")})
	want := []string{
		`1 ["1" "12345678901234567890.000000000000000001" "0.10000000000000000000" "0.1" "0.1" "true" "ab" "line\n\"two\"" "ok" "2026-02-28" "2026-02-28 23:59:59.123456" "2026-02-28 21:59:59+00" "12:30:00" "P1DT2H" "3q2+7w==" "[1,2,null]" "{\"a\": 1}" "12.50" "6ecd8c99-4036-403d-bf84-cf8400f67836" "{\"a\":1,\"b\":\"x\"}" "[1,5)" "10.0.0.1/8" "101" ""]`,
		`2 ["2" "NaN" "" "Infinity" "1e+300" "false" "" "" "" "infinity" "0044-03-15 00:00:00 BC" "" "" "" "" "[]" "" "" "" "" "" "" "" ""]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPostGIS reads geometries as WKT, and points as longitudes and latitudes too.
func TestPostGIS(t *testing.T) {
	s := serve(t)
	url := s.Database(t)
	if err := s.Exec(url[strings.LastIndex(url, "/")+1:], "create schema gis; create extension postgis schema gis"); err != nil {
		t.Skip("PostGIS is not installed: ", err)
	}
	name := url[strings.LastIndex(url, "/")+1:]
	err := s.Exec(name, `set search_path = public, gis; create table places (id int primary key, at geometry(Point, 3857), home geography(Point, 4326), way geometry);
insert into places values (1, ST_Transform(ST_SetSRID(ST_MakePoint(10.75, 59.91), 4326), 3857), ST_MakePoint(5.32, 60.39), 'LINESTRING(0 0, 1 1)'), (2, null, null, null)`)
	if err != nil {
		t.Fatal(err)
	}
	x := open(t, url+"?table=places")
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := sourcetest.Rows(t, x, plan, source.Wanted{Columns: []string{"home", "home_longitude", "home_latitude", "way", "at_latitude", "at_longitude", "none"}})
	if len(got) != 2 || !strings.HasPrefix(got[0], `1 ["POINT(5.32 60.39)" "5.32" "60.39" "LINESTRING(0 0,1 1)" "59.9`) || got[1] != `2 ["" "" "" "" "" "" ""]` {
		t.Errorf("%q", got)
	}
}

// TestOneColumn reads a column that has no values, and no column at all.
func TestOneColumn(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create table t (id int primary key, x text); insert into t select i, null from generate_series(1, 5) i`)
	for _, name := range []string{"?table=t", "?query=select x from t"} {
		x := open(t, url+name)
		plan, err := x.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, columns := range [][]string{{"x", "none"}, {"none"}} {
			if got := sourcetest.Rows(t, x, plan, source.Wanted{Columns: columns}); len(got) != 5 {
				t.Errorf("%s has the rows %q", name, got)
			}
		}
	}
}

// TestSnapshot changes a table while it is read.
func TestSnapshot(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create table t (id int primary key, x text); insert into t select i, 'before' from generate_series(1, 30000) i; analyze`)
	x := open(t, url+"?table=t")
	if err := s.Exec(url[strings.LastIndex(url, "/")+1:], "update t set x = 'after'; delete from t where id < 100; insert into t values (99999, 'new')"); err != nil {
		t.Fatal(err)
	}
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := sourcetest.Rows(t, x, plan, source.Wanted{Columns: []string{"x", "none"}})
	if len(rows) != 30000 || slices.ContainsFunc(rows, func(r string) bool { return !strings.Contains(r, "before") }) {
		t.Errorf("%d rows, the first %q", len(rows), rows[:3])
	}
}

// TestOrderOfQuery reads a query that gives other rows each time.
func TestOrderOfQuery(t *testing.T) {
	s := serve(t)
	x := open(t, s.Database(t)+"?query=select random() as x from generate_series(1, 10)")
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := x.Open(t.Context(), plan, source.Wanted{Columns: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Read(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "order by") {
		t.Error(err)
	}
}

// TestFaults names what is wrong, as the user's fault where it is.
func TestFaults(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create table houses (id int primary key); insert into houses values (1); create table "Weird ""Name" (x int); insert into "Weird ""Name" values (1); create view v as select 1 as x; create table void (x int)`)
	writer := strings.Replace(url, "postgres@", postgrestest.Writer+"@", 1)
	for name, want := range map[string]string{
		url + "?table=house":                                           `there is no table house, did you mean "houses"`,
		url + "?query=select * from nosuch":                            "nosuch",
		url + "?query=delete from houses returning *":                  "",
		url + "x?table=houses":                                         "does not exist",
		writer + "?table=houses&password_env=NO_SECRET":                "NO_SECRET",
		writer + "?table=houses&password_env=HOME":                     "password authentication failed",
		fmt.Sprintf("postgres://nosuch.invalid:%d/db?table=x", s.Port): "",
		"postgres://127.0.0.1:1/db?table=x":                            "",
	} {
		_, err := Find(t.Context(), name, csv.Settings{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if usage := fault.CodeOf(err) == fault.Usage; usage != (want != "" || strings.Contains(name, "delete")) && !strings.Contains(name, "void") {
			t.Errorf("%s: whose fault is %v", name, err)
		}
	}
	if _, err := Find(t.Context(), "postgres://127.0.0.1:1/db?table=x", csv.Settings{}); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "can't be reached") {
		t.Error(err)
	}
	for _, name := range []string{"?table=Houses", "?table=public.houses", `?table=Weird "Name`, "?table=v"} {
		if x := open(t, url+name); len(x.Columns()) != 1 {
			t.Errorf("%s has the columns %q", name, x.Columns())
		}
	}
}

// TestConnectionsAreLost ends all connections but the one that holds the snapshot between
// two blocks.
func TestConnectionsAreLost(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create table t (id int primary key, x text); insert into t select i, 'x' from generate_series(1, 4000) i; analyze`)
	x := open(t, url+"?table=t")
	x.PerBlock = 1000
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := x.Open(t.Context(), plan, source.Wanted{Columns: x.Columns()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	n := 0
	for i := range plan.Grid.Blocks {
		batch, err := b.Read(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		n += batch.Len()
		pid := b.(*blocks).conn.PgConn().PID()
		if err := s.Exec(url[strings.LastIndex(url, "/")+1:], fmt.Sprintf("select pg_terminate_backend(%d)", pid)); err != nil {
			t.Fatal(err)
		}
	}
	if n != 4000 {
		t.Errorf("%d rows", n)
	}
}
