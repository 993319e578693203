// Package conform reads batches of text as a schema says: it finds the columns
// by name, repairs cells by a clean.Plan, and gives typed batches. What can't be
// read as its type is null, and counted; what the schema forbids is refused.
//
// Training, cleaning and scoring all read through it, so they read alike.
package conform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

// Names of the rules by which cells are found wanting and records refused.
const (
	RuleType          = "type"           // can't be read as the column's type
	RuleDomain        = "domain"         // outside of the known values
	RuleRange         = "range"          // outside of the known range
	RuleMissing       = "missing"        // missing where there was always a value
	RuleCensored      = "censored"       // a bound instead of a number: <0.1
	RuleMissingTarget = "missing_target" // no target to learn from or to measure by
	RuleLabel         = "label"          // a class spelled a little differently
	RuleHeader        = "header_row"     // the names of the columns once more
)

// Options say what the records are read for.
type Options struct {
	// NeedTarget says that the records are learned from or measured by: the
	// table must have the target, records without one are counted, and those
	// with an unknown class are refused. Without it the table may lack the
	// target.
	NeedTarget bool
	// Key names the column whose cells go into the ledger; it may be empty.
	Key string
}

// Reader reads batches of one table. It is not safe for use by several
// goroutines at once.
type Reader struct {
	schema  table.Schema
	arrow   *arrow.Schema
	columns []column
	cleaner *clean.Cleaner
	names   []string // of the incoming columns
	key     int      // of them, or -1
	single  *single  // for records that come alone; made for the first of them
}

// New returns a reader of batches whose columns have the incoming names. It is
// a fault of the data if a column is missing that always had a value.
func New(s table.Schema, p clean.Plan, incoming []string, o Options) (*Reader, error) {
	as, err := s.Arrow()
	if err != nil {
		return nil, err
	}
	r := &Reader{schema: s, arrow: as, columns: make([]column, len(s.Columns)), names: incoming, key: slices.Index(incoming, o.Key)}
	if r.cleaner, err = p.Cleaner(incoming); err != nil {
		return nil, err
	}
	for i, c := range s.Columns {
		from := slices.Index(incoming, c.Name)
		if from < 0 && needed(c, o) {
			return nil, missingColumn(c.Name, incoming)
		}
		if r.columns[i], err = newColumn(c, from, o.NeedTarget); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func needed(c table.Column, o Options) bool {
	if c.Role == table.RoleTarget {
		return o.NeedTarget
	}
	return c.Presence == table.Required && c.Role.Feature()
}

func missingColumn(name string, incoming []string) error {
	hint := ""
	if near := fault.Nearest(name, incoming); near != "" {
		hint = fmt.Sprintf("; there is %q", near)
	}
	return fault.Dataf("required column %q is missing%s", name, hint)
}

// Batch reads a batch of text. What comes back has the schema's columns, typed, and
// the rows that were not refused; its rejects, changes and proposals are those of the
// incoming batch and the new ones. What it finds is counted in t.
func (r *Reader) Batch(b table.Batch, t *tally.Tally) table.Batch {
	return r.batch(newPass(b, t))
}

// Broken is a rule that a cell of a row breaks.
type Broken struct{ Column, Rule string }

// Check reads a batch as Batch does, and returns for each of its rows, those that are refused
// among them, which rules its cells break.
func (r *Reader) Check(b table.Batch, t *tally.Tally) (table.Batch, [][]Broken) {
	p := newPass(b, t)
	p.broken = make([][]Broken, b.Len())
	return r.batch(p), p.broken
}

func (r *Reader) batch(p *pass) table.Batch {
	p.begin(r)
	arrays := make([]arrow.Array, len(r.columns))
	for i := range r.columns {
		arrays[i] = r.columns[i].array(p)
	}
	out := p.in
	out.Record = array.NewRecordBatch(r.arrow, arrays, int64(p.n))
	p.order()
	out.Changes, out.Proposals = p.changes, p.proposals
	return p.refuse(out, p.in)
}

// refusal is why a row is refused; an empty rule means that it is not.
type refusal struct {
	rule, reason string
	none         bool // it is no record, so that its cells say nothing
}

// texts are the cells of an incoming column.
type texts interface{ Value(row int) string }

// pass is the state of one call of Batch.
type pass struct {
	in        table.Batch
	texts     []texts // of its columns
	n         int     // rows
	keys      texts
	tally     *tally.Tally
	changes   []table.Change
	proposals []table.Change
	cells     [][]cell // that a rule mended, by incoming column
	refused   []refusal
	any       bool
	broken    [][]Broken // by row; nil where nobody asks
}

func newPass(b table.Batch, t *tally.Tally) *pass {
	p := &pass{in: b, n: b.Len(), tally: t, refused: make([]refusal, b.Len())}
	if b.Record != nil {
		for i := range int(b.Record.NumCols()) {
			p.texts = append(p.texts, b.Text(i))
		}
	}
	return p
}

// begin does what comes before cells are read as their types.
func (p *pass) begin(r *Reader) {
	if r.key >= 0 {
		p.keys = p.texts[r.key]
	}
	p.mended()
	p.headers(r.names)
	p.clean(r)
}

// order puts the changes into the order of the rows and their columns, and counts them.
func (p *pass) order() {
	slices.SortStableFunc(p.changes, func(a, b table.Change) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Field, b.Field))
	})
	for _, c := range p.changes {
		p.tally.Repair(c.Rule, 1)
	}
}

