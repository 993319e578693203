package databases

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
	"github.com/beamline-go/beamline/internal/postgres/postgrestest"
)

func times(t *testing.T, short, long int) int {
	if testing.Short() {
		return short
	}
	return long
}

// TestKilled scores within a database. After each kill the table is as it was before or as
// one clean run leaves it; after another run it is that.
func TestKilled(t *testing.T) {
	model := Trained(t)
	for name, start := range map[string]func(*testing.T) System{"PostgreSQL": PostgreSQL, "BigQuery": BigQuery} {
		for _, runner := range []string{"direct", "prism"} {
			t.Run(name+" on "+runner, func(t *testing.T) { killed(t, start(t), model, runner) })
		}
	}
}

func killed(t *testing.T, s System, model, runner string) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"score", s.From, "--model", model, "--to", s.To, "--out", out, "--quiet", "--runner=" + runner}
	s.Reset()
	was := s.Rows()
	begun := time.Now()
	program.Done(t, nil, args...)
	took := time.Since(begun)
	want := s.Rows()
	if n := strings.Count(want, "\n") + 1; n != 21000 || strings.Count(want, "|old") != 1000 {
		t.Fatalf("a clean run leaves %d rows, %d of them old", n, strings.Count(want, "|old"))
	}
	rng := rand.New(rand.NewPCG(17, 1))
	n, unchanged, done := times(t, 8, 50), 0, 0
	for i := range n {
		s.Reset()
		os.RemoveAll(out)
		after := time.Duration(rng.Float64() * float64(took))
		program.Killed(t, after, args...)
		switch s.Rows() {
		case was:
			unchanged++
		case want:
			done++
		default:
			t.Fatalf("kill %d after %v: the table is neither as before nor as after", i, after)
		}
		program.Done(t, nil, args...)
		if s.Rows() != want {
			t.Fatalf("kill %d after %v: run again it leaves other rows", i, after)
		}
	}
	t.Logf("a run takes %v; of %d that were killed %d left the table as it was and %d whole", took.Round(time.Millisecond), n, unchanged, done)
}

// TestBackfill scores the days of a month, each into its part of a table, killed and
// resumed until all are done.
func TestBackfill(t *testing.T) {
	model := Trained(t)
	for name, start := range map[string]func(*testing.T) System{"PostgreSQL": PostgreSQL, "BigQuery": BigQuery} {
		t.Run(name, func(t *testing.T) { backfill(t, start(t), model) })
	}
}

func backfill(t *testing.T, s System, model string) {
	days := times(t, 8, 30)
	args := func(table, out string) []string {
		from, to := s.Daily(table)
		return []string{"score", from, "--model", model, "--key", "Id", "--out", out, "--quiet", "--to", to, "--date", fmt.Sprintf("2026-11-01..2026-11-%02d", days)}
	}
	begun := time.Now()
	program.Done(t, nil, args("clean", filepath.Join(t.TempDir(), "clean"))...)
	took := time.Since(begun)
	out := filepath.Join(t.TempDir(), "out")
	rng := rand.New(rand.NewPCG(17, 2))
	kills := 0
	for i := range 200 {
		if !program.Killed(t, time.Duration((0.1+0.3*rng.Float64())*float64(took)), append(args("killed", out), "--resume")...) {
			break
		}
		if kills++; i == 199 {
			t.Fatal("it does not come to its end")
		}
	}
	const all = `select day, "Id", prediction, lower, upper, model_id from `
	clean, got := s.Query(all+"clean order by 1, 2"), s.Query(all+"killed order by 1, 2")
	if len(clean) < 600*days || strings.Join(clean, "\n") != strings.Join(got, "\n") {
		t.Errorf("%d kills: %d rows, a clean run leaves %d", kills, len(got), len(clean))
	}
	t.Logf("%d days were killed %d times", days, kills)
}

