package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
)

const secret = "hush-hush-4711"

// houses are records from one number to another.
func houses(from, to int) string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf(`{"id": %d, "area": %d.50, "at": {"town": "Oslo é"}, "sold": null}`, i, i))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

const records = 25

// part is a page of ten, and whether there are more.
func part(from int) (page string, more bool) {
	return houses(from, max(from, min(from+10, records))), from+10 < records
}

// serve answers in all ways of paging, and with the faults that people meet.
func serve(t *testing.T) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	mux := http.NewServeMux()
	number := func(r *http.Request, name string, usual int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
			return n
		}
		return usual
	}
	say := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprint(w, text)
	}
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		page, more := part(number(r, "from", 0))
		if more {
			w.Header().Add("Link", fmt.Sprintf(`</link?from=0>; rel="first", <?from=%d&q=a,b>; title="x"; rel=next`, number(r, "from", 0)+10))
		}
		say(w, page)
	})
	mux.HandleFunc("/next", func(w http.ResponseWriter, r *http.Request) {
		page, more := part(number(r, "from", 0))
		next := "null"
		if more {
			next = fmt.Sprintf(`"http://%s/next?from=%d"`, r.Host, number(r, "from", 0)+10)
		}
		say(w, fmt.Sprintf(`{"data": {"items": %s}, "links": {"next": %s}}`, page, next))
	})
	mux.HandleFunc("/cursor", func(w http.ResponseWriter, r *http.Request) {
		page, more := part(number(r, "after", 0))
		cursor := ""
		if more {
			cursor = fmt.Sprintf(`, "cursor": %d`, number(r, "after", 0)+10)
		}
		say(w, fmt.Sprintf(`{"items": %s%s}`, page, cursor))
	})
	mux.HandleFunc("/number", func(w http.ResponseWriter, r *http.Request) {
		page, _ := part((number(r, "page", 1) - 1) * 10)
		say(w, page)
	})
	mux.HandleFunc("/offset", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("limit") != "10" {
			t.Errorf("the limit is %q", r.URL.Query().Get("limit"))
		}
		page, _ := part(number(r, "skip", 0))
		say(w, page)
	})
	mux.HandleFunc("/search", func(w http.ResponseWriter, r *http.Request) {
		var asks struct {
			Filter struct{ Town string }
			Page   struct{ After, Limit int }
		}
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&asks); err != nil || asks.Filter.Town != "Oslo" || asks.Page.Limit != 10 || r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("it asks %+v, %v", asks, err)
		}
		page, more := part(asks.Page.After)
		cursor := "null"
		if more {
			cursor = strconv.Itoa(asks.Page.After + 10)
		}
		say(w, fmt.Sprintf(`{"items": %s, "cursor": %s}`, page, cursor))
	})
	mux.HandleFunc("/repeats", func(w http.ResponseWriter, _ *http.Request) { say(w, houses(0, 10)) })
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) {
		n := int(asked.Add(1))
		say(w, fmt.Sprintf(`{"items": %s, "cursor": %d}`, houses(n, n+1), 1-number(r, "after", 0)))
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<http://127.0.0.2/steal>; rel=next`)
		say(w, houses(0, 3))
	})
	mux.HandleFunc("/sent", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2/steal", http.StatusFound)
	})
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Sign in</html>")
	})
	mux.HandleFunc("/object", func(w http.ResponseWriter, _ *http.Request) { say(w, `{"meta": 1, "results": [{"a": 1}]}`) })
	mux.HandleFunc("/void", func(w http.ResponseWriter, _ *http.Request) { say(w, `[]`) })
	mux.HandleFunc("/storm", func(w http.ResponseWriter, _ *http.Request) {
		switch n := asked.Add(1); {
		case n == 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case n == 2:
			w.WriteHeader(http.StatusBadGateway)
		case n == 3: // cut off
			say(w, houses(0, 5)[:40])
		default:
			say(w, houses(0, 5))
		}
	})
	mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	})
	mux.HandleFunc("/bearer", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secret {
			http.Error(w, "who are you? not "+r.Header.Get("Authorization"), http.StatusUnauthorized)
			return
		}
		say(w, houses(0, 3))
	})
	mux.HandleFunc("/basic", func(w http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != "me" || p != secret {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		say(w, houses(0, 3))
	})
	mux.HandleFunc("/key", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != secret {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		say(w, houses(0, 3))
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if id, s, _ := r.BasicAuth(); id != "client" || s != secret || r.FormValue("scope") != "read all" {
			http.Error(w, `{"error": "invalid_client"}`, http.StatusUnauthorized)
			return
		}
		say(w, `{"access_token": "`+secret+`", "token_type": "Bearer", "expires_in": 3600}`)
	})
	mux.HandleFunc("/post", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Day string }
		if json.NewDecoder(r.Body).Decode(&body) != nil || r.Method != http.MethodPost || body.Day != "monday" || r.Header.Get("X-Team") != "homes" || r.URL.Query().Get("a b") != "c&d" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		say(w, houses(0, 3))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, asked
}

