package api

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
)

// Source is the records of an API, in the file that keeps them.
type Source struct {
	files.File
	Newest string // how new the newest record is; empty where the request does not ask for what is new
}

// Mark implements source.Marked.
func (s *Source) Mark() string { return s.Newest }

// String implements source.Source.
func (s *Source) String() string { return "JSON of an API" }

// Live implements source.Live.
func (s *Source) Live() {}

// Find fetches the pages of an API. The file that keeps their records is let go of as
// source.Hold says, by this process.
func Find(ctx context.Context, name string, s csv.Settings) (*Source, error) {
	r, err := Parse(name)
	if err != nil {
		return nil, err
	}
	dir, err := store.MakeTemp(r.Staging)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	release := func() { store.RemoveAll(context.WithoutCancel(ctx), dir) }
	x, err := fetched(ctx, r, store.Join(dir, "records.jsonl"), s)
	if err != nil {
		release()
		return nil, err
	}
	source.Hold(ctx, release)
	return x, nil
}

func fetched(ctx context.Context, r Request, path string, s csv.Settings) (*Source, error) {
	c, err := newClient(ctx, r)
	if err != nil {
		return nil, err
	}
	n, newest := 0, mark{at: r.Since.Path, text: r.Since.From}
	err = store.Write(ctx, path, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		err := c.pages(ctx, func(records []json.RawMessage) error {
			for _, line := range records {
				if err := newest.see(line); err != nil {
					return fault.Dataf("%s: record %d: %v", shownURL(r.At), n+1, err)
				}
				out.Write(line) // its error stays until it is flushed
				out.WriteByte('\n')
			}
			n += len(records)
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil {
		return nil, err
	}
	if n == 0 && r.Since.From != "" {
		return nil, fault.Dataf("%s: there are no records newer than %s", shownURL(r.At), r.Since.From)
	}
	if n == 0 {
		return nil, fault.Dataf("%s: there are no records", shownURL(r.At))
	}
	found, err := files.Find(ctx, []string{path}, s)
	if err != nil {
		return nil, err
	}
	x := &Source{File: *found[0].(*files.File), Newest: newest.bounded(time.Now())}
	x.Given = files.Path(shownURL(r.At))
	return x, nil
}

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
		p, err := c.get(ctx, at, w.body)
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
		if w.number == 0 {
			w.number = 1
		}
		return w.set(w.Page.Parameter, w.number)
	case Offset:
		return w.set(w.Page.Parameter, 0)
	}
	return nil
}

// next is the address of the next page; nil where there is none.
func (w *walk) next(at *url.URL, p page) (*url.URL, error) {
	with := func(value any) (*url.URL, error) {
		to := *at
		w.query = at.Query()
		err := w.set(w.Page.Parameter, value)
		to.RawQuery = w.query.Encode()
		return &to, err
	}
	last := len(p.records) == 0 || w.Page.Size > 0 && len(p.records) < w.Page.Size
	switch w.Page.By {
	case Number:
		if w.number++; last {
			return nil, nil
		}
		return with(w.number)
	case Offset:
		if w.offset += len(p.records); last {
			return nil, nil
		}
		return with(w.offset)
	case Cursor, Next:
		value, err := pointer(p.answer, w.Page.Path)
		if err != nil || value == "" {
			return nil, err
		}
		if w.Page.By == Cursor {
			return with(value)
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
