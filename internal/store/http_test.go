package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

// TestWeb reads a file of a server that fails now and then.
func TestWeb(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB
	var asked, failed atomic.Int64
	etag := atomic.Value{}
	etag.Store(`"one"`)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		switch {
		case n%5 == 2:
			failed.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case n%5 == 4: // cut in the middle
			failed.Add(1)
			w = &cut{w, 1000}
		}
		w.Header().Set("ETag", etag.Load().(string))
		http.ServeContent(w, r, "t.csv", time.Time{}, bytes.NewReader(body))
	}))
	defer s.Close()
	name := s.URL + "/t.csv?signature=secret"
	f, err := Open(t.Context(), name)
	if err != nil || f.Size != int64(len(body)) || f.Version != `"one"` {
		t.Fatalf("%+v, %v", f, err)
	}
	defer f.Close()
	got, err := io.ReadAll(f.Reader())
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if failed.Load() < 2 {
		t.Errorf("only %d of %d requests failed", failed.Load(), asked.Load())
	}
	etag.Store(`"two"`)
	if _, err := f.ReadAt(make([]byte, 10), 0); !errors.Is(err, ErrCondition) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a changed file: %v", err)
	}
	if err := WriteFile(t.Context(), name, body, Condition{}); fault.CodeOf(err) != fault.Usage || strings.Contains(err.Error(), "secret") {
		t.Errorf("writing: %v", err)
	}
}

// TestWebWhole reads a file of a server that gives no ranges: a version is its content.
func TestWebWhole(t *testing.T) {
	body := "a,b\n1,2\n"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	defer s.Close()
	f, err := Open(t.Context(), s.URL+"/page")
	if err != nil || f.Size != int64(len(body)) {
		t.Fatalf("%+v, %v", f, err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f.Reader()); err != nil || string(got) != body {
		t.Errorf("%q, %v", got, err)
	}
	if again, err := Stat(t.Context(), s.URL+"/page"); err != nil || again.Version != f.Version {
		t.Errorf("%+v, %v", again, err)
	}
	body = "a,b\n1,3\n"
	if other, err := Stat(t.Context(), s.URL+"/page"); err != nil || other.Version == f.Version {
		t.Errorf("%+v, %v", other, err)
	}
}

// cut ends an answer after some bytes.
type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) < c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	c.ResponseWriter.Write(p[:c.left])
	panic(http.ErrAbortHandler)
}

func TestWebRefuses(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/forbidden", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	mux.HandleFunc("/whole", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxWhole+1)) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://192.0.2.1/t.csv", http.StatusFound)
	})
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "e.csv", time.Time{}, bytes.NewReader(nil))
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	for name, want := range map[string]string{
		s.URL + "/forbidden?key=secret": "the server forbids it",
		s.URL + "/whole":                "gives no ranges",
		s.URL + "/away":                 "only https:// is read from other machines",
		"http://192.0.2.1/t.csv":        "only https:// is read from other machines",
		"https://me:secret@host/t.csv":  "a user or password",
	} {
		if _, err := Stat(t.Context(), name); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := Stat(t.Context(), s.URL+"/nosuch"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if info, err := Stat(t.Context(), s.URL+"/empty"); err == nil && info.Size != 0 {
		t.Errorf("an empty file: %+v", info)
	}
}

// TestWebIsEncrypted reads from a server with a certificate that is not known.
func TestWebIsEncrypted(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	if _, err := Stat(t.Context(), s.URL+"/t.csv"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
}

// TestScrubbed leaves nothing of an address that may be secret.
func TestScrubbed(t *testing.T) {
	for text, want := range map[string]string{
		"no address":                                "no address",
		"https://a.b/c.csv?sig=S: it is damaged":    "https://a.b/c.csv: it is damaged",
		`open "https://u:p@a.b/c.csv": no such`:     `open "https://a.b/c.csv": no such`,
		"https://a.b/c?x=1&y=2, https://a.b/d?z=3.": "https://a.b/c, https://a.b/d.",
		"https://a.b/c.csv#S?sig=S":                 "https://a.b/c.csv#S",
	} {
		if got := Scrubbed(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestSentOn sends on from a server that is encrypted to one that is not, and to another
// that looks at who sends it.
func TestSentOn(t *testing.T) {
	var referer string
	last := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		referer = r.Referer()
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("a,b\n1,2\n"))
	}))
	defer last.Close()
	plain := httptest.NewServer(last.Config.Handler)
	defer plain.Close()
	first := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, map[string]string{"/plain": plain.URL, "/other": last.URL}[r.URL.Path]+"/t.csv", http.StatusFound)
	}))
	defer first.Close()
	client := first.Client()
	client.CheckRedirect = sentOn
	client.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true
	w := web{client}
	if _, err := w.stat(t.Context(), first.URL+"/plain?sig=S"); err == nil || !strings.Contains(err.Error(), "not encrypted") || strings.Contains(err.Error(), "sig=S") {
		t.Errorf("from https to http: %v", err)
	}
	if i, err := w.stat(t.Context(), first.URL+"/other?sig=S"); err != nil || i.Size != 8 || referer != "" {
		t.Errorf("%+v, %v; it is told that it comes from %q", i, err, referer)
	}
	for host, want := range map[string]bool{"127.0.0.1": true, "169.254.169.254": true, "10.1.2.3": true, "::1": true, "8.8.8.8": false} {
		if inside(t.Context(), host) != want {
			t.Errorf("%s is inside: %v", host, !want)
		}
	}
}

// TestConnectionsAreLookedAt connects to this machine on a journey that was sent on to a name
// which had another address before, and on others.
func TestConnectionsAreLookedAt(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	far, near := net.ParseIP("8.8.8.8"), net.ParseIP("10.0.0.1")
	for name, c := range map[string]struct {
		first   *net.IP
		guarded bool
		refused bool
	}{"the first": {nil, false, false}, "from far away": {&far, true, true}, "from the network": {&near, false, false}} {
		ctx := depart(t.Context())
		j := journeyOf(ctx)
		j.first.Store(c.first)
		j.guarded.Store(c.guarded)
		if j.fromInside() != (c.first == &near) {
			t.Errorf("%s: from inside is %v", name, j.fromInside())
		}
		conn, err := webClient.client.Transport.(*http.Transport).DialContext(ctx, "tcp", s.Listener.Addr().String())
		if err == nil {
			conn.Close()
		}
		if (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx := depart(t.Context())
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := webClient.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if ip := journeyOf(ctx).first.Load(); ip == nil || !ip.IsLoopback() {
		t.Errorf("the first address is %v", ip)
	}
}

// TestVersionsAreCompared has a server that looks at no condition.
func TestVersionsAreCompared(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Match")
		asked++
		w.Header().Set("ETag", fmt.Sprintf(`"v%d"`, min(asked, 2)))
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("a,b\n1,2\n"))
	}))
	defer s.Close()
	f, _, err := webClient.open(t.Context(), s.URL+"/t.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 4), 0); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("another version is read: %v", err)
	}
}