// python is a Python with packages, in a place that later tests find again.
func python(t *testing.T, packages ...string) string {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	venv := filepath.Join(cache, "beamline-e2e")
	bin := filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(bin); err != nil {
		if said, err := exec.Command("python3", "-m", "venv", venv).CombinedOutput(); err != nil {
			t.Skipf("no environment of Python: %s", said)
		}
	}
	c := exec.Command(bin, append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check"}, packages...)...)
	if said, err := c.CombinedOutput(); err != nil {
		t.Skipf("%v can't be installed: %s", packages, said)
	}
	return bin
}

func script(t *testing.T, python, code string, args ...string) string {
	t.Helper()
	said, err := exec.Command(python, append([]string{"-c", code}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return strings.TrimSpace(string(said))
}

// TestOthersRead reads what was written with psql, ADBC, Datasette, sqlite-utils and the
// clients of BigQuery.
func TestOthersRead(t *testing.T) {
	s := postgrestest.Start(t)
	defer s.Stop()
	model := Trained(t)
	url := s.Database(t, Houses(100))
	dir := t.TempDir()
	file := filepath.Join(dir, "scores.db")
	for _, to := range []string{url + "?table=score&stamp=run_id,scored_at", "sqlite:" + file + "?table=score&stamp=run_id,scored_at"} {
		program.Done(t, nil, "score", url+"?table=house", "--model", model, "--to", to, "--out", filepath.Join(dir, "out"), "--quiet", "--force")
	}
	t.Run("psql", func(t *testing.T) {
		said, err := exec.Command(filepath.Join(postgrestest.Bin(), "psql"), url, "-Atc", "select count(*), count(prediction), count(distinct run_id), min(scored_at) > now() - interval '1 hour' from score").CombinedOutput()
		if err != nil || strings.TrimSpace(string(said)) != "100|100|1|t" {
			t.Errorf("%v: %s", err, said)
		}
	})
	t.Run("ADBC", func(t *testing.T) {
		py := python(t, "adbc-driver-postgresql==1.13.0", "pyarrow")
		got := script(t, py, `import sys, adbc_driver_postgresql.dbapi as d
with d.connect(sys.argv[1]) as c, c.cursor() as k:
    k.execute('select prediction, "Id" from score'); t = k.fetch_arrow_table(); print(t.num_rows, t.schema.field(0).type)`, url)
		if got != "100 double" {
			t.Error(got)
		}
	})
	t.Run("google-cloud-bigquery", func(t *testing.T) {
		w := Warehouse(t, 500)
		program.Done(t, nil, "score", w.Name("house", ""), "--model", model, "--to", w.Name("score", "&stamp=run_id,scored_at"), "--out", filepath.Join(dir, "out"), "--quiet", "--force")
		py := python(t, "google-cloud-bigquery==3.47.0", "google-cloud-bigquery-storage==2.43.0", "pyarrow")
		got := script(t, py, `import sys, grpc
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, bigquery_storage_v1 as s
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
c = bigquery.Client(project="acme", credentials=AnonymousCredentials(), client_options=ClientOptions(api_endpoint=sys.argv[1]))
t = c.get_table("acme.sales.score")
r = s.BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=grpc.insecure_channel(sys.argv[2])))
a = c.list_rows(t).to_arrow(bqstorage_client=r)
q = list(c.query("SELECT count(*) AS n, count(distinct run_id) AS runs FROM `+"`acme.sales.score`"+`").result())[0]
print(a.num_rows, a.schema.field("prediction").type, a.schema.field("scored_at").type, a["prediction"].null_count, q.n, q.runs)`, w.Endpoint(), w.Storage())
		if got != "500 double timestamp[us, tz=UTC] 0 500 1" {
			t.Error(got)
		}
	})
	t.Run("sqlite-utils and Datasette", func(t *testing.T) {
		py := python(t, "sqlite-utils", "datasette")
		got := script(t, py, `import sys, sqlite_utils
t = sqlite_utils.Database(sys.argv[1])["score"]; print(t.count, t.pks, t.columns_dict["prediction"].__name__)`, file)
		if got != "100 ['Id'] float" {
			t.Error(got)
		}
		got = script(t, py, `import sys, asyncio
from datasette.app import Datasette
async def main():
    d = Datasette([sys.argv[1]]); await d.invoke_startup()
    r = await d.client.get("/scores/score.json?_shape=array&_size=max"); print(len(r.json()), r.json()[0]["Id"])
asyncio.run(main())`, file)
		if got != "100 1" {
			t.Error(got)
		}
	})
}
