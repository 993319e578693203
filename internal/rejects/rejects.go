// Package rejects reads records that were refused back in, from the rejects.jsonl of a
// run: once the cause is mended, in the rule or in the record, they are data again.
//
// A record as it was read is read as its source is, which has to be there; one that was
// written again from its cells is CSV of the columns that its reject names.
package rejects

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/jsonrows"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

// Source is records that were refused, of one source and of the same columns. They keep
// the numbers that they have there.
type Source struct {
	files.File
	After bool       // they were refused behind the steps of a spec
	Of    string     // the source that they are of
	Rows  files.Path // of their numbers there, eight bytes each
	Count int64      // of the records
}

// String implements source.Source.
func (s *Source) String() string { return "records that were refused; " + s.File.String() }

// Stepped implements source.Stepped.
func (s *Source) Stepped() bool { return s.After }

// Takes reports whether an argument names such a file.
func Takes(arg string) bool { return strings.HasSuffix(path.Base(arg), outdir.Rejects) }

const (
	maxLine   = 16 << 20 // bytes of a line
	maxGroups = 200      // of records that are read alike
)

// Find returns the sources of records that were refused. What keeps them as they are read
// is let go of as source.Hold says, by this process.
func Find(ctx context.Context, names []string, s csv.Settings) (all []source.Source, err error) {
	for _, name := range names {
		is, err := isRejects(ctx, name)
		if err != nil {
			return nil, err
		}
		if !is { // somebody's own file of that name
			found, err := files.Find(ctx, []string{name}, s)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
			continue
		}
		found, err := find(ctx, name, s)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// isRejects looks at the first line of a file.
func isRejects(ctx context.Context, name string) (is bool, err error) {
	err = each(ctx, name, func(_ int, line []byte) error {
		var keys map[string]json.RawMessage
		if json.Unmarshal(line, &keys) == nil {
			is = keys["stage"] != nil && keys["rule"] != nil && keys["reason"] != nil && (keys["input"] != nil || keys["base64"] != nil)
		}
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return is, err
}

var errEnough = errors.New("enough")

// each calls use with each line of a file that is not empty, and its number.
func each(ctx context.Context, name string, use func(n int, line []byte) error) error {
	f, err := store.Open(ctx, name)
	if err != nil {
		return fault.Usagef("%s: %v", store.Shown(name), err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.Size), 1<<20)
	for n := 1; ; n++ {
		line, err := readLine(r)
		if len(bytes.TrimSpace(line)) > 0 {
			if uerr := use(n, line); uerr != nil {
				return uerr
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fault.Dataf("%s: line %d: %v", store.Shown(name), n, err)
		}
	}
}

func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, more, err := r.ReadLine()
		line = append(line, part...)
		if err != nil || !more {
			return line, err
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("it has more than %d bytes", maxLine)
		}
	}
}

// group is records that are read alike.
type group struct {
	key   string
	of    Source
	json  bool
	files [2]store.Writer  // of the records, and of their numbers
	to    [2]*bufio.Writer // those files
}

// find sorts the records into groups, and leaves each group in a file.
func find(ctx context.Context, name string, s csv.Settings) ([]source.Source, error) {
	var groups []*group
	defer func() {
		for _, g := range groups {
			for _, f := range g.files {
				f.Abort() // which does nothing to one that is whole
			}
		}
	}()
	dir, err := makeDir(ctx, name)
	if err != nil {
		return nil, err
	}
	err = each(ctx, name, func(n int, line []byte) error {
		var r table.Reject
		if err := json.Unmarshal(line, &r); err != nil {
			return fault.Dataf("%s: line %d: it is no record that was refused: %v", store.Shown(name), n, err)
		}
		if r.Stage == table.StageDeliver {
			return fault.Dataf("%s: line %d: it is a row that %s refused, and no record of the data: mend the table, or what is written, and run the command again", store.Shown(name), n, r.Source)
		}
		if len(r.Input) >= table.MaxRejectInput {
			return fault.Dataf("%s: line %d: the record has more than was kept of it; take it from row %d of %s", store.Shown(name), n, r.Row, r.Source)
		}
		key := fmt.Sprintf("%q %v %q", r.Source, r.Stage == table.StageConform, r.Columns)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.key == key })
		if i < 0 {
			if i = len(groups); i == maxGroups {
				return fault.Dataf("%s: its records are of more than %d sources and sets of columns", store.Shown(name), maxGroups)
			}
			g, err := groupOf(ctx, r, s)
			if err != nil {
				return err
			}
			g.key = key
			if err := g.begin(ctx, name, store.Join(dir, fmt.Sprint(i))); err != nil {
				return err
			}
			groups = append(groups, g)
		}
		return groups[i].add(r)
	})
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, fault.Dataf("%s: there are no records", store.Shown(name))
	}
	var all []source.Source
	for _, g := range groups {
		if err := g.end(); err != nil {
			return nil, err
		}
		all = append(all, &g.of)
	}
	return all, nil
}

