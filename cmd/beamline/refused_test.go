package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/bigquery/bigquerytest"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

// TestRefusedByTable leaves rows among the rejects that a table of BigQuery refuses, and
// writes none where they are too many.
func TestRefusedByTable(t *testing.T) {
	t.Chdir(t.TempDir())
	s := bigquerytest.Start(t)
	s.Do(t, "create table towns (id STRING, rooms INTEGER)")
	write(t, "towns.csv", "id,rooms\nx1,3\nx2,many\nx3,5\nx4,few\n")
	got := done(t, "clean", "towns.csv", "--to", s.Name("towns", "&key=id"), "--out", "out")
	if !strings.Contains(got.stdout+got.stderr, "2 rows were refused by bigquery://acme.sales.towns") {
		t.Errorf("it says %s%s", got.stdout, got.stderr)
	}
	if rows := strings.Join(s.Rows(t, "select id, rooms from towns order by id"), " "); rows != "x1|3 x3|5" {
		t.Errorf("the rows are %s", rows)
	}
	text, err := os.ReadFile("out/rejects.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var inputs []string
	for line := range strings.Lines(string(text)) {
		var r table.Reject
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Rule != "bigquery_refused" || !strings.Contains(r.Reason, "rooms is INTEGER") {
			t.Errorf("%v: %s", err, line)
		}
		inputs = append(inputs, r.Input)
	}
	if strings.Join(inputs, " ") != "x2,many x4,few" {
		t.Errorf("the rejects are %q", inputs)
	}
	if run := readRun(t, "out"); run.To == nil || run.To.Refused != 2 || run.To.Rows != 2 {
		t.Errorf("run.json says %+v", run.To)
	}
	if x := beamline(t, "profile", "out/rejects.jsonl", "--out", "looked"); x.code != fault.Usage && x.code != fault.Data || !strings.Contains(x.stderr, "it is a row that bigquery://acme.sales.towns") {
		t.Errorf("exit %d: %s", x.code, x.stderr)
	}

	many := "id,rooms\ny0,1\n"
	for i := range 12 {
		many += fmt.Sprintf("y%d,some\n", i+1)
	}
	write(t, "towns.csv", many)
	if x := beamline(t, "clean", "towns.csv", "--to", s.Name("towns", "&key=id"), "--out", "out2"); x.code != fault.Data || !strings.Contains(x.stderr, "refuses 12 of 13 rows") {
		t.Errorf("exit %d: %s", x.code, x.stderr)
	}
	if rows := s.Rows(t, "select count(*) from towns"); rows[0] != "2" {
		t.Errorf("%s rows", rows)
	}
}
