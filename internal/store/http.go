package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/retry"
)

// web is files of web servers, which can be read and not written.
type web struct{ client *http.Client }

// maxRedirects bounds how often a server sends on to another.
const maxRedirects = 10

var webClient = web{&http.Client{
	Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: patience, MaxResponseHeaderBytes: 64 << 10,
		DisableCompression: true, // ranges are of the file as it is stored
		DialContext:        (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	},
	CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		return checkURL(r.URL)
	},
}}

// checkURL refuses what would be read without encryption from another machine, and
// secrets in plain sight.
func checkURL(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	switch {
	case host == "":
		return fault.Usagef("%s: it names no server", redacted(u.String()))
	case u.User != nil:
		return fault.Usagef("%s: a user or password in a URL is shown to many; use a URL without", redacted(u.String()))
	case u.Scheme == "http" && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return fault.Usagef("%s: only https:// is read from other machines", redacted(u.String()))
	}
	return nil
}

// Shown is the name without what may be secret in it.
func Shown(name string) string {
	if s := scheme(name); s == "https" || s == "http" {
		return redacted(name)
	}
	return name
}

// page is one version of a file.
type page struct {
	size           int64
	etag, modified string
	when           time.Time
	name           string
	ctx            context.Context
	client         *http.Client
	whole          []byte // the content, where the server gives no ranges
}

func (w web) stat(ctx context.Context, name string) (Info, error) {
	p, err := w.look(ctx, name)
	if err != nil {
		return Info{}, err
	}
	return p.info(), nil
}

func (p *page) info() Info {
	version := p.etag
	if version == "" {
		version = fmt.Sprintf("%s %d", p.modified, p.size)
	}
	return Info{Name: p.name, Size: p.size, Version: version, Modified: p.when}
}

// look asks for the first byte, which tells the size, and whether the server gives
// ranges.
func (w web) look(ctx context.Context, name string) (*page, error) {
	p := &page{name: name, ctx: ctx, client: w.client}
	err := retry.Do(ctx, attempts, firstPause, func() (again bool, err error) {
		ctx, stop := context.WithTimeout(ctx, patience)
		defer stop()
		r, err := p.request(ctx, "bytes=0-0")
		if err != nil {
			return ctx.Err() == nil && !fault.Is(err) && !errors.Is(err, errNotThere), err
		}
		defer r.Body.Close()
		return false, p.first(r)
	})
	if errors.Is(err, errNotThere) {
		return nil, notExist("open", redacted(name))
	}
	return p, err
}

var errNotThere = errors.New("no such file")

// first learns from the first answer.
func (p *page) first(r *http.Response) error {
	p.etag, p.modified = r.Header.Get("ETag"), r.Header.Get("Last-Modified")
	p.when, _ = http.ParseTime(p.modified)
	if strings.HasPrefix(p.etag, "W/") { // it names no bytes
		p.etag = ""
	}
	if r.StatusCode == http.StatusRequestedRangeNotSatisfiable { // the file is empty
		return nil
	}
	if r.StatusCode != http.StatusPartialContent {
		return p.takeWhole(r)
	}
	size, ok := total(r)
	if !ok {
		return fault.Usagef("%s: the server does not say how large the file is; download it, and name the copy", redacted(p.name))
	}
	p.size = size
	return nil
}

// maxWhole bounds the files that are read as a whole, in bytes.
const maxWhole = 64 << 20

// takeWhole takes a file of which the server gives no ranges, as servers do that make a page
// when it is asked for. Its version is its content.
func (p *page) takeWhole(r *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWhole+1))
	if err != nil {
		return fmt.Errorf("%s: %w", redacted(p.name), err)
	}
	if len(body) > maxWhole {
		return fault.Usagef("%s: the server gives no ranges of the file, which has more than %d bytes; download it, and name the copy", redacted(p.name), maxWhole)
	}
	sum := sha256.Sum256(body)
	p.whole, p.size, p.etag = body, int64(len(body)), hex.EncodeToString(sum[:])
	return nil
}

// total is the size of the file that a range is of.
func total(r *http.Response) (int64, bool) {
	_, size, _ := strings.Cut(r.Header.Get("Content-Range"), "/")
	n, err := strconv.ParseInt(size, 10, 64)
	return n, err == nil && n >= 0
}

// request asks for a range of the version that is known, if one is.
func (p *page) request(ctx context.Context, span string) (*http.Response, error) {
	u, err := url.Parse(p.name)
	if err != nil {
		return nil, fault.Usagef("%s: it is no URL", redacted(p.name))
	}
	if err := checkURL(u); err != nil {
		return nil, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fault.Usagef("%s: it is no URL", redacted(p.name))
	}
	q.Header.Set("Range", span)
	if p.etag != "" {
		q.Header.Set("If-Match", p.etag)
	}
	r, err := p.client.Do(q)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // the other parts show the whole URL
		}
		var unknown *tls.CertificateVerificationError
		if errors.As(err, &unknown) {
			return nil, fault.Usagef("%s: %v", redacted(p.name), err)
		}
		return nil, fmt.Errorf("%s: %w", redacted(p.name), err)
	}
	if err := p.refused(r); err != nil {
		r.Body.Close()
		return nil, err
	}
	return r, nil
}

// refused says what an answer means that is none.
func (p *page) refused(r *http.Response) error {
	switch r.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		return nil
	case http.StatusNotFound, http.StatusGone:
		return errNotThere
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Usagef("%s: the server forbids it (%s)", redacted(p.name), r.Status)
	case http.StatusPreconditionFailed:
		return changed(redacted(p.name))
	}
	if r.StatusCode < 500 && r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusRequestTimeout {
		return fault.Usagef("%s: the server answers %s", redacted(p.name), r.Status)
	}
	return fmt.Errorf("%s: the server answers %s", redacted(p.name), r.Status)
}

func (w web) open(ctx context.Context, name string) (ranger, Info, error) {
	p, err := w.look(ctx, name)
	if err != nil {
		return nil, Info{}, err
	}
	return p, p.info(), nil
}

// ReadAt reads a range.
func (p *page) ReadAt(b []byte, off int64) (int, error) {
	if p.whole != nil {
		return bytes.NewReader(p.whole).ReadAt(b, off)
	}
	return readRange(p.ctx, redacted(p.name), b, off, func(ctx context.Context, off, n int64) (io.ReadCloser, error) {
		r, err := p.request(ctx, fmt.Sprintf("bytes=%d-%d", off, off+n-1))
		if errors.Is(err, errNotThere) {
			return nil, changed(redacted(p.name))
		}
		if err != nil {
			return nil, err
		}
		size, ok := total(r)
		if r.StatusCode != http.StatusPartialContent || !ok || size != p.size || p.etag == "" && r.Header.Get("Last-Modified") != p.modified {
			r.Body.Close()
			return nil, changed(redacted(p.name))
		}
		if !strings.HasPrefix(r.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", off)) {
			r.Body.Close()
			return nil, fmt.Errorf("the server gives another range (%s)", r.Header.Get("Content-Range"))
		}
		return r.Body, nil
	})
}

// Close does nothing.
func (p *page) Close() error { return nil }

func readOnly(name string) error {
	return fault.Usagef("%s: files can't be written there", redacted(name))
}

func (web) create(_ context.Context, name string, _ Condition) (Writer, error) {
	return nil, readOnly(name)
}

// list finds nothing: a web server has no folders.
func (web) list(context.Context, string, bool) ([]Info, error) { return nil, nil }

func (web) move(_ context.Context, _, to string) error { return readOnly(to) }

func (web) remove(_ context.Context, name string, _ Condition) error { return readOnly(name) }