func find1(t *testing.T, r Request) (*Source, error) {
	t.Helper()
	name, err := r.Name()
	if err != nil {
		t.Fatal(err)
	}
	ctx, release := source.Holding(t.Context())
	t.Cleanup(release)
	return Find(ctx, name, csv.Settings{})
}

// rows reads what an API gives.
func rows(t *testing.T, s *Source) []string {
	t.Helper()
	plan, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sourcetest.Rows(t, s, plan, source.Wanted{Columns: []string{"id", "area", "at.town", "sold", "none"}})
}

func TestPaging(t *testing.T) {
	url, _ := serve(t)
	for _, r := range []Request{
		{At: url + "/link"},
		{At: url + "/link", Page: Page{By: Link}},
		{At: url + "/next", Records: "data.items", Page: Page{By: Next, Path: "links.next"}},
		{At: url + "/cursor", Records: "items", Page: Page{By: Cursor, Path: "cursor", Parameter: "after"}},
		{At: url + "/search", Method: "POST", Body: `{"filter": {"town": "Oslo"}}`, Records: "items", Page: Page{By: Cursor, In: "body", Path: "cursor", Parameter: "page.after", Size: 10, SizeIn: "page.limit"}},
		{At: url + "/search", Method: "POST", Body: `{"filter": {"town": "Oslo"}}`, Records: "items", Page: Page{By: Offset, In: "body", Parameter: "page.after", Size: 10, SizeIn: "page.limit"}},
		{At: url + "/number", Page: Page{By: Number, Parameter: "page"}},
		{At: url + "/number", Page: Page{By: Number, Parameter: "page", Size: 10}},
		{At: url + "/number", Page: Page{By: Number, Parameter: "page"}, Ahead: 2},
		{At: url + "/number", Page: Page{By: Number, Parameter: "page", Size: 10}, Ahead: 8, Rate: 100},
		{At: url + "/search", Method: "POST", Body: `{"filter": {"town": "Oslo"}}`, Records: "items", Page: Page{By: Offset, In: "body", Parameter: "page.after", Size: 10, SizeIn: "page.limit"}, Ahead: 3},
		{At: url + "/offset?token=" + secret, Page: Page{By: Offset, Parameter: "skip", Size: 10, SizeIn: "limit"}, Ahead: 2},
		{At: url + "/offset?token=" + secret, Page: Page{By: Offset, Parameter: "skip", Size: 10, SizeIn: "limit"}},
	} {
		s, err := find1(t, r)
		if err != nil {
			t.Fatal(r, err)
		}
		got := rows(t, s)
		if len(got) != records || got[24] != `25 ["24" "24.50" "Oslo é" "" ""]` {
			t.Errorf("%+v gives %d rows, %q", r.Page, len(got), got[len(got)-1])
		}
		if strings.Contains(s.Name()+s.String(), secret) || !strings.HasPrefix(s.Name(), url) {
			t.Errorf("it is called %s, %s", s.Name(), s)
		}
	}
}

