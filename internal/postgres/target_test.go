package postgres

import (
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

func TestTargets(t *testing.T) {
	s := serve(t)
	url := s.Database(t)
	sinktest.Targets(t, sinktest.System{
		Open: func(table, options string) sink.Target { return target(t, url+"?table="+table+options) },
		Do: func(sql string) {
			t.Helper()
			if err := s.Exec(url[strings.LastIndex(url, "/")+1:], sql); err != nil {
				t.Fatal(err)
			}
		},
		Rows:    func(sql string) []string { return s.Rows(t, url, sql) },
		Indexes: true,
	})
}

// TestTargetRights checks targets as a user who may do little.
func TestTargetRights(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `do $$ begin create role poor login; exception when duplicate_object then null; end $$;
create table theirs (id text primary key, prediction float8, "On Day" date, at timestamptz, label text, sure boolean)`)
	for table, want := range map[string]string{"theirs": "may not write to table theirs", "new": "may not make table new", "nosuch.new": "nosuch"} {
		err := target(t, strings.Replace(url, "postgres@", "poor@", 1)+"?table="+table).Check(t.Context(), sinktest.Predictions, "id")
		if fault.CodeOf(err) != fault.Usage && table != "nosuch.new" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", table, err)
		}
	}
}

// TestTargetTypes writes to a table whose types are not those of the rows.
func TestTargetTypes(t *testing.T) {
	s := serve(t)
	url := s.Database(t, `create table t (id bigint primary key, prediction numeric(10, 2), "On Day" timestamp, at timestamptz, label varchar(3), sure boolean, mine text default 'kept')`)
	x := target(t, url+"?table=t&stamp=scored_at")
	if err := x.Check(t.Context(), sinktest.Predictions, "id"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "scored_at") {
		t.Error(err)
	}
	x = target(t, url+"?table=t")
	sinktest.Taken(t, x, sinktest.Kept(t, "yes", "1", "2", "3"), sink.Taken{Rows: 3})
	if got := strings.Join(s.Rows(t, url, "select id, prediction, label, mine from t order by id"), " "); got != "1|0.00|yes|kept 2|||kept 3|0.67|yes|kept" {
		t.Error(got)
	}
	for label, why := range map[string]string{"too long": "too long for type", "x": "bigint"} {
		ids := map[string]string{"too long": "9", "x": "A7"}
		if _, err := x.Write(t.Context(), sinktest.Kept(t, label, ids[label]), sinktest.Predictions, sink.Run{Key: "id", ID: "r"}); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), why) {
			t.Error(err)
		}
	}
}
