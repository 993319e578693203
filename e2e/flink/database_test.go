package flink

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/databases"
	"github.com/beamline-go/beamline/internal/postgres/postgrestest"
)

// TestDatabaseOnFlink scores from PostgreSQL to PostgreSQL on the cluster: the table that
// a run in one process leaves. Of the long form the process that launched the job, or a
// task manager, is killed under each run, which is then run again.
func TestDatabaseOnFlink(t *testing.T) {
	c := cluster(t, Options{TaskManagers: 2, Slots: 1, Restarts: 50})
	s := postgrestest.Start(t)
	defer s.Stop()
	model := databases.Trained(t)
	url := s.Database(t, databases.Houses(20000))
	database := url[strings.LastIndex(url, "/")+1:]
	reset := func() {
		if err := s.Exec(database, databases.Reset); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"score", url + "?table=house", "--model", model, "--to", url + "?table=score", "--out", out, "--quiet"}
	on := append(args, "--runner=flink", "--runner-option", "endpoint="+c.Endpoint, "--runner-option", "parallelism=2")
	rows := func() string { return strings.Join(s.Rows(t, url, databases.Dump), "\n") }
	reset()
	was := rows()
	done(t, args...)
	want := rows()
	reset()
	begun := time.Now()
	done(t, on...)
	took := time.Since(begun)
	if rows() != want {
		t.Fatal("on the cluster it leaves other rows")
	}
	kills := 10
	if testing.Short() {
		kills = 0
	}
	rng := rand.New(rand.NewPCG(17, 3))
	for i := range kills {
		reset()
		after, what := time.Duration(rng.Float64()*float64(took)), "the launcher"
		if i%2 == 0 {
			databases.Killed(t, after, on...)
			if got := rows(); got != was && got != want {
				t.Fatalf("kill %d: the table is neither as before nor as after", i)
			}
			if err := c.WaitForSlots(); err != nil {
				t.Fatal(err)
			}
			done(t, on...)
		} else {
			what = "a task manager"
			go func() {
				time.Sleep(after)
				c.KillTaskManager(i / 2 % 2)
				c.StartTaskManager(i / 2 % 2)
			}()
			for code := -1; code != 0; {
				var said string
				if said, code = beamline(context.Background(), on...); code != 0 {
					t.Logf("kill %d: exit %d: %s", i, code, said)
				}
				if err := c.WaitForSlots(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if rows() != want {
			t.Fatalf("kill %d, of %s after %v: other rows", i, what, after)
		}
		t.Logf("kill %d, of %s after %v: the rows of one clean run", i, what, after.Round(100*time.Millisecond))
	}
}
