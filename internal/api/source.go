package api

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
)

// Source is the records of an API, in the file that keeps them.
type Source struct{ files.File }

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
	n := 0
	err = store.Write(ctx, path, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		err := c.pages(ctx, func(records []json.RawMessage) error {
			for _, line := range records {
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
	if n == 0 {
		return nil, fault.Dataf("%s: there are no records", shownURL(r.At))
	}
	found, err := files.Find(ctx, []string{path}, s)
	if err != nil {
		return nil, err
	}
	x := &Source{*found[0].(*files.File)}
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
	if c.Page.SizeIn != "" && c.Page.Size > 0 {
		query.Set(c.Page.SizeIn, strconv.Itoa(c.Page.Size))
	}
	w := walk{client: c, number: c.Page.First}
	w.start(query)
	at.RawQuery = query.Encode()
	asked, seen := map[string]bool{}, map[[sha256.Size]byte]bool{}
	for n := 0; at != nil; n++ {
		if n == maxPages {
			return fault.Dataf("%s: there are more than %d pages", shownURL(c.At), maxPages)
		}
		if asked[at.String()] {
			return fault.Dataf("%s: page %d is one that was asked for before; the paging goes in a circle", shownURL(c.At), n+1)
		}
		asked[at.String()] = true
		p, err := c.get(ctx, at)
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
}

// start asks for the first page.
func (w *walk) start(query url.Values) {
	switch w.Page.By {
	case Number:
		if w.number == 0 {
			w.number = 1
		}
		query.Set(w.Page.Parameter, strconv.Itoa(w.number))
	case Offset:
		query.Set(w.Page.Parameter, "0")
	}
}

// next is the address of the next page; nil where there is none.
func (w *walk) next(at *url.URL, p page) (*url.URL, error) {
	with := func(value string) *url.URL {
		to, query := *at, at.Query()
		query.Set(w.Page.Parameter, value)
		to.RawQuery = query.Encode()
		return &to
	}
	last := len(p.records) == 0 || w.Page.Size > 0 && len(p.records) < w.Page.Size
	switch w.Page.By {
	case Number:
		if w.number++; last {
			return nil, nil
		}
		return with(strconv.Itoa(w.number)), nil
	case Offset:
		if w.offset += len(p.records); last {
			return nil, nil
		}
		return with(strconv.Itoa(w.offset)), nil
	case Cursor, Next:
		text, err := pointer(p.answer, w.Page.Path)
		if err != nil || text == "" {
			return nil, err
		}
		if w.Page.By == Cursor {
			return with(text), nil
		}
		return at.Parse(text)
	}
	if p.link == "" {
		return nil, nil
	}
	return at.Parse(p.link)
}

// pointer is the cursor or the address at a path of an answer; empty at the last page,
// where it is null, false, or not there.
func pointer(answer any, path string) (string, error) {
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
		return v.String(), nil
	}
	return "", fault.Dataf("page.path: what stands at %s is neither a text nor a number", path)
}
