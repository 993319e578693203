// Package fakes holds servers of 127.0.0.1 that stand in for Google's and
// Amazon's: token endpoint, Cloud Storage, S3 and Dataflow, and a proxy that
// puts faults between them and a program.
package fakes

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Fault is what becomes of a request. The zero value passes it on.
type Fault struct {
	Status int           // answered with, instead of passing the request on
	Cut    bool          // the connection is cut after half of the answer's body
	Wait   time.Duration // before the request is passed on
}

// Proxy stands before a server, notes requests and makes some of them fail.
type Proxy struct {
	*httptest.Server

	mu    sync.Mutex
	seen  []string
	fault func(r *http.Request) Fault
}

// NewProxy stands before the server at target.
func NewProxy(target string) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	p := &Proxy{}
	to := httputil.NewSingleHostReverseProxy(u)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(to, w, r) }))
	return p, nil
}

// SetFault decides what becomes of requests from now on; nil lets all pass.
func (p *Proxy) SetFault(f func(r *http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Seen returns the requests so far: method, path and query.
func (p *Proxy) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.seen...)
}

func (p *Proxy) serve(to http.Handler, w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.URL.RequestURI())
	fault := p.fault
	p.mu.Unlock()
	var f Fault
	if fault != nil {
		f = fault(r)
	}
	time.Sleep(f.Wait)
	switch {
	case f.Status != 0:
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, `{"error":{"code":%d,"message":"put in by the test"}}`, f.Status)
	case f.Cut:
		cut(to, w, r)
	default:
		to.ServeHTTP(w, r)
	}
}

// cut sends the head and half of the body of an answer, and then nothing.
func cut(to http.Handler, w http.ResponseWriter, r *http.Request) {
	whole := httptest.NewRecorder()
	to.ServeHTTP(whole, r)
	c, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	answer := whole.Result()
	body := whole.Body.Bytes()
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	var text bytes.Buffer
	answer.Write(&text)
	buf.Write(text.Bytes()[:text.Len()-(len(body)+1)/2])
	buf.Flush()
}
