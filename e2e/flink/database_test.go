package flink

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/databases"
	"github.com/beamline-go/beamline/e2e/program"
)

// TestDatabaseOnFlink scores within a database on the cluster: the table that a run in one
// process leaves. Of the long form the process that launched the job, or a task manager,
// is killed under each run, which is then run again.
func TestDatabaseOnFlink(t *testing.T) {
	c := cluster(t, Options{TaskManagers: 2, Slots: 1, Restarts: 50})
	model := databases.Trained(t)
	t.Run("PostgreSQL", func(t *testing.T) { onFlink(t, c, databases.PostgreSQL(t), model) })
	t.Run("BigQuery", func(t *testing.T) { onFlink(t, c, databases.BigQuery(t), model) })
}

func onFlink(t *testing.T, c *Cluster, s databases.System, model string) {
	args := []string{"score", s.From, "--model", model, "--to", s.To, "--out", filepath.Join(t.TempDir(), "out"), "--quiet"}
	on := append(args, "--runner=flink", "--runner-option", "endpoint="+c.Endpoint, "--runner-option", "parallelism=2")
	s.Reset()
	was := s.Rows()
	done(t, args...)
	want := s.Rows()
	s.Reset()
	begun := time.Now()
	done(t, on...)
	took := time.Since(begun)
	if s.Rows() != want {
		t.Fatal("on the cluster it leaves other rows")
	}
	kills := 10
	if testing.Short() {
		kills = 0
	}
	rng := rand.New(rand.NewPCG(17, 3))
	for i := range kills {
		s.Reset()
		after, what := time.Duration(rng.Float64()*float64(took)), "the launcher"
		if i%2 == 0 {
			program.Killed(t, after, on...)
			if got := s.Rows(); got != was && got != want {
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
		if s.Rows() != want {
			t.Fatalf("kill %d, of %s after %v: other rows", i, what, after)
		}
		t.Logf("kill %d, of %s after %v: the rows of one clean run", i, what, after.Round(100*time.Millisecond))
	}
}