// find counts a cell that is not as the schema says.
func (p *pass) find(c *column, i int, rule, cell string) {
	p.tally.Find(tally.Key{Column: c.Name, Rule: rule}, 1, cell)
	if p.broken != nil {
		p.broken[i] = append(p.broken[i], Broken{c.Name, rule})
	}
}

// cell is what became of a cell.
type cell struct {
	row  int
	text string
}

// clean repairs the rows.
func (p *pass) clean(r *Reader) {
	p.cells = make([][]cell, len(r.names))
	if r.cleaner.Idle() {
		return
	}
	cells := make([]string, len(r.names))
	row := 0
	changed := func(c int, e clean.Edit) {
		p.changed(row, c, r.names[c], e)
		if n := len(p.cells[c]); n > 0 && p.cells[c][n-1].row == row {
			p.cells[c][n-1].text = e.New
			return
		}
		p.cells[c] = append(p.cells[c], cell{row, e.New})
	}
	r.cleaner.Propose(func(c int, e clean.Edit) { p.propose(p.change(row, c, r.names[c], e)) })
	for ; row < p.n; row++ {
		if p.refused[row].none {
			continue
		}
		for c := range cells {
			cells[c] = p.texts[c].Value(row)
		}
		if refused := r.cleaner.Row(cells, changed); refused.Rule != "" {
			p.none(row, refused.Rule, refused.Reason)
		}
	}
}

// headers refuses rows that repeat the names of the columns, as files do that
// were put together of several.
func (p *pass) headers(names []string) {
	if len(names) < 2 {
		return
	}
	first := p.texts[0]
	for i := range p.n {
		if cellName(first.Value(i)) == names[0] && p.header(names, i) {
			p.none(i, RuleHeader, "it repeats the names of the columns")
		}
	}
}

// cellName is a cell as it would be read as the name of a column, also behind the
// byte-order mark of a file that was appended to another.
func cellName(cell string) string { return strings.TrimSpace(strings.TrimPrefix(cell, "\ufeff")) }

func (p *pass) header(names []string, row int) bool {
	for c, name := range names {
		if cellName(p.texts[c].Value(row)) != name {
			return false
		}
	}
	return true
}

func (p *pass) changed(i, field int, name string, e clean.Edit) {
	p.changes = append(p.changes, p.change(i, field, name, e))
}

// propose notes a change once, though several rounds of a rule may propose it.
func (p *pass) propose(c table.Change) {
	for i := len(p.proposals) - 1; i >= 0 && p.proposals[i].Index == c.Index; i-- {
		if o := p.proposals[i]; o.Field == c.Field && o.New == c.New {
			return
		}
	}
	p.proposals = append(p.proposals, c)
}

func (p *pass) change(i, field int, name string, e clean.Edit) table.Change {
	return table.Change{Index: i, Field: field, Source: p.in.Source, Row: p.in.Row(i), Key: p.keyOf(i), Column: name,
		Old: strings.Clone(e.Old), New: strings.Clone(e.New), Rule: e.Rule, Confidence: e.Confidence, Because: e.Because}
}

// keyOf is the key of row i, or empty.
func (p *pass) keyOf(i int) string {
	if p.keys == nil {
		return ""
	}
	return strings.Clone(p.keys.Value(i))
}

// mended puts the records that were malformed into the ledger, whole.
func (p *pass) mended() {
	for i, k := 0, 0; k < len(p.in.Changes); i++ {
		if c := p.in.Changes[k]; p.in.Row(i) == c.Row {
			c.Index, c.Key = i, p.keyOf(i)
			p.changes = append(p.changes, c)
			k++
		}
	}
}

// none refuses a row that is no record.
func (p *pass) none(i int, rule, reason string) {
	p.reject(i, rule, reason)
	p.refused[i].none = true
}

func (p *pass) reject(i int, rule, reason string) {
	if p.refused[i].rule == "" {
		p.refused[i], p.any = refusal{rule: rule, reason: reason}, true
	}
}

// refuse takes the refused rows out of the typed batch.
func (p *pass) refuse(out, in table.Batch) table.Batch {
	if !p.any {
		return out
	}
	keep := make([]bool, len(p.refused))
	rejects := slices.Clone(in.Rejects)
	for i, f := range p.refused {
		keep[i] = f.rule == ""
		if keep[i] {
			continue
		}
		r := table.Reject{Stage: table.StageConform, Rule: f.rule, Reason: f.reason, Source: in.Source, Row: in.Row(i), Offset: -1, Key: p.keyOf(i)}
		csv.Record(&r, in, i)
		rejects = append(rejects, r)
		p.tally.Refuse(f.rule, 1)
	}
	slices.SortStableFunc(rejects, func(a, b table.Reject) int { return cmp.Compare(a.Row, b.Row) })
	out = out.Select(keep)
	out.Rejects = rejects
	return out
}