func TestAllowed(t *testing.T) {
	t.Setenv("API_SECRET", secret)
	t.Setenv("API_WRONG", "wrong-4711")
	url, _ := serve(t)
	for _, env := range []string{"API_SECRET", "API_WRONG", "API_NOT_SET"} {
		s := place.Secret{Env: env}
		for _, r := range []Request{
			{At: url + "/bearer", Auth: Auth{Bearer: &s}},
			{At: url + "/basic", Auth: Auth{Basic: &Basic{"me", s}}},
			{At: url + "/key", Auth: Auth{Header: &Header{"X-API-Key", s}}},
			{At: url + "/bearer", Auth: Auth{OAuth2: &OAuth2{TokenURL: url + "/token", Client: "client", Secret: s, Scope: "read all"}}},
		} {
			found, err := find1(t, r)
			if env == "API_SECRET" {
				if err != nil || len(rows(t, found)) != 3 {
					t.Errorf("%+v: %v", r.Auth, err)
				}
				continue
			}
			if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "wrong-4711") {
				t.Errorf("%+v: %v", r.Auth, err)
			}
		}
	}
	s, err := find1(t, Request{At: url + "/post", Method: "POST", Body: `{"day": "monday"}`, Headers: map[string]string{"X-Team": "homes"}, Query: map[string]string{"a b": "c&d"}})
	if err != nil || len(rows(t, s)) != 3 {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	url, asked := serve(t)
	for _, c := range []struct {
		r    Request
		want string
		code fault.Code
	}{
		{Request{At: url + "/repeats", Page: Page{By: Number, Parameter: "page"}}, "the same as one before", fault.Data},
		{Request{At: url + "/repeats", Page: Page{By: Number, Parameter: "page"}, Ahead: 3}, "the same as one before", fault.Data},
		{Request{At: url + "/repeats", Page: Page{By: Offset, Parameter: "skip", Size: 7}, Ahead: 3}, "leave parallel out", fault.Data},
		{Request{At: url + "/link", Ahead: 2}, "page.by is number", fault.Usage},
		{Request{At: url + "/number", Page: Page{By: Number, Parameter: "page"}, Ahead: 33}, "between 1 and 32", fault.Usage},
		{Request{At: url + "/circle", Records: "items", Page: Page{By: Cursor, Path: "cursor", Parameter: "after"}}, "in a circle", fault.Data},
		{Request{At: url + "/away"}, "another host", fault.Data},
		{Request{At: url + "/sent"}, "another host", fault.Internal},
		{Request{At: url + "/html"}, "HTML", fault.Data},
		{Request{At: url + "/object"}, "records: results is one", fault.Data},
		{Request{At: url + "/object", Records: "result"}, `did you mean "results"`, fault.Data},
		{Request{At: url + "/void"}, "no records", fault.Data},
		{Request{At: url + "/nosuch"}, "404", fault.Usage},
		{Request{At: "ftp://x/y"}, "https://HOST/PATH", fault.Usage},
		{Request{At: "http://example.com/y"}, "only https://", fault.Usage},
		{Request{At: "https://u:" + secret + "@x/y"}, "auth", fault.Usage},
		{Request{At: url, Page: Page{By: "pages"}}, "none of", fault.Usage},
		{Request{At: url, Page: Page{By: Cursor}}, "page.parameter", fault.Usage},
		{Request{At: url, Page: Page{In: "body"}}, "needs method: POST", fault.Usage},
		{Request{At: url, Page: Page{In: "head"}}, "neither query nor body", fault.Usage},
		{Request{At: url, Method: "POST", Body: "x=1", Page: Page{In: "body"}}, "a body that is JSON", fault.Usage},
		{Request{At: url, Since: Since{Path: "at"}}, "since needs a parameter", fault.Usage},
		{Request{At: url, Page: Page{By: Next}}, "page.path", fault.Usage},
		{Request{At: url, Headers: map[string]string{"authorization": secret}}, "auth", fault.Usage},
	} {
		if _, err := find1(t, c.r); err == nil || !strings.Contains(err.Error(), c.want) || fault.CodeOf(err) != c.code || strings.Contains(err.Error(), secret) {
			t.Errorf("%s %+v: code %d: %v", c.r.At, c.r.Page, fault.CodeOf(err), err)
		}
	}
	asked.Store(0)
	begun := time.Now()
	s, err := find1(t, Request{At: url + "/storm"})
	if err != nil || len(rows(t, s)) != 5 || asked.Load() != 4 || time.Since(begun) < time.Second {
		t.Errorf("%d requests in %v: %v", asked.Load(), time.Since(begun), err)
	}
	c, err := newClient(t.Context(), Request{At: url + "/down"})
	if err != nil {
		t.Fatal(err)
	}
	c.wait = time.Millisecond
	asked.Store(0)
	if err := c.pages(t.Context(), func([]json.RawMessage) error { return nil }); err == nil || asked.Load() != tries || !strings.Contains(err.Error(), "500") {
		t.Errorf("%d requests: %v", asked.Load(), err)
	}
}

