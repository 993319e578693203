package bigquery

import (
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	rest "google.golang.org/api/bigquery/v2"

	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/sink/sinktest"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
)

// emulator starts github.com/goccy/bigquery-emulator, where it is installed, and returns
// the options that say where it is.
func emulator(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("bigquery-emulator")
	if err != nil {
		t.Skip("bigquery-emulator is not installed (go install github.com/goccy/bigquery-emulator/cmd/bigquery-emulator@v0.8.1)")
	}
	http, grpc := freePort(t), freePort(t)
	c := exec.Command(program, "--project=acme", "--dataset=sales", "--host=127.0.0.1", "--port="+http, "--grpc-port="+grpc)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	for range 100 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+http); err == nil {
			conn.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "endpoint=http://127.0.0.1:" + http + "&storage=127.0.0.1:" + grpc
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// TestEmulator reads tables of an emulator that is not ours, which parses SQL as BigQuery
// does, and runs the statements of a target there. Rows are staged by a statement, since
// it does not take Arrow.
func TestEmulator(t *testing.T) {
	options := emulator(t)
	n, err := parse("bigquery://acme.sales.houses?" + options)
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.service(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do := func(sql string) {
		t.Helper()
		if _, err := n.run(t.Context(), s, &rest.JobConfigurationQuery{Query: sql}); err != nil {
			t.Fatal(sql, err)
		}
	}
	houses := &rest.Table{TableReference: &rest.TableReference{ProjectId: "acme", DatasetId: "sales", TableId: "houses"}, Schema: &rest.TableSchema{}}
	for _, f := range [][2]string{{"id", "INTEGER"}, {"name", "STRING"}, {"price", "NUMERIC"}, {"day", "DATE"}, {"exact", "BIGNUMERIC"}, {"x", "FLOAT"}} {
		houses.Schema.Fields = append(houses.Schema.Fields, &rest.TableFieldSchema{Name: f[0], Type: f[1]})
	}
	if _, err := s.Tables.Insert("acme", "sales", houses).Do(); err != nil {
		t.Fatal(err)
	}
	do("insert into acme.sales.houses (id, name, price, day, exact, x) values (1, 'its', 1.5, DATE '2026-02-28', BIGNUMERIC '1.50000000000000000000000000000000000001', 0.1), (2, null, null, null, null, null)")
	for name, want := range map[string]string{
		"bigquery://acme.sales.houses?" + options:                                               `1 ["1" "its" "1.5" "2026-02-28" "1.50000000000000000000000000000000000001" "0.1"];2 ["2" "" "" "" "" ""]`,
		"bigquery://acme.sales?" + options + "&query=select id, x from houses order by id desc": `1 ["2" ""];2 ["1" "0.1"]`,
	} {
		x := open(t, name)
		plan, err := x.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range sourcetest.Rows(t, x, plan, source.Wanted{Columns: append(slices.Clone(x.Columns()), "none")}) {
			got = append(got, strings.Replace(r, ` ""]`, "]", 1))
		}
		if strings.Join(got, ";") != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	rows := arrow.NewSchema(sinktest.Predictions.Fields()[:4], nil)
	for options, want := range map[string]string{options: "[2 a]", options + "&mode=replace&by=day=2026-11-27&stamp=run_id,scored_at": "[2 a]"} {
		x, err := OpenTarget(fmt.Sprintf("bigquery://acme.sales.made%d?%s", len(options), options))
		if err != nil {
			t.Fatal(err)
		}
		w := &writing{Target: x.(*Target), columns: rows, by: sink.Run{ID: "r", Command: "score", Version: "1"}, client: s}
		if w.Layout, err = w.Place.Layout(rows, "id", "r", "2026-11-29T00:00:00Z"); err != nil {
			t.Fatal(err)
		}
		if err := w.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		do("insert into " + w.path(w.stage) + " (c0, c1, c2, c3) values ('a', 1.5, DATE '2026-02-28', TIMESTAMP '2026-02-28 12:00:00+00'), ('b', null, null, null)")
		if err := w.once(t.Context()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := w.bring(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := w.rows(t.Context(), s, "select count(*), min(id) from "+w.path(w.Table), 1); err != nil || fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("%s: %v, %v", options, got, err)
		}
		if got, err := w.rows(t.Context(), s, "select count(*) from "+w.path("beamline_runs")+" where target = '"+w.Table+"'", 1); err != nil || fmt.Sprint(got) != "[[1]]" {
			t.Errorf("%v runs, %v", got, err)
		}
	}
	emulatorCasts(t, s, options, do)
}

// emulatorCasts writes to a table of other types, which takes what can be cast.
func emulatorCasts(t *testing.T, s *rest.Service, options string, do func(sql string)) {
	t.Helper()
	do("create table acme.sales.typed (id string, prediction int64, `On Day` string, `at` json, day date)")
	x, err := OpenTarget("bigquery://acme.sales.typed?" + options + "&mode=replace&by=day=2026-11-27") // its MERGE takes no query
	if err != nil {
		t.Fatal(err)
	}
	typed := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.BinaryTypes.String}, {Name: "prediction", Type: arrow.BinaryTypes.String}, {Name: "On Day", Type: arrow.FixedWidthTypes.Date32}, {Name: "at", Type: arrow.BinaryTypes.String}}, nil)
	w := &writing{Target: x.(*Target), columns: typed, by: sink.Run{ID: "r", Command: "score", Version: "1"}, client: s, taken: sink.Taken{Rows: 4}}
	if w.Layout, err = w.Place.Layout(typed, "id", "r", "2026-11-29T00:00:00Z"); err != nil {
		t.Fatal(err)
	}
	if err := w.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	do("insert into " + w.path(w.stage) + " (c0, c1, c2, c3) values ('a', '15', DATE '2026-02-28', '[1]'), ('b', null, null, null), ('c', 'many', null, null), ('d', '1', null, '{')")
	if err := w.unfit(t.Context()); err != nil || w.taken.Rows != 2 || w.taken.Refused != 2 || len(w.taken.Rejects) != 2 {
		t.Fatalf("%+v, %v", w.taken, err)
	}
	if err := w.bring(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := w.rows(t.Context(), s, "select id, prediction from "+w.path(w.Table)+" order by id", 9); err != nil || fmt.Sprint(got) != "[[a 15] [b <nil>]]" {
		t.Errorf("%v, %v", got, err)
	}
}
