package main

import (
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
