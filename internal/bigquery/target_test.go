package bigquery

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/beamline-go/beamline/internal/bigquery/bigquerytest"
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
	s := bigquerytest.Start(t)
	sinktest.Targets(t, sinktest.System{
		Open:    func(table, options string) sink.Target { return target(t, s.Name(table, options)) },
		Do:      func(sql string) { s.Do(t, sql) },
		Rows:    func(sql string) []string { return s.Rows(t, sql) },
		Indexes: false,
	})
	if left := s.Rows(t, "select name from sqlite_schema where name like 'beamline_stage%'"); len(left) > 0 {
		t.Errorf("it leaves %q", left)
	}
}

// TestTargetLost writes through a service of which requests and answers are lost.
func TestTargetLost(t *testing.T) {
	seeds := uint64(20)
	if testing.Short() {
		seeds = 6
	}
	for seed := range seeds {
		s := bigquerytest.Start(t)
		s.Do(t, `create table t (id STRING, prediction FLOAT, "On Day" DATE, at TIMESTAMP, label STRING, sure BOOLEAN)`)
		s.Do(t, `insert into t (id, label) values ('b', 'old'), ('z', 'old')`)
		rng, mu, last := rand.New(rand.NewPCG(seed, 1)), sync.Mutex{}, map[string]bool{}
		s.FailWith(func(method string) (before, after error) {
			mu.Lock()
			defer mu.Unlock()
			if last[method] = !last[method] && rng.IntN(3) == 0; !last[method] { // never twice in turn
				return nil, nil
			}
			if rng.IntN(2) == 0 {
				return errors.New("lost"), nil
			}
			return nil, errors.New("lost")
		})
		ids := strings.Split("abcdefghijklmnopqrstuvw", "")
		sinktest.Taken(t, target(t, s.Name("t", "")), sinktest.Kept(t, "new", ids...), sink.Taken{Rows: int64(len(ids))})
		if got := s.Rows(t, "select count(*), count(distinct id), sum(label = 'old'), sum(label = 'new') from t"); got[0] != "24|24|1|12" {
			t.Errorf("seed %d: %s", seed, got)
		}
	}
}

// TestTargetTypes writes to a table whose types are not those of the rows.
func TestTargetTypes(t *testing.T) {
	s := bigquerytest.Start(t)
	s.Do(t, `create table t (id INTEGER, prediction NUMERIC, "On Day" STRING, at TIMESTAMP, LABEL STRING, sure BOOLEAN, mine STRING default 'kept')`)
	s.Do(t, `insert into t (id, mine) values (1, 'mine')`)
	x := target(t, s.Name("t", "&stamp=scored_at"))
	if err := x.Check(t.Context(), sinktest.Predictions, "id"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "scored_at") {
		t.Error(err)
	}
	x = target(t, s.Name("t", ""))
	sinktest.Taken(t, x, sinktest.Kept(t, "yes", "1", "2", "3"), sink.Taken{Rows: 3})
	if got := strings.Join(s.Rows(t, "select id, label, mine from t order by id"), " "); got != "1|yes|mine 2||kept 3|yes|kept" {
		t.Error(got)
	}
	if _, err := x.Write(t.Context(), sinktest.Kept(t, "x", "A7"), sinktest.Predictions, sink.Run{Key: "id", ID: "r"}); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), "refuses 1 of 1 rows") || !strings.Contains(err.Error(), "the column id is INTEGER, and the value can't be one: A7,") {
		t.Error(err)
	}
	if got := s.Rows(t, "select count(*) from t"); got[0] != "3" {
		t.Errorf("%s rows", got)
	}
	refused(t, x, sinktest.Kept(t, "new", "2", "A7", "4", "B7", "6"), `A7,,,,,`, `B7,,,,,`)
	if got := strings.Join(s.Rows(t, "select id, label from t order by id"), " "); got != "1|yes 2|new 3|yes 4|new 6|new" {
		t.Error(got)
	}
	if got := s.Rows(t, "select rows from beamline_runs"); got[0] != "3" {
		t.Errorf("the run wrote %s rows", got)
	}
	s.Do(t, `create table full (id STRING, prediction FLOAT not null, "On Day" DATE, at TIMESTAMP, label STRING, sure BOOLEAN)`)
	for _, options := range []string{"", "&mode=replace"} {
		refused(t, target(t, s.Name("full", options)), sinktest.Kept(t, "x", "a", "b", "c"), "b,,,,,")
		if got := strings.Join(s.Rows(t, "select id from full order by id"), " "); got != "a c" {
			t.Error(got)
		}
	}
	s.Do(t, "create table asks (id STRING, prediction FLOAT, region STRING not null)")
	if err := target(t, s.Name("asks", "")).Check(t.Context(), sinktest.Predictions, "id"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "no column On Day") {
		t.Error(err)
	}
}

// refused writes rows of which some are refused, as those records.
func refused(t *testing.T, x sink.Target, rows sink.Rows, want ...string) {
	t.Helper()
	got, err := x.Write(t.Context(), rows, sinktest.Predictions, sink.Run{Key: "id", ID: "r", Rejects: .5})
	if err != nil || got.Refused != int64(len(want)) || len(got.Rejects) != len(want) {
		t.Fatalf("it took %+v, %v", got, err)
	}
	for _, r := range got.Rejects {
		if !slices.Contains(want, r.Input) || r.Reason == "" || r.Source != x.Name() {
			t.Errorf("it refuses %+v", r)
		}
	}
}

// TestTargetRefused leaves rows out that the service refuses, also where answers are lost.
func TestTargetRefused(t *testing.T) {
	for seed := range uint64(4) {
		s := bigquerytest.Start(t)
		s.Bad = "bad"
		rng, mu, last := rand.New(rand.NewPCG(seed, 1)), sync.Mutex{}, false
		s.FailWith(func(method string) (before, after error) {
			mu.Lock()
			defer mu.Unlock()
			if last = !last && method == "AppendRows" && rng.IntN(3) == 0; !last {
				return nil, nil
			}
			return nil, errors.New("lost")
		})
		refused(t, target(t, s.Name("t", "")), sinktest.Kept(t, "yes", "bad1", "b", "c", "bad2", "e", "bad3", "bad4", "h"), "bad2,,,,,", "bad3,,,,,",
			"bad1,0,2024-10-04,2023-11-14T22:13:20.123456Z,yes,true", "bad4,2,2024-10-10,2023-11-14T22:13:20.123462Z,yes,false")
		if got := strings.Join(s.Rows(t, "select id from t order by id"), " "); got != "b c e h" {
			t.Errorf("seed %d: the rows are %s", seed, got)
		}
	}
}

// TestTargetLarge refuses a row that is larger than what the service takes, and takes
// many that are large together.
func TestTargetLarge(t *testing.T) {
	s := bigquerytest.Start(t)
	x := target(t, s.Name("t", ""))
	got, err := x.Write(t.Context(), sinktest.Kept(t, strings.Repeat("x", maxAppend+1), "a", "b"), sinktest.Predictions, sink.Run{Key: "id", ID: "r"})
	if err != nil || got.Rows != 1 || got.Refused != 1 || !strings.HasPrefix(got.Rejects[0].Input, "a,0,") || !strings.Contains(got.Rejects[0].Reason, "bytes") {
		t.Errorf("%d rows, %d refused, %v", got.Rows, got.Refused, err)
	}
	sinktest.Taken(t, x, sinktest.Kept(t, strings.Repeat("x", maxAppend*2/3), "a", "b", "c"), sink.Taken{Rows: 3})
}
