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
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
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
		DialContext:        (&net.Dialer{Timeout: 10 * time.Second, ControlContext: noInside}).DialContext,
	},
	CheckRedirect: sentOn,
}}

// sentOn looks at where a server sends on to: not to less safety than the user asked for,
// and, with no word of where it comes from, which may have a signature in it.
func sentOn(r *http.Request, via []*http.Request) error {
	r.Header.Del("Referer")
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return fault.Usagef("%s: more than %d redirects", redacted(first.String()), maxRedirects)
	case first.Scheme == "https" && r.URL.Scheme != "https":
		return fault.Usagef("%s: it is sent on to %s, which is not encrypted", redacted(first.String()), redacted(r.URL.String()))
	}
	if err := checkURL(r.URL); err != nil {
		return err
	}
	j := journeyOf(r.Context())
	home := j.fromInside()
	proxy, err := http.ProxyFromEnvironment(r)
	proxied := err == nil && proxy != nil // it looks names up itself, and is what is connected to
	if proxied {
		home = inside(r.Context(), first.Hostname())
	}
	if r.URL.Host == first.Host || home {
		return nil
	}
	if inside(r.Context(), r.URL.Hostname()) {
		return fault.Usagef("%s: it is sent on to %s, which is an address of this machine or its network", redacted(first.String()), redacted(r.URL.String()))
	}
	j.guarded.Store(!proxied)
	return nil
}

// journey is a request with those that servers send it on to. A name that is looked up to
// be judged may have another address when it is connected to, so connections are looked at.
type journey struct {
	first   atomic.Pointer[net.IP] // that was connected to
	guarded atomic.Bool            // no address of this machine or its network is connected to
}

type journeyKey struct{}

func journeyOf(ctx context.Context) *journey {
	if j, ok := ctx.Value(journeyKey{}).(*journey); ok {
		return j
	}
	return &journey{}
}

// depart begins a journey.
func depart(ctx context.Context) context.Context {
	j := &journey{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if a, ok := c.Conn.RemoteAddr().(*net.TCPAddr); ok {
			j.first.CompareAndSwap(nil, &a.IP)
		}
	}})
	return context.WithValue(ctx, journeyKey{}, j)
}

// fromInside reports whether the server that was named is one of this machine or its
// network.
func (j *journey) fromInside() bool {
	ip := j.first.Load()
	return ip != nil && internal(*ip)
}

// noInside refuses a connection of a guarded journey to this machine or its network.
func noInside(ctx context.Context, _, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err == nil && journeyOf(ctx).guarded.Load() && internal(net.ParseIP(host)) {
		return fault.Usagef("it is sent on to %s, an address of this machine or its network", address)
	}
	return nil
}

// internal reports whether only this machine or its network reaches an address, such as the
// one that gives a machine of a cloud its keys.
func internal(ip net.IP) bool {
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

// inside reports whether a host has such an address.
func inside(ctx context.Context, host string) bool {
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	return err == nil && slices.ContainsFunc(found, func(a net.IPAddr) bool { return internal(a.IP) })
}

// Web reports whether a name is that of a file of a web server.
func Web(name string) bool {
	s := scheme(name)
	return s == "https" || s == "http"
}

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
	if Web(name) {
		return redacted(name)
	}
	return name
}

// urls are addresses in a text, up to a blank or a quote.
var urls = regexp.MustCompile("https?://[^\\s\"'`<>]+")

// Scrubbed is a text for people without what may be secret in the addresses that it names.
func Scrubbed(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return urls.ReplaceAllStringFunc(text, func(u string) string {
		trimmed := strings.TrimRight(u, ".,:;!)]}")
		return redacted(trimmed) + u[len(trimmed):]
	})
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
	q, err := http.NewRequestWithContext(depart(ctx), http.MethodGet, u.String(), nil)
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
		if r.StatusCode != http.StatusPartialContent || !ok || size != p.size || p.etag == "" && r.Header.Get("Last-Modified") != p.modified || other(r.Header.Get("ETag"), p.etag) {
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

// other reports whether the version of an answer is another than the one that was asked for,
// which some servers don't look at.
func other(got, asked string) bool {
	return asked != "" && got != "" && !strings.HasPrefix(got, "W/") && got != asked
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
