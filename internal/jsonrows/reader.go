package jsonrows

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Names of the rules by which a record is refused.
const (
	RuleSyntax    = "bad_json"
	RuleDuplicate = "duplicate_member"
	RuleTooLong   = grid.RuleTooLong
	stage         = "read"
)

// Reader reads the blocks of one source as batches of text.
type Reader struct {
	Kind    Kind
	Plan    grid.Plan
	Source  string   // as the user named it
	File    int      // index of the source in its table
	Columns []string // of the batches: paths of members
	Key     string   // the column that names a record; may be empty
	Limit   int      // bytes of one record; 0 means grid.MaxRecord

	index map[string]int // of the columns
	order []int          // the column of the k-th member of the record before
}

func (r *Reader) limit() int { return cmp.Or(r.Limit, grid.MaxRecord) }

// Block reads block b from src. Cells of the batch are texts without nulls; a
// member that a record lacks, or whose value is null, is empty. It returns an
// error only when src can't be read: what is wrong with the data is in the rejects
// of the batch.
func (r *Reader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	rows := r.rows()
	var err error
	if r.Kind == Lines {
		err = r.lines(src, b, rows)
	} else if r.Plan.Blocks[b].First >= 0 {
		err = r.elements(src, b, rows)
	}
	if err != nil {
		return table.Batch{}, err
	}
	return rows.batch(b), nil
}

// rows begins a batch.
func (r *Reader) rows() *rows {
	if r.index == nil {
		r.index = map[string]int{}
		for i, name := range r.Columns {
			r.index[name] = i
		}
	}
	rows := &rows{Reader: r, cols: make(vector.Texts, len(r.Columns)), seen: make([]int, len(r.Columns)), key: -1}
	if k, ok := r.index[r.Key]; ok && r.Key != "" {
		rows.key = k
	}
	return rows
}

// lines reads the lines of a block.
func (r *Reader) lines(src io.ReaderAt, b int, rows *rows) error {
	rejects, err := csv.EachLine(src, r.Plan, b, r.Source, r.Limit, rows.add)
	rows.rejects = append(rejects, rows.rejects...)
	return err
}

// lookAhead is how much is read past a block to finish its last element.
const lookAhead = 64 << 10

// elements reads the elements of an array that begin in a block.
func (r *Reader) elements(src io.ReaderAt, b int, rows *rows) error {
	block, limit := r.Plan.Blocks[b], r.Plan.End(b)
	for ahead := int64(lookAhead); ; ahead *= 4 {
		end := min(limit+ahead, r.Plan.Size)
		buf := make([]byte, end-block.First)
		if n, err := src.ReadAt(buf, block.First); n < len(buf) {
			if errors.Is(err, io.EOF) {
				err = errors.New("the source became shorter while it was read")
			}
			return fmt.Errorf("jsonrows: %w", err)
		}
		row := block.Row
		s := splitter{place: expected, wrapped: r.Kind == Wrapped}
		past := false // whether an element that begins behind the block was seen
		err := s.split(buf, block.First, func(start, line int64, end int) {
			if start >= limit {
				past = true
			} else {
				rows.add(buf[start-block.First:end], row, block.Line+line, start)
				row++
			}
		})
		whole := past || s.place != inside || s.start >= limit
		switch {
		case err != nil: // the plan saw none
			return fmt.Errorf("jsonrows: %w", err)
		case whole || end == r.Plan.Size:
			return nil
		case end-limit > int64(r.limit()):
			rows.refuse(RuleTooLong, grid.ReasonTooLong(r.limit()), buf[s.start-block.First:], row, block.Line+s.startsAt, s.start)
			return nil
		}
		rows.reset()
	}
}

// rows turns records into columns of text.
type rows struct {
	*Reader
	cols    vector.Texts
	numbers []int64
	rejects []table.Reject
	late    map[string]int64 // cells of members that are no columns
	twice   map[string]bool  // such members of the record that is read
	seen    []int            // by column: 1 + the record that had it last
	key     int              // the column of the key, or -1
	serial  int
	parser  parser
}

func (r *rows) reset() {
	r.cols.Truncate(0)
	r.numbers, r.rejects, r.late = nil, nil, nil
}

// errTwice says that a record has a member twice.
type errTwice struct{ path string }

func (e errTwice) Error() string { return fmt.Sprintf("the member %q is there twice", e.path) }

// add reads a record.
func (r *rows) add(text []byte, row, line, offset int64) {
	if len(text) > r.limit() {
		r.refuse(RuleTooLong, grid.ReasonTooLong(r.limit()), text, row, line, offset)
		return
	}
	r.serial++
	n, k := len(r.numbers), 0
	var late []string
	clear(r.twice)
	p := &r.parser
	p.data, p.pos, p.depth, p.path = text, 0, 0, p.path[:0]
	err := p.record(func(path, cell []byte) error {
		c := r.column(k, path)
		k++
		if c < 0 {
			if r.twice[string(path)] {
				return errTwice{string(path)}
			}
			if r.twice == nil {
				r.twice = map[string]bool{}
			}
			name := string(path)
			r.twice[name], late = true, append(late, name)
			return nil
		}
		if r.seen[c] == r.serial {
			return errTwice{string(path)}
		}
		r.seen[c] = r.serial
		r.cols[c].Append(cell)
		return nil
	})
	if err != nil {
		rule := RuleSyntax
		if errors.As(err, new(errTwice)) {
			rule = RuleDuplicate
		}
		r.refuse(rule, err.Error(), text, row, line, offset)
		return
	}
	r.cols.Fill(n)
	r.numbers = append(r.numbers, row)
	for _, name := range late {
		if r.late == nil {
			r.late = map[string]int64{}
		}
		r.late[name]++
		tally.Fewer(r.late, 2*tally.MostLate)
	}
}

// column returns the column of the k-th member of a record, or -1. Most records
// have the members of the one before, in the same order.
func (r *rows) column(k int, path []byte) int {
	if k < len(r.order) {
		if c := r.order[k]; c >= 0 && r.Columns[c] == string(path) {
			return c
		}
	}
	c, ok := r.index[string(path)]
	if !ok {
		return -1
	}
	for len(r.order) <= k {
		r.order = append(r.order, -1)
	}
	r.order[k] = c
	return c
}

// refuse takes the cells of the record back and keeps it as a reject.
func (r *rows) refuse(rule, reason string, text []byte, row, line, offset int64) {
	n, key := len(r.numbers), ""
	if r.key >= 0 && r.cols[r.key].Len() > n {
		key = string(r.cols[r.key].Last())
	}
	r.cols.Truncate(n)
	r.rejects = append(r.rejects, table.Reject{Stage: stage, Rule: rule, Reason: reason, Source: r.Source, Row: row, Line: line, Offset: offset,
		Input: table.Clip([]byte(strings.TrimRight(string(text), "\r\n"))), Key: key})
}

func (r *rows) batch(b int) table.Batch {
	slices.SortStableFunc(r.rejects, func(a, b table.Reject) int { return int(a.Row - b.Row) })
	out := table.Batch{Position: table.Position{Input: r.File, Sequence: int64(b)}, Source: r.Source, First: r.Plan.Blocks[b].Row, Rejects: r.rejects, Late: r.late,
		Record: r.cols.Record(r.Columns, len(r.numbers))}
	if len(r.rejects) > 0 {
		out.Rows = r.numbers
	}
	return out
}
