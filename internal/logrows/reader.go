package logrows

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// RuleLine refuses a line that is not written as the others are.
const RuleLine = "bad_line"

// Bounds of what is looked at to tell the kind of a log.
const (
	sniffed   = 200  // lines
	mostly    = 0.95 // of them that are of the kind
	leastPair = 2    // lines of logfmt, which is easily taken for something else
)

// Sniff tells the kind of the log that a text begins, by its lines and its name.
func Sniff(sample []byte, name string) (Kind, bool) {
	name = strings.ToLower(name)
	for _, table := range []string{".csv", ".tsv", ".psv", ".json", ".jsonl", ".ndjson"} {
		if strings.HasSuffix(name, table) {
			return "", false
		}
	}
	lines := linesOf(sample)
	for _, kind := range []Kind{Combined, Common, Syslog, Logfmt} {
		parse, err := newParser(kind, "")
		if err != nil {
			return "", false
		}
		n, pairs := 0, 0
		for _, l := range lines {
			cells := 0
			if parse(l, func(string, []byte) { cells++ }) == nil {
				n++
				pairs += cells
			}
		}
		if n == 0 || float64(n) < mostly*float64(len(lines)) {
			continue
		}
		if kind == Logfmt && (n < leastPair || pairs < 2*n) {
			continue
		}
		return kind, true
	}
	return "", false
}

// linesOf are the first whole lines of a sample that are not empty.
func linesOf(sample []byte) (lines [][]byte) {
	for len(sample) > 0 && len(lines) < sniffed {
		line, rest, whole := bytes.Cut(sample, []byte("\n"))
		if !whole && len(lines) > 0 {
			break
		}
		if line = bytes.TrimRight(line, "\r"); len(bytes.TrimSpace(line)) > 0 {
			lines = append(lines, line)
		}
		sample = rest
	}
	return lines
}

// Detect returns the columns of a log, of which sample is the beginning.
func Detect(kind Kind, pattern string, sample []byte, source string) ([]string, error) {
	if kind == Pattern {
		if _, err := Compile(pattern); err != nil {
			return nil, fault.Usagef("data.pattern: %v", err)
		}
	}
	if names := Columns(kind, pattern); names != nil {
		return names, nil
	}
	parse, err := newParser(kind, pattern)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range linesOf(sample) {
		var own []string
		if parse(l, func(c string, _ []byte) { own = append(own, c) }) != nil {
			continue
		}
		for _, c := range own {
			if !slices.Contains(names, c) {
				names = append(names, c)
			}
		}
	}
	if len(names) > grid.MaxColumns {
		return nil, fault.Dataf("%s: more than %d columns", source, grid.MaxColumns)
	}
	return names, nil
}

// Reader reads the blocks of one log as batches of text.
type Reader struct {
	Kind    Kind
	Pattern string
	Names   []string // of the columns of the log, where they have others; may be nil
	Plan    grid.Plan
	Source  string   // as the user named it
	File    int      // index of the source in its table
	Columns []string // of the batches
	Limit   int      // bytes of one record; 0 means grid.MaxRecord

	index map[string]int // of the columns
	parse parser
}

// Block reads block b from src. A key that a line has not is an empty cell.
func (r *Reader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	if r.parse == nil {
		r.index = r.places()
		var err error
		if r.parse, err = newParser(r.Kind, r.Pattern); err != nil {
			return table.Batch{}, fmt.Errorf("logrows: %w", err)
		}
	}
	out := rows{Reader: r, cols: make(vector.Texts, len(r.Columns))}
	rejects, err := csv.EachLine(src, r.Plan, b, r.Source, r.Limit, out.add)
	if err != nil {
		return table.Batch{}, err
	}
	out.rejects = append(rejects, out.rejects...)
	return out.batch(b), nil
}

// places is where a batch has the columns of the log.
func (r *Reader) places() map[string]int {
	own, at := Columns(r.Kind, r.Pattern), map[string]int{}
	for i, name := range r.Columns {
		if k := slices.Index(r.Names, name); k >= 0 && k < len(own) { // the user gave it another name
			name = own[k]
		}
		at[name] = i
	}
	return at
}

// rows turns lines into columns of text.
type rows struct {
	*Reader
	cols    vector.Texts
	numbers []int64
	rejects []table.Reject
	late    map[string]int64 // cells of keys that are no columns
	new     []string         // keys of the line at hand that are no columns
}

func (r *rows) add(line []byte, row, at, offset int64) {
	n := len(r.numbers)
	r.new = r.new[:0]
	err := r.parse(line, func(column string, value []byte) {
		c, ok := r.index[column]
		switch {
		case !ok:
			r.new = append(r.new, column)
		case r.cols[c].Len() == n: // the first of a key that is there twice
			r.cols[c].Append(value)
		}
	})
	if err != nil {
		r.cols.Truncate(n)
		r.rejects = append(r.rejects, table.Reject{Stage: "read", Rule: RuleLine, Reason: err.Error(), Source: r.Source, Row: row, Line: at, Offset: offset,
			Input: table.Clip(line)})
		return
	}
	r.numbers = append(r.numbers, row)
	r.cols.Fill(n)
	for _, column := range r.new {
		if r.late == nil {
			r.late = map[string]int64{}
		}
		r.late[column]++
	}
}

func (r *rows) batch(b int) table.Batch {
	slices.SortStableFunc(r.rejects, func(a, b table.Reject) int { return cmp.Compare(a.Row, b.Row) })
	out := table.Batch{Position: table.Position{Input: r.File, Sequence: int64(b)}, Source: r.Source, First: r.Plan.Blocks[b].Row, Rejects: r.rejects, Late: r.late,
		Record: r.cols.Record(r.Columns, len(r.numbers))}
	if len(r.rejects) > 0 {
		out.Rows = r.numbers
	}
	return out
}
