package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
