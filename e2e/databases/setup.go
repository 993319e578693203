// Package databases scores from a database to a database, with the process killed under
// it, and reads what it wrote with the programs of others.
//
//	go test ./databases          # 50 kills and 30 days; about five minutes
//	go test -short ./databases   # 8 kills and 8 days; about one minute
//
// It needs PostgreSQL of Debian, which each test starts for itself, and for the programs
// of others a Python that may install packages; what is not there is skipped by name.
package databases

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
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

// Reset are statements that leave some rows of an earlier run.
const Reset = `drop table if exists score; create table score ("Id" bigint primary key, prediction float8, lower float8, upper float8, model_id text);
insert into score select i, -1, -1, -1, 'old' from generate_series(19000, 21000) i; drop table if exists beamline_runs`

// Dump are the rows of the predictions.
const Dump = `select "Id", prediction, lower, upper, model_id from score order by 1`

// Killed runs the binary and kills it after a while. It reports whether that came before
// its end.
func Killed(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	c := exec.Command(program.Path, args...)
	c.Dir = program.Root
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("it ended by itself: %v", err)
		}
		return false
	case <-time.After(after):
		c.Process.Signal(syscall.SIGKILL)
		<-ended
		return true
	}
}
