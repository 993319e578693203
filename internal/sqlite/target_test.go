package sqlite

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/sink/sinktest"
)

func target(t *testing.T, name string) sink.Target {
	t.Helper()
	x, err := OpenTarget(name)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func rows(t *testing.T, path, query string) (lines []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), "select * from ("+query+")") // so that no value has a declared type
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		cells, to := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range to {
			to[i] = &cells[i]
		}
		if err := found.Scan(to...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = strings.TrimSuffix(c.String, "T00:00:00Z")
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	return lines
}

func TestTargets(t *testing.T) {
	path := database(t)
	sinktest.Targets(t, sinktest.System{
		Open:    func(table, options string) sink.Target { return target(t, "sqlite:"+path+"?table="+table+options) },
		Do:      func(sql string) { do(t, path, sql) },
		Rows:    func(sql string) []string { return rows(t, path, sql) },
		Indexes: true,
	})
}

func TestTargetFaults(t *testing.T) {
	path := database(t, "create view v as select 1 as x")
	for name, code := range map[string]fault.Code{path + "?table=v": fault.Usage, "/nosuch/dir/x.db?table=t": fault.Usage} {
		if _, err := target(t, "sqlite:"+name).Write(t.Context(), sinktest.Kept(t, "x", "a"), sinktest.Predictions, sink.Run{Key: "id", ID: "r"}); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenTarget(fmt.Sprintf("sqlite:%s?query=select 1", path)); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
}
