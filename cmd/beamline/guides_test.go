package main

import (
	"database/sql"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/bigquery/bigquerytest"
	"github.com/beamline-go/beamline/internal/fault"
)

// TestGuides runs guides in a folder with houses.csv: each file that a
// guide shows is written, and each of its commands runs, in their order. Tables of BigQuery
// are on a server that stands for it.
func TestGuides(t *testing.T) {
	for _, name := range []string{"first.md", "databases.md", "nightly.md", "bigquery.md", "steps.md"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("docs", "guides", name))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			write(t, "houses.csv", flats(200))
			commands, yaml, shown := 0, "", false
			warehouse := bigquerytest.Start(t)
			for line := range strings.Lines(warehouse.Renamed(string(text))) {
				line = strings.TrimRight(line, "\n")
				switch rest, command := strings.CutPrefix(line, "    "); {
				case line == "```yaml":
					yaml, shown = "", true
				case line == "```":
					first, _, _ := strings.Cut(yaml, "\n")
					if name, ok := strings.CutPrefix(first, "# "); ok {
						write(t, name, yaml)
					} else if strings.Contains(yaml, "sqlite:") || strings.Contains(yaml, "bigquery:") {
						write(t, "nightly.yaml", yaml)
					}
					shown = false
				case shown:
					yaml += line + "\n"
				case command && strings.HasPrefix(rest, "printf "):
					write(t, words(rest)[3], strings.ReplaceAll(words(rest)[1], `\n`, "\n"))
					commands++
				case command && strings.HasPrefix(rest, "sqlite3 "):
					sqlite3(t, words(rest)[1:])
					commands++
				case command && strings.HasPrefix(rest, "bq load "):
					warehouse.Do(t, "create table houses (id INTEGER, area INTEGER, colour STRING, price INTEGER)")
					for record := range strings.SplitSeq(strings.TrimSpace(flats(200)), "\n") {
						if cells := strings.Split(record, ","); cells[0] != "id" {
							warehouse.Do(t, fmt.Sprintf("insert into houses values (%s, %s, '%s', nullif('%s', ''))", anys(cells)...))
						}
					}
				case command && strings.HasPrefix(rest, "beamline "):
					done(t, words(rest)[1:]...)
					commands++
				}
			}
			if commands < 3 {
				t.Errorf("the guide has %d commands", commands)
			}
			switch name {
			case "first.md":
				for _, name := range []string{"out/report-profile.html", "out/report-train.html", "cleaned/clean.csv", "customers/clusters.csv", "nightly/predictions.csv"} {
					if _, err := os.Stat(name); err != nil {
						t.Error(err)
					}
				}
			case "nightly.md":
				nights(t)
			case "steps.md":
				stepped(t)
			case "bigquery.md":
				got := warehouse.Rows(t, "select (select count(*) from prices where prediction > 0 and run_id > ''), (select count(distinct day) from daily), (select count(*) from daily), (select count(distinct day) from nightly), (select count(*) from nightly), (select count(*) from beamline_runs)")
				if got[0] != "200|1|200|2|132|4" {
					t.Errorf("the warehouse has %s", got)
				}
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// flats are a table of flats, of which some have no price.
func flats(n int) string {
	rng := rand.New(rand.NewPCG(5, 5))
	out := "id,area,colour,price\n"
	for i := range n {
		area, price := 30+rng.IntN(100), ""
		if i%4 > 0 {
			price = fmt.Sprint(area*3000 + rng.IntN(40000))
		}
		out += fmt.Sprintf("%d,%d,%s,%s\n", i+1, area, []string{"red", "blue"}[rng.IntN(2)], price)
	}
	return out
}

// sqlite3 does what the program of that name does with such arguments.
func sqlite3(t *testing.T, args []string) {
	t.Helper()
	db, err := sql.Open("sqlite", args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range args[1:] {
		imported, ok := strings.CutPrefix(statement, ".import --csv ")
		if !ok {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(statement, err)
			}
			continue
		}
		from, to, _ := strings.Cut(imported, " ")
		f, err := os.Open(from)
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "create table "+to+" ("+strings.Join(records[0], " text, ")+" text)"); err != nil {
			t.Fatal(err)
		}
		for _, r := range records[1:] {
			if _, err := db.ExecContext(t.Context(), "insert into "+to+" values ("+strings.Repeat("?, ", len(r)-1)+"?)", anys(r)...); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func anys(texts []string) (out []any) {
	for _, s := range texts {
		out = append(out, s)
	}
	return out
}

// count is the number that a query gives.
func count(t *testing.T, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "houses.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// nights goes on where the guide ends.
func nights(t *testing.T) {
	if n := count(t, "select count(*) from prices where prediction > 0"); n != 200 {
		t.Errorf("%d rows have a price", n)
	}
	if n := count(t, "select count(distinct run_id) from prices"); n != 3 {
		t.Errorf("the rows are of %d runs", n)
	}
	// A day that falls short of the last one changes nothing.
	sqlite3(t, []string{"houses.db", "update houses set listed = '2026-11-28' where cast(id as int) < 20"})
	s := beamline(t, "score", "nightly.yaml", "--model", "learned/model", "--date", "2026-11-28")
	if s.code != fault.Unexpected || !strings.Contains(s.stderr, "expected rows >= 0.5 * last, and there are 19; the last run had 67") {
		t.Errorf("exit code %d: %s", s.code, s.stderr)
	}
	if n := count(t, "select count(*) from prices where day = '2026-11-28'"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	if _, err := os.Stat("nights/2026-11-28/run.json"); err == nil {
		t.Error("the folder was written")
	}
	// A day that is done is passed over, and one that was changed is done again without --resume.
	sqlite3(t, []string{"houses.db", "delete from houses where listed = '2026-11-27' and cast(id as int) > 150"})
	before := count(t, "select count(*) from prices where day = '2026-11-27'")
	done(t, "score", "nightly.yaml", "--model", "learned/model", "--date", "2026-11-27", "--resume")
	if n := count(t, "select count(*) from prices where day = '2026-11-27'"); n != before {
		t.Errorf("%d rows are there, and were %d", n, before)
	}
	done(t, "score", "nightly.yaml", "--model", "learned/model", "--date", "2026-11-27")
	if n := count(t, "select count(*) from prices where day = '2026-11-27'"); n != count(t, "select count(*) from houses where listed = '2026-11-27'") {
		t.Errorf("%d rows are there, and were %d", n, before)
	}
	var run runFile
	readJSON(t, &run, "nights", "2026-11-27", "run.json")
	if run.Date != "2026-11-27" || run.To == nil || run.To.RunID == "" || run.To.Rows != int64(count(t, "select count(*) from houses where listed = '2026-11-27'")) {
		t.Errorf("run.json has %+v of %s", run.To, run.Date)
	}
}

func predictionsIn(t *testing.T, dir string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, "predictions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// stepped goes on where the guide of steps ends.
func stepped(t *testing.T) {
	var run runFile
	readJSON(t, &run, "priced", "run.json")
	if run.Refused["large_enough"] == 0 || run.Refused["large_enough"] != run.Rows.Refused || run.Rows.Used+run.Rows.Refused != run.Rows.Read {
		t.Errorf("run.json has %+v, %v", run.Rows, run.Refused)
	}
	// The model does its steps where no spec says others, and what comes out is the same.
	done(t, "score", "houses.csv", "--model", "priced/model", "--out", "again", "--quiet")
	spec, model := predictionsIn(t, "priced"), predictionsIn(t, "again")
	if spec != model || !strings.HasPrefix(spec, "id,") {
		t.Errorf("with the steps of the model the predictions are\n%.300s\nand not\n%.300s", model, spec)
	}
	for steps, want := range map[string]string{
		"[{rename: {aria: x}}]":                         `there is no column aria, did you mean "area"?`,
		"[{expression: {x: area * 2}}]":                 "area is string; a cast before it says",
		"[{drop: [area], select: [id]}]":                "does one thing",
		"[{lookup: {column: colour}}]":                  "lookup needs values",
		"[{convert: {column: area, from: m2, to: kg}}]": "is a unit of area",
		"{drop: [area]}":                                "steps must be a list",
		"[{remove: [area]}]":                            `unknown key "remove"`,
	} {
		write(t, "houses2.yaml", "data: {train: houses.csv}\nsteps: "+steps+"\n")
		s := beamline(t, "profile", "houses2.yaml", "--out", "o")
		if s.code != fault.Usage || !strings.Contains(s.stderr, want) {
			t.Errorf("%s: exit code %d: %s", steps, s.code, s.stderr)
		}
	}
}

// TestDeadLetters reads records that were refused back in, once the cause is mended: what
// comes of them is what would have come of them at first.
func TestDeadLetters(t *testing.T) {
	t.Chdir(t.TempDir())
	rows := strings.SplitAfter(strings.ReplaceAll(flats(120), ",\n", ",100000\n"), "\n")
	write(t, "train.csv", strings.Join(rows, ""))
	write(t, "whole.csv", strings.Join(rows, "")+"500,70,green,1\n501,80,red,1\n")
	write(t, "torn.csv", strings.Join(rows, "")+"500,70,green,1\n501,80\n")
	spec := func(name, otherwise string) {
		write(t, name, `data: {train: train.csv, score: torn.csv, key: id}
goal: {target: price}
models: [ridge]
steps:
  - cast: {area: float64}
  - lookup: {column: colour, values: {red: warm, blue: cold}, into: tone`+otherwise+`}
  - expression: {half: area / 2.0}
  - drop: [area]
`)
	}
	spec("strict.yaml", "")
	spec("mended.yaml", ", otherwise: neither")
	done(t, "train", "strict.yaml", "--out", "m", "--quiet")
	done(t, "score", "strict.yaml", "--model", "m/model", "--out", "a", "--quiet")
	rejects, err := os.ReadFile("a/rejects.jsonl")
	if err != nil || strings.Count(string(rejects), "\n") != 2 {
		t.Fatalf("%s, %v", rejects, err)
	}
	if err := os.WriteFile("rejects.jsonl", []byte(strings.Replace(string(rejects), `"501,80"`, `"501,80,red,1"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	done(t, "score", "mended.yaml", "rejects.jsonl", "--model", "m/model", "--out", "b", "--quiet")
	done(t, "score", "mended.yaml", "whole.csv", "--model", "m/model", "--out", "c", "--quiet")
	whole := strings.Split(strings.TrimSpace(predictionsIn(t, "c")), "\n")
	want := append(whole[:1:1], whole[len(whole)-2:]...)
	got := strings.Split(strings.TrimSpace(predictionsIn(t, "b")), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the predictions are %q, and not %q", got, want)
	}
	// What is refused behind the steps has the columns that they make.
	done(t, "profile", "strict.yaml", "--out", "p", "--quiet")
	schema, err := os.ReadFile("p/schema.yaml")
	if err != nil || !strings.Contains(string(schema), "- warm\n") {
		t.Fatalf("%s, %v", schema, err)
	}
	write(t, "closed.yaml", strings.Replace(string(schema), "- warm\n", "- warm\n    closed: true\n", 1))
	done(t, "clean", "mended.yaml", "whole.csv", "--schema", "closed.yaml", "--out", "d", "--quiet")
	if body, err := os.ReadFile("d/rejects.jsonl"); err != nil || !strings.Contains(string(body), `"columns":["id","colour","price","tone","half"],"input":"500,green,1,neither,35"`) {
		t.Fatalf("%s, %v", body, err)
	}
	done(t, "clean", "mended.yaml", "d/rejects.jsonl", "--out", "e", "--quiet", "--format", "csv")
	if body, err := os.ReadFile("e/clean.csv"); err != nil || string(body) != "id,colour,price,tone,half\n500,green,1,neither,35\n" {
		t.Errorf("%s, %v", body, err)
	}
}

var houseOld = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestExpectations breaks each thing that can be expected.
func TestExpectations(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "train.csv", strings.ReplaceAll(flats(200), ",\n", ",100000\n"))
	write(t, "new.csv", "id,area,colour\n1,50,red\n2,60,blue\n3,70\n")
	done(t, "train", "train.csv", "--target", "price", "--key", "id", "--models", "ridge", "--out", "m", "--quiet")
	for expect, want := range map[string]string{
		`{rows: ">= 3"}`:             "expected rows >= 3, and there are 2",
		`{refused: "<= 0.1"}`:        "expected refused <= 0.1, and 0.3333 of 3 records are",
		`{freshness: 1h}`:            "",
		`{rows: ">= 0.5 * last"}`:    "",
		`{rows: "> 2"}`:              "is not a bound",
		`{refused: "<= 0.1 * last"}`: "is not a bound",
		`{freshness: soon}`:          "is not a time",
	} {
		write(t, "s.yaml", "data: {score: new.csv, key: id}\noutput: {dir: o}\nlimits: {rejects: 1}\nexpect: "+expect+"\n")
		s := beamline(t, "score", "s.yaml", "--model", "m/model", "--force")
		code := fault.Unexpected
		switch {
		case want == "":
			code = fault.Done
		case strings.HasPrefix(want, "is"):
			code = fault.Usage
		}
		if s.code != code || !strings.Contains(s.stderr, want) {
			t.Errorf("%s: exit code %d: %s", expect, s.code, s.stderr)
		}
	}
	if err := os.Chtimes("new.csv", houseOld, houseOld); err != nil {
		t.Fatal(err)
	}
	write(t, "s.yaml", "data: {score: new.csv, key: id}\noutput: {dir: o}\nlimits: {rejects: 1}\nexpect: {freshness: 26h}\n")
	if s := beamline(t, "score", "s.yaml", "--model", "m/model", "--force"); s.code != fault.Unexpected || !strings.Contains(s.stderr, "the newest file is") {
		t.Errorf("exit code %d: %s", s.code, s.stderr)
	}
}

// TestCleanTo writes a cleaned table to a database, by its key and in the place of all.
func TestCleanTo(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.csv", "id,town,area,listed\n"+cleanRows(60))
	done(t, "clean", "a.csv", "--key", "id", "--to", "sqlite:x.db?table=t&stamp=run_id", "--quiet")
	db, err := sql.Open("sqlite", "x.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n, mended int
	var kind string
	if err := db.QueryRowContext(t.Context(), "select count(*), sum(town = 'Oslo'), min(typeof(area)) || min(typeof(id)) from t").Scan(&n, &mended, &kind); err != nil {
		t.Fatal(err)
	}
	if n != 60 || mended != 30 || kind != "integerinteger" {
		t.Errorf("%d rows, %d of them in Oslo, of types %s", n, mended, kind)
	}
	if _, err := os.Stat("out/clean.parquet"); err == nil {
		t.Error("the table was written to a file too")
	}
	// Rows that nothing names can only take the place of all.
	write(t, "b.csv", "town,colour\nOslo,red\n,blue\nOslo,\nBergen,red\n")
	if out, code := runHere("clean b.csv --to sqlite:x.db?table=u --quiet --force"); code != int(fault.Usage) || !strings.Contains(out, "which column names a row") {
		t.Errorf("exit code %d: %s", code, out)
	}
	for range 2 {
		done(t, "clean", "b.csv", "--to", "sqlite:x.db?mode=replace&table=u", "--quiet", "--force")
		if err := db.QueryRowContext(t.Context(), "select count(*) from u").Scan(&n); err != nil || n != 4 {
			t.Errorf("%d rows without a key, %v", n, err)
		}
	}
	done(t, "clean", "a.csv", "--to", "sqlite:x.db?mode=replace&table=t", "--key", "id", "--quiet", "--force")
	if err := db.QueryRowContext(t.Context(), "select count(*) from t where run_id is null").Scan(&n); err != nil || n != 60 {
		t.Errorf("%d rows were replaced, %v", n, err)
	}
}

func cleanRows(n int) (out string) {
	for i := range n {
		town := []string{"Oslo", "Bergen"}[i%2]
		if i == 4 {
			town = "  Oslo "
		}
		out += fmt.Sprintf("%d,%s,%d,2026-11-%02d\n", i+1, town, 50+i, 1+i%28)
	}
	return out
}

// TestUnmet runs with a goal that no model meets: its predictions stay out of the table.
func TestUnmet(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "train.csv", strings.ReplaceAll(flats(200), ",\n", ",100000\n"))
	write(t, "s.yaml", "goal: {target: price, require: '<= 1'}\ndata: {train: train.csv, score: train.csv, key: id}\nmodels: [ridge]\noutput: {to: 'sqlite:x.db?table=t'}\n")
	s := beamline(t, "run", "s.yaml")
	if s.code != fault.Unmet || !strings.Contains(s.stdout, "Nothing was written to sqlite:x.db?table=t") {
		t.Errorf("exit code %d: %s%s", s.code, s.stdout, s.stderr)
	}
	db, err := sql.Open("sqlite", "x.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), "select count(*) from sqlite_schema").Scan(&n); err != nil || n != 0 {
		t.Errorf("the database has %d tables, %v", n, err)
	}
}

// TestDates gives days that are none, and names in which they would stand.
func TestDates(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "x-2026-11-27.csv", "a\n1\n")
	for line, want := range map[string]string{
		"score x-{date}.csv":                                     "give the day",
		"score x-{date}.csv --date 27.11.2026":                   "is no day",
		"score x-{date}.csv --date 2026-11-27..2026-11-20":       "is no day",
		"score x-{date}.csv --date 1900-01-01..2026-11-20":       "more than",
		"score x-2026-11-27.csv --date 2026-11-27":               "every day would be the same",
		"score x-2026-11-27.csv --resume":                        "give the days",
		"score x-{date}.csv --date 2026-11-27":                   "no model is there",
		"score x-{date}.csv --date 2026-11-27 --to s3://b/x.csv": "no model is there",
		"profile 'sqlite:x.db?table=t&query=select 1'":           "name one",
		"profile 'postgres://u:hush@h/d?table=t'":                "password_env",
		"profile x-2026-11-27.csv --to sqlite:x.db":              "profile does not use --to",
	} {
		if out, code := runHere(line); code != int(fault.Usage) || !strings.Contains(out, want) || strings.Contains(out, "hush") {
			t.Errorf("%s: exit code %d: %s", line, code, out)
		}
	}
}