// groupOf is a new group, of records that are read as that one.
func groupOf(ctx context.Context, r table.Reject, s csv.Settings) (*group, error) {
	g := &group{of: Source{After: r.Stage == table.StageConform, Of: r.Source}}
	if len(r.Columns) > 0 {
		g.of.In, g.of.Format = format.DelimitedIn.Name, csv.Format{Dialect: csv.Default, Header: true, Names: r.Columns, Line: 1}
		return g, nil
	}
	found, err := files.Find(ctx, []string{r.Source}, s)
	if err != nil {
		return nil, fault.Usagef("%s, of which records were refused, says how they are read, and can't be read itself: %v", r.Source, fault.From(err))
	}
	f, ok := found[0].(*files.File)
	if !ok || len(found) > 1 {
		return nil, fault.Usagef("%s: it is not one file, so records of it that could not be read can't be read back", r.Source)
	}
	g.of.In, g.of.Format, g.of.Cells = f.In, f.Format, f.Cells
	// A header stands elsewhere; what is written as the source is has one if that has.
	g.of.Format.Start, g.of.Format.Line, g.of.Format.Skipped, g.of.Format.Mender = 0, 1, 0, nil
	g.of.Format.Dialect.Encoding, g.of.Format.Dialect.Comment = "", 0
	if g.json = slices.Contains([]jsonrows.Kind{jsonrows.Lines, jsonrows.Array, jsonrows.Wrapped}, jsonrows.Kind(f.In)); g.json {
		g.of.In = string(jsonrows.Lines)
	}
	return g, nil
}

// begin begins the files of a group.
func (g *group) begin(ctx context.Context, name, path string) error {
	path, err := store.Abs(path)
	if err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	g.of.Given, g.of.Path, g.of.Rows = files.Path(store.Shown(name)), files.Path(path+".txt"), files.Path(path+".rows")
	for i, p := range []files.Path{g.of.Path, g.of.Rows} {
		if g.files[i], err = store.Create(ctx, string(p), store.Condition{}); err != nil {
			return fmt.Errorf("rejects: %w", err)
		}
		g.to[i] = bufio.NewWriter(g.files[i])
	}
	return nil
}

// add adds a record.
func (g *group) add(r table.Reject) error {
	if g.json { // one a line
		r.Input = strings.NewReplacer("\n", " ", "\r", " ").Replace(r.Input)
	}
	g.of.Count++
	g.to[0].WriteString(r.Input) // its error stays until it is flushed
	if _, err := g.to[0].Write(g.of.Format.Dialect.AppendEnd(nil)); err != nil {
		return err
	}
	_, err := g.to[1].Write(binary.LittleEndian.AppendUint64(nil, uint64(r.Row)))
	return err
}

func (g *group) end() error {
	for i, to := range g.to {
		if err := to.Flush(); err != nil {
			return fmt.Errorf("rejects: %w", err)
		}
		if err := g.files[i].Commit(); err != nil {
			return fmt.Errorf("rejects: %w", err)
		}
	}
	return nil
}

// Open implements source.Source.
func (s *Source) Open(ctx context.Context, p source.Plan, w source.Wanted) (source.Blocks, error) {
	inner, err := s.File.Open(ctx, p, w)
	if err != nil || p.Grid.Records != s.Count { // a record that was mended has become several
		return inner, err
	}
	rows, err := store.Open(ctx, string(s.Rows))
	if err != nil {
		inner.Close()
		return nil, fmt.Errorf("rejects: %w", err)
	}
	return &blocks{inner, s.Of, rows}, nil
}

// blocks reads blocks of records that have the numbers of their source.
type blocks struct {
	source.Blocks
	of   string
	rows *store.File
}

// Read implements source.Blocks.
func (b *blocks) Read(ctx context.Context, block int) (table.Batch, error) {
	batch, err := b.Blocks.Read(ctx, block)
	if err != nil {
		return batch, err
	}
	batch.Source = b.of
	numbers := make([]byte, 8*(batch.Len()+len(batch.Rejects)))
	if n, err := b.rows.ReadAt(numbers, 8*(batch.First-1)); n < len(numbers) {
		return batch, fmt.Errorf("rejects: %w", err)
	}
	number := func(row int64) int64 { return int64(binary.LittleEndian.Uint64(numbers[8*(row-batch.First):])) }
	rows := make([]int64, batch.Len())
	for i := range rows {
		rows[i] = number(batch.Row(i))
	}
	rejects := slices.Clone(batch.Rejects)
	for i := range rejects {
		r := &rejects[i]
		r.Source, r.Row, r.Line, r.Offset = b.of, number(r.Row), 0, -1
	}
	batch.Rows, batch.Rejects = rows, rejects
	return batch, nil
}

// Close implements source.Blocks.
func (b *blocks) Close() error {
	b.rows.Close()
	return b.Blocks.Close()
}

// makeDir makes a folder that workers see as they see the rejects: beside them, or where
// nothing can be written there, among the temporary ones.
func makeDir(ctx context.Context, name string) (dir string, err error) {
	if dir, err = store.MakeTemp(store.Dir(name)); err != nil {
		if dir, err = store.MakeTemp(""); err != nil {
			return "", fmt.Errorf("rejects: %w", err)
		}
	}
	source.Hold(ctx, func() { store.RemoveAll(context.WithoutCancel(ctx), dir) })
	return dir, nil
}