func TestRate(t *testing.T) {
	url, _ := serve(t)
	begun := time.Now()
	if _, err := find1(t, Request{At: url + "/link", Rate: 20}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 100*time.Millisecond {
		t.Errorf("three pages took %v", took)
	}
}

// TestAhead asks for as many pages at once as it may, and waits together where the server
// asks for that.
func TestAhead(t *testing.T) {
	var now, most, quiet atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		at := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); at > old && !most.CompareAndSwap(old, at); old = most.Load() {
		}
		if n == 5 && quiet.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if n > 12 { // behind the last
			w.WriteHeader(http.StatusNotFound)
			return
		}
		time.Sleep(30 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, houses(n*10, n*10+10-n/12))
	}))
	defer s.Close()
	begun := time.Now()
	found, err := find1(t, Request{At: s.URL, Page: Page{By: Number, Parameter: "page", Size: 10}, Ahead: 4})
	if err != nil {
		t.Fatal(err)
	}
	got := rows(t, found)
	if len(got) != 119 || !strings.HasPrefix(got[0], `1 ["10"`) || !strings.HasPrefix(got[118], `119 ["128"`) {
		t.Errorf("%d rows, from %s to %s", len(got), got[0], got[len(got)-1])
	}
	if most.Load() < 3 || most.Load() > 4 || time.Since(begun) < time.Second {
		t.Errorf("%d pages at once, in %v", most.Load(), time.Since(begun))
	}
}

// TestMark raises a mark by records, of numbers by their size, and not beyond now.
func TestMark(t *testing.T) {
	for _, c := range []struct {
		from, want string
		records    []string
	}{
		{"", "2026-11-02", []string{`{"a": {"b": "2026-11-01"}}`, `{"a": {"b": "2026-11-02"}}`, `{"a": {}}`, `{"a": {"b": null}}`}},
		{"", "100", []string{`{"a": {"b": 9}}`, `{"a": {"b": 100}}`, `{"a": {"b": 20}}`}},
		{"500", "500", []string{`{"a": {"b": 9}}`}},
		{"", "2026-11-29T00:00:00Z", []string{`{"a": {"b": "2099-01-01T00:00:00Z"}}`}},
	} {
		m := mark{at: "a.b", text: c.from}
		for _, r := range c.records {
			if err := m.see([]byte(r)); err != nil {
				t.Error(err)
			}
		}
		if got := m.bounded(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
	m := mark{at: "a"}
	if err := m.see([]byte(`{"a": [1]}`)); err == nil {
		t.Error("a list is a mark")
	}
}
