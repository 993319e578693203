package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

// TestAPI trains and scores from an API that a spec describes, twice, on each runner that
// works here.
func TestAPI(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("HOUSES_TOKEN", "hush-4711")
	t.Setenv("TMPDIR", t.TempDir())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer hush-4711" || r.URL.Query().Get("day") != "2026-11-27" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		from := 0
		fmt.Sscan(r.URL.Query().Get("after"), &from)
		var items []string
		for i := from; i < min(from+40, 100); i++ {
			items = append(items, fmt.Sprintf(`{"id": "h%d", "place": {"town": "%s"}, "area": %d, "price": %d}`, i, []string{"Oslo", "Bergen"}[i%2], 50+i*7%60, 1000*(50+i*7%60)+i%13))
		}
		w.Header().Set("Content-Type", "application/json")
		next := "null"
		if from+40 < 100 {
			next = fmt.Sprint(from + 40)
		}
		fmt.Fprintf(w, `{"items": [%s], "next": %s}`, strings.Join(items, ","), next)
	}))
	defer s.Close()
	write(t, "houses.yaml", `goal: {target: price}
data:
  train: &api
    at: `+s.URL+`/houses
    records: items
    query: {day: "{date}"}
    page: {by: cursor, path: next, parameter: after}
    auth: {bearer: {env: HOUSES_TOKEN}}
  score: *api
  key: id
output: {dir: "out/{date}", to: "sqlite:houses.db?table=prices"}
models: [ridge]
`)
	text, err := os.ReadFile("houses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// The reader of specs knows no anchors of YAML, so the part stands twice.
	part := strings.SplitN(strings.SplitN(string(text), "&api\n", 2)[1], "  score:", 2)[0]
	write(t, "houses.yaml", strings.Replace(strings.Replace(string(text), " &api", "", 1), "*api", "\n"+strings.TrimRight(part, "\n"), 1))
	for _, runner := range []string{"direct", "prism"} {
		done(t, "run", "houses.yaml", "--date", "2026-11-27", "--runner="+runner, "--quiet")
		if n := count(t, "select count(*) from prices where abs(prediction) > 40000"); n != 100 {
			t.Errorf("%d rows have a price", n)
		}
	}
	var run runFile
	readJSON(t, &run, "out/2026-11-27/run.json")
	if len(run.Inputs) != 2 || run.Inputs[0].Source != s.URL+"/houses" || run.Inputs[0].SHA256 == "" || run.Rows.Scored != 100 {
		t.Errorf("run.json has %+v", run.Inputs)
	}
	body, err := os.ReadFile("out/2026-11-27/run.json")
	if err != nil || strings.Contains(string(body), "hush") {
		t.Error("run.json holds the secret", err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "beamline-") && info.IsDir() {
			if _, err := os.Stat(os.TempDir() + "/" + e.Name() + "/records.jsonl"); err == nil {
				t.Errorf("the records stay in %s", e.Name())
			}
		}
	}
	if s := beamline(t, "run", "houses.yaml", "--date", "2026-11-28", "--quiet"); s.code != fault.Usage || !strings.Contains(s.stderr, "403") || strings.Contains(s.stderr, "hush") {
		t.Errorf("exit code %d: %s", s.code, s.stderr)
	}
}

// TestSince scores what is new at an API, night after night.
func TestSince(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	rows, asked := 60, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("updated_after")
		items := []string{}
		for i := range rows {
			if at := fmt.Sprintf("2026-11-01T%02d:%02d:00Z", i/60, i%60); at > asked {
				items = append(items, fmt.Sprintf(`{"id": "h%d", "area": %d, "colour": "red", "updated_at": "%s"}`, i, 50+i, at))
			}
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "[%s]", strings.Join(items, ","))
	}))
	defer s.Close()
	write(t, "train.csv", strings.ReplaceAll(flats(200), ",\n", ",100000\n"))
	done(t, "train", "train.csv", "--target", "price", "--key", "id", "--models", "ridge", "--out", "m", "--quiet")
	write(t, "s.yaml", `data:
  score: {at: "`+s.URL+`/houses", since: {parameter: updated_after, path: updated_at, from: "2026-11-01T00:09:00Z"}}
  key: id
output: {dir: o, to: "sqlite:x.db?table=prices"}
`)
	night := func(code fault.Code, want, mark string, had int) {
		t.Helper()
		if out := beamline(t, "score", "s.yaml", "--model", "m/model", "--force"); out.code != code {
			t.Fatalf("exit code %d: %s", out.code, out.stderr)
		}
		var run runFile
		readJSON(t, &run, "o/run.json")
		db, err := sql.Open("sqlite", "x.db")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var n int
		if err := db.QueryRowContext(t.Context(), "select count(*) from prices").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if got := run.Marks[s.URL+"/houses"]; asked != want || got != mark || n != had {
			t.Errorf("asked for %q, left the mark %q and %d rows; and not %q, %q and %d", asked, got, n, want, mark, had)
		}
	}
	night(fault.Done, "2026-11-01T00:09:00Z", "2026-11-01T00:59:00Z", 50)
	rows = 70
	night(fault.Done, "2026-11-01T00:59:00Z", "2026-11-01T01:09:00Z", 60)
	night(fault.Data, "2026-11-01T01:09:00Z", "2026-11-01T01:09:00Z", 60) // nothing is new
	rows = 75
	night(fault.Done, "2026-11-01T01:09:00Z", "2026-11-01T01:14:00Z", 65)
}
