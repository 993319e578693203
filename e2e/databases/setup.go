// Package databases scores from a database to a database, with the process killed under
// it, and reads what it wrote with the programs of others.
//
//	go test ./databases          # 50 kills and 30 days; about five minutes
//	go test -short ./databases   # 8 kills and 8 days; about one minute
//
// It needs PostgreSQL of Debian, which each test starts for itself, npx for json-server, and for the programs
// of others a Python that may install packages; what is not there is skipped by name.
// BigQuery is a server of ours that holds clients to its rules.
package databases

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/e2e/program"
	"github.com/beamline-go/beamline/internal/bigquery/bigquerytest"
	"github.com/beamline-go/beamline/internal/postgres/postgrestest"
)

// Trained is the model of the houses that come with the project.
func Trained(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	program.Done(t, nil, "train", "testdata/houses/train.csv", "--target", "SalePrice", "--key", "Id", "--models", "ridge,gbdt", "--out", out, "--quiet")
	return filepath.Join(out, "model")
}

// Houses are statements that make a table of houses, each of n times with another key and
// on another day of November.
func Houses(n int) string {
	return fmt.Sprintf(`create table house ("Id" bigint primary key, "Town" text, "Style" text, "Quality" text, "LivingArea" int, "LotArea" int, "Rooms" int, "Baths" int,
"YearBuilt" int, "Garage" text, "Heating" text, "SoldOn" date, "Remark" text, day date not null);
insert into house select i, (array['Ashford', 'Birch Hill', 'Mill Green'])[i %% 3 + 1], (array['detached', 'flat'])[i %% 2 + 1], (array['TA', 'Gd', 'Ex'])[i %% 3 + 1],
80 + i %% 217, 300 + i %% 1511, 3 + i %% 6, 1 + i %% 3, 1920 + i %% 100, case when i %% 5 > 0 then 'attached' end, 'gas', '2020-01-01'::date + i %% 900,
'garden to the south', '2026-11-01'::date + i %% 30 from generate_series(1, %d) i; analyze house;`, n)
}

// System is a database with a table of houses, to be scored into a table that has rows of
// an earlier run.
type System struct {
	From, To string        // the tables
	Reset    func()        // leaves the rows of the earlier run
	Rows     func() string // those of the predictions
	// Query is the rows that a query gives, and Daily the names of the houses of a day, and
	// of their part of a table.
	Query func(sql string) []string
	Daily func(table string) (from, to string)
}

// earlier and rows are statements: the rows of an earlier run, and those of the predictions.
const (
	earlier = `insert into score select i, -1, -1, -1, 'old' from `
	rows    = `select "Id", prediction, lower, upper, model_id from score order by 1`
)

// PostgreSQL is a server of Debian.
func PostgreSQL(t *testing.T) System {
	t.Helper()
	s := postgrestest.Start(t)
	t.Cleanup(s.Stop)
	url := s.Database(t, Houses(20000))
	return System{From: url + "?table=house", To: url + "?table=score", Rows: func() string { return strings.Join(s.Rows(t, url, rows), "\n") },
		Query: func(sql string) []string { return s.Rows(t, url, sql) },
		Daily: func(table string) (from, to string) {
			return url + "?query=select * from house where day = '{date}' order by \"Id\"", url + "?mode=replace&by=day={date}&table=" + table
		},
		Reset: func() {
			t.Helper()
			err := s.Exec(url[strings.LastIndex(url, "/")+1:], `drop table if exists score; create table score ("Id" bigint primary key, prediction float8, lower float8, upper float8, model_id text);
drop table if exists beamline_runs; `+earlier+"generate_series(19000, 21000) i")
			if err != nil {
				t.Fatal(err)
			}
		}}
}

// series are statements of SQLite that count.
const series = "with recursive n(i) as (select %d union all select i + 1 from n where i < %d) "

// Warehouse is a server of ours that stands for BigQuery, with a table of n houses.
func Warehouse(t *testing.T, n int) *bigquerytest.Server {
	t.Helper()
	s := bigquerytest.Start(t)
	s.Do(t, `create table house ("Id" INTEGER, "Town" STRING, "Style" STRING, "Quality" STRING, "LivingArea" INTEGER, "LotArea" INTEGER, "Rooms" INTEGER, "Baths" INTEGER,
"YearBuilt" INTEGER, "Garage" STRING, "Heating" STRING, "SoldOn" DATE, "Remark" STRING, day DATE)`)
	s.Do(t, fmt.Sprintf(series, 1, n)+`insert into house select i, case i % 3 when 0 then 'Ashford' when 1 then 'Birch Hill' else 'Mill Green' end,
case i % 2 when 0 then 'detached' else 'flat' end, case i % 3 when 0 then 'TA' when 1 then 'Gd' else 'Ex' end, 80 + i % 217, 300 + i % 1511, 3 + i % 6, 1 + i % 3, 1920 + i % 100,
case when i % 5 > 0 then 'attached' end, 'gas', date('2020-01-01', (i % 900) || ' days'), 'garden to the south', date('2026-11-01', (i % 30) || ' days') from n`)
	return s
}

// BigQuery is a server of ours that stands for it.
func BigQuery(t *testing.T) System {
	t.Helper()
	s := Warehouse(t, 20000)
	return System{From: s.Name("house", ""), To: s.Name("score", ""), Rows: func() string { return strings.Join(s.Rows(t, rows), "\n") },
		Query: func(sql string) []string { return s.Rows(t, sql) },
		Daily: func(table string) (from, to string) {
			return "bigquery://acme.sales?" + s.Options() + "&query=select * from house where day = '{date}' order by Id", s.Name(table, "&mode=replace&by=day={date}")
		},
		Reset: func() {
			t.Helper()
			s.Do(t, "drop table if exists score")
			s.Do(t, "drop table if exists beamline_runs")
			s.Do(t, `create table score ("Id" INTEGER, prediction FLOAT, lower FLOAT, upper FLOAT, model_id STRING)`)
			s.Do(t, `create index score_id on score ("Id")`) // which the server of ours needs to be quick
			s.Do(t, fmt.Sprintf(series, 19000, 21000)+earlier+"n")
		}}
}
