package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/beamline-go/beamline/internal/fault"
)

// pages calls use with the records of each page.
func (c *client) pages(ctx context.Context, use func([]json.RawMessage) error) error {
	at, err := url.Parse(c.At)
	if err != nil {
		return err
	}
	home := *at
	query := at.Query()
	for k, v := range c.Query {
		query.Set(k, v)
	}
	if c.Since.From != "" {
		query.Set(c.Since.Parameter, c.Since.From)
	}
	w := walk{client: c, number: c.Page.First, query: query, body: c.Body}
	if err := w.start(); err != nil {
		return err
	}
	at.RawQuery = query.Encode()
	ahead := ahead{walk: &w, first: at}
	ctx, cancel := context.WithCancel(ctx)
	defer ahead.under.Wait() // for pages behind the last one, or behind a fault
	defer cancel()
	asked, seen := map[string]bool{}, map[[sha256.Size]byte]bool{}
	for n := 0; at != nil; n++ {
		if n == maxPages {
			return fault.Dataf("%s: there are more than %d pages", shownURL(c.At), maxPages)
		}
		request := at.String() + "\n" + w.body
		if asked[request] {
			return fault.Dataf("%s: page %d is one that was asked for before; the paging goes in a circle", shownURL(c.At), n+1)
		}
		asked[request] = true
		p, err := ahead.get(ctx, n, at)
		if err != nil {
			return err
		}
		if len(p.records) > 0 && seen[p.sum] {
			return fault.Dataf("%s: page %d is the same as one before it; does the API know the parameter %q?", shownURL(c.At), n+1, c.Page.Parameter)
		}
		seen[p.sum] = true
		if err := use(p.records); err != nil {
			return err
		}
		if at, err = w.next(at, p); err != nil {
			return err
		}
		if at != nil && (at.Host != home.Host || at.Scheme != home.Scheme) {
			return fault.Dataf("%s: the next page is on another host, %s, which is not asked", shownURL(c.At), at.Host)
		}
	}
	return nil
}

// ahead asks for pages before their turn, where they are counted.
type ahead struct {
	*walk
	first   *url.URL
	asked   int           // pages that were asked for
	answers []chan answer // of those that were not taken yet
	under   sync.WaitGroup
}

type answer struct {
	page
	err error
}

// get is page n, at an address that follows from the page before.
func (a *ahead) get(ctx context.Context, n int, at *url.URL) (page, error) {
	if a.Ahead < 2 {
		return a.client.get(ctx, at, a.body)
	}
	for ; a.asked < n+a.Ahead; a.asked++ {
		to, body, err := a.nth(a.first, a.asked)
		if err != nil {
			return page{}, err
		}
		got := make(chan answer, 1)
		a.answers = append(a.answers, got)
		a.under.Go(func() {
			p, err := a.client.get(ctx, to, body)
			got <- answer{p, err}
		})
	}
	got := <-a.answers[0]
	a.answers = a.answers[1:]
	if got.err == nil && a.Page.By == Offset && len(got.records) > a.Page.Size {
		got.err = fault.Dataf("%s: page %d has %d records and not page.size, so those after it are not known; leave parallel out", shownURL(a.At), n+1, len(got.records))
	}
	return got.page, got.err
}

// walk finds one page after the other.
type walk struct {
	*client
	number int // of the page
	offset int // of the record
	query  url.Values
	body   string
}

// set sets a parameter of paging, in the query or in the body.
func (w *walk) set(name string, value any) error {
	if w.Page.In != inBody {
		w.query.Set(name, fmt.Sprint(value))
		return nil
	}
	var doc map[string]any
	d := json.NewDecoder(strings.NewReader(cmp.Or(w.body, "{}")))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return fault.Usagef("%s: page.in: body needs a body that is an object: %v", shownURL(w.At), err)
	}
	parts := strings.Split(name, ".")
	inner := doc
	for _, part := range parts[:len(parts)-1] {
		next, ok := inner[part].(map[string]any)
		if !ok {
			next = map[string]any{}
			inner[part] = next
		}
		inner = next
	}
	inner[parts[len(parts)-1]] = value
	text, err := json.Marshal(doc)
	w.body = string(text)
	return err
}

// start asks for the first page.
func (w *walk) start() error {
	if w.Page.SizeIn != "" && w.Page.Size > 0 {
		if err := w.set(w.Page.SizeIn, w.Page.Size); err != nil {
			return err
		}
	}
	switch w.Page.By {
	case Number:
		w.number = cmp.Or(w.number, 1)
		return w.set(w.Page.Parameter, w.number)
	case Offset:
		return w.set(w.Page.Parameter, 0)
	}
	return nil
}

// with is an address with another value of the parameter of paging, which may change the
// body instead.
func (w *walk) with(at *url.URL, value any) (*url.URL, error) {
	to := *at
	w.query = at.Query()
	err := w.set(w.Page.Parameter, value)
	to.RawQuery = w.query.Encode()
	return &to, err
}

// nth is page n of those that are counted, from 0, and its body.
func (w *walk) nth(first *url.URL, n int) (*url.URL, string, error) {
	value := n * w.Page.Size
	if w.Page.By == Number {
		value = cmp.Or(w.Page.First, 1) + n
	}
	page := *w
	to, err := page.with(first, value)
	return to, page.body, err
}

// next is the address of the next page; nil where there is none.
func (w *walk) next(at *url.URL, p page) (*url.URL, error) {
	last := len(p.records) == 0 || w.Page.Size > 0 && len(p.records) < w.Page.Size
	switch w.Page.By {
	case Number:
		if w.number++; last {
			return nil, nil
		}
		return w.with(at, w.number)
	case Offset:
		if w.offset += len(p.records); last {
			return nil, nil
		}
		return w.with(at, w.offset)
	case Cursor, Next:
		value, err := pointer(p.answer, w.Page.Path)
		if err != nil || value == "" {
			return nil, err
		}
		if w.Page.By == Cursor {
			return w.with(at, value)
		}
		return at.Parse(fmt.Sprint(value))
	}
	if p.link == "" {
		return nil, nil
	}
	return at.Parse(p.link)
}

// pointer is the cursor or the address at a path of an answer; empty at the last page,
// where it is null, false, or not there. It is a text, or a number as it is written.
func pointer(answer any, path string) (any, error) {
	value, err := found(answer, path)
	if err != nil {
		return "", nil
	}
	switch v := value.(type) {
	case nil, bool:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v, nil
	}
	return "", fault.Dataf("page.path: what stands at %s is neither a text nor a number", path)
}
