package clean

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/dependence"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/fingerprint"
)

// Label is a cell of a column as it was, and as it should be. Where both are the
// same, the cell was right.
type Label struct {
	Column string `json:"column"`
	Old    string `json:"old"`
	New    string `json:"new"`
	Rule   string `json:"rule,omitempty"` // that proposed or made the change, where it is known
}

// maxLabels bounds the labels and verdicts that are read.
const maxLabels = 1_000_000

// ReadLabels reads corrected cells: a table with the columns column, old and new,
// such as some lines of a ledger with the right cell in new.
func ReadLabels(name string, r io.Reader) ([]Label, error) {
	labels, _, err := readLabels(name, r, false)
	return labels, err
}

// ReadReview reads a ledger with a column verdict, and returns what was accepted
// and what was rejected. Lines without a verdict are passed over.
func ReadReview(name string, r io.Reader) (accepted, rejected []Label, err error) {
	return readLabels(name, r, true)
}

func readLabels(name string, in io.Reader, reviewed bool) (labels, rejected []Label, err error) {
	r := csv.NewReader(in)
	header, err := r.Read()
	if err != nil {
		return nil, nil, fault.Usagef("%s: %v", name, err)
	}
	at := map[string]int{}
	for i, h := range header {
		at[strings.TrimSpace(h)] = i
	}
	needed := []string{"column", "old", "new"}
	if reviewed {
		needed = append(needed, "verdict")
	}
	for _, n := range needed {
		if _, ok := at[n]; !ok {
			return nil, nil, fault.Usagef("%s: no column %q; the columns are %s", name, n, strings.Join(header, ", "))
		}
	}
	for line := 2; ; line++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return labels, rejected, nil
		}
		if err != nil {
			return nil, nil, fault.Usagef("%s: %v", name, err)
		}
		if line > maxLabels {
			return nil, nil, fault.Usagef("%s: more than %d lines", name, maxLabels)
		}
		l := Label{Column: record[at["column"]], Old: record[at["old"]], New: record[at["new"]]}
		if i, ok := at["rule"]; ok && reviewed {
			l.Rule = record[i]
		}
		if !reviewed {
			labels = append(labels, l)
			continue
		}
		switch verdict := strings.TrimSpace(record[at["verdict"]]); verdict {
		case "accept":
			labels = append(labels, l)
		case "reject":
			rejected = append(rejected, l)
		case "":
		default:
			return nil, nil, fault.Usagef("%s: line %d: the verdict %q is neither accept nor reject", name, line, verdict)
		}
	}
}

// example is what labels of a column have in common, as it is applied to all of
// its cells.
type example struct {
	Values map[string]string `json:"values"` // the labels themselves
	Before string            `json:"before,omitempty"`
	After  string            `json:"after,omitempty"` // what is taken off
	Words  map[string]string `json:"words,omitempty"` // words that become others
	Case   string            `json:"case,omitempty"`  // upper or lower
}

// Shown is the name of the rule that labels teach.
const Shown = "example"

var examples = cellRule(Shown, func(*Column) *example { return nil }, func(e example) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if to, ok := e.Values[cell]; ok {
			return to, 1, to != cell
		}
		mended := e.apply(cell)
		return mended, 0.9, mended != cell
	}, nil
})

func (e example) apply(cell string) string {
	if e.Before+e.After != "" && len(cell) > len(e.Before)+len(e.After) && strings.HasPrefix(cell, e.Before) && strings.HasSuffix(cell, e.After) {
		cell = cell[len(e.Before) : len(cell)-len(e.After)]
	}
	if len(e.Words) > 0 {
		words := strings.Split(cell, " ")
		for i, w := range words {
			if to, ok := e.Words[w]; ok {
				words[i] = to
			}
		}
		cell = strings.Join(words, " ")
	}
	switch e.Case {
	case "upper":
		return strings.ToUpper(cell)
	case "lower":
		return strings.ToLower(cell)
	}
	return cell
}

// fewestExamples is how many labels must show a change for it to be made in other
// cells too.
const fewestExamples = 2

// teach turns the labels of a column into steps. A date tells its layout by
// itself; any other change must be shown twice.
func teach(column string, labels []Label) (steps []Step) {
	e := example{Values: map[string]string{}, Words: map[string]string{}}
	affixes, cases, words := map[[2]string]int{}, map[string]int{}, map[[2]string]int{}
	for _, l := range labels {
		if l.Old == l.New {
			continue
		}
		e.Values[l.Old] = l.New
		if s, ok := dateExample(column, l); ok {
			steps = append(steps, s)
			continue
		}
		if before, after, ok := strings.Cut(l.Old, l.New); ok && l.New != "" {
			affixes[[2]string{before, after}]++
		}
		switch l.New {
		case strings.ToUpper(l.Old):
			cases["upper"]++
		case strings.ToLower(l.Old):
			cases["lower"]++
		}
		if from, to, ok := oneWord(l.Old, l.New); ok {
			words[[2]string{from, to}]++
		}
	}
	byText := func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
	for _, a := range slices.SortedFunc(maps.Keys(affixes), byText) { // of as many, the first
		if n := affixes[a]; n >= fewestExamples && n > affixes[[2]string{e.Before, e.After}] {
			e.Before, e.After = a[0], a[1]
		}
	}
	switch upper, lower := cases["upper"], cases["lower"]; {
	case upper >= fewestExamples && upper > lower:
		e.Case = "upper"
	case lower >= fewestExamples && lower > upper:
		e.Case = "lower"
	}
	shown := map[string]int{}
	for _, w := range slices.SortedFunc(maps.Keys(words), byText) {
		switch n := words[w]; {
		case n >= fewestExamples && n > shown[w[0]]:
			e.Words[w[0]], shown[w[0]] = w[1], n
		case n == shown[w[0]]:
			delete(e.Words, w[0]) // two words are shown as often
		}
	}
	if len(e.Values) > 0 {
		steps = append([]Step{newStep(Shown, column, e)}, steps...)
	}
	return steps
}

// oneWord reports which word of a text became another.
func oneWord(old, mended string) (from, to string, ok bool) {
	a, b := strings.Split(old, " "), strings.Split(mended, " ")
	if len(a) != len(b) || len(a) < 2 {
		return "", "", false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if ok {
			return "", "", false
		}
		from, to, ok = a[i], b[i], true
	}
	return from, to, ok
}

// dateExample reads a date that is written in another layout.
func dateExample(column string, l Label) (Step, bool) {
	from, n := dates.Readings(l.Old)
	to, m := dates.Readings(l.New)
	for _, a := range from[:n] {
		for _, b := range to[:m] {
			if a.Layout != b.Layout && a.Time.Equal(b.Time) {
				return newStep(dateLayout.Name, column, layouts{Layouts: []string{b.Layout.String()}, Proven: []string{a.Layout.String()}, Proofs: []int64{1}}), true
			}
		}
	}
	return Step{}, false
}

// rejections are changes that a person refused, by column.
type rejections map[string]map[string][]string

func newRejections(all []Label) rejections {
	r := rejections{}
	for _, l := range all {
		if r[l.Column] == nil {
			r[l.Column] = map[string][]string{}
		}
		r[l.Column][l.Old] = append(r[l.Column][l.Old], l.New)
	}
	return r
}

// refused reports whether a change was refused; a cell that was called right is
// not changed at all.
func (r rejections) refused(column, old, mended string) bool {
	to, ok := r[column][old]
	return ok && (slices.Contains(to, mended) || slices.Contains(to, old))
}

// spare makes a repair of a column leave out what was refused.
func (r rejections) spare(column string, repair Repair) Repair {
	if r[column] == nil {
		return repair
	}
	return func(cell string) (string, float64, bool) {
		mended, confidence, ok := repair(cell)
		if ok && r.refused(column, cell, mended) {
			return "", 0, false
		}
		return mended, confidence, ok
	}
}

// Constraints are what a person knows of a table.
type Constraints struct {
	Determines []Determines `yaml:"determines"`
	Values     []Values     `yaml:"values"`
}

// Determines says that one column, or two, determine another.
type Determines struct {
	From []string `yaml:"from"`
	To   string   `yaml:"to"`
}

// Values says which values a column has.
type Values struct {
	Column string   `yaml:"column"`
	Of     []string `yaml:"of"`
}

// check reports a constraint about columns that are not there.
func (c Constraints) check(columns []string) error {
	for _, d := range c.Determines {
		if len(d.From) < 1 || len(d.From) > 2 {
			return fault.Usagef("rules: %q is determined by %d columns; one or two can be named", d.To, len(d.From))
		}
		for _, name := range append(slices.Clone(d.From), d.To) {
			if !slices.Contains(columns, name) {
				return fault.Usagef("rules: no column %q%s", name, fault.Hint(name, columns, ""))
			}
		}
	}
	for _, v := range c.Values {
		if !slices.Contains(columns, v.Column) {
			return fault.Usagef("rules: no column %q%s", v.Column, fault.Hint(v.Column, columns, ""))
		}
		if len(v.Of) == 0 {
			return fault.Usagef("rules: no values of column %q", v.Column)
		}
	}
	return nil
}

// Listed is the name of the rule that gives cells a value of a list.
const Listed = "listed"

// listedValues gives a cell that is no value of the list the one that is near.
var listedValues = cellRule(Listed, func(*Column) *Values { return nil }, func(v Values) (Repair, error) {
	of := setOf(v.Of)
	return func(cell string) (string, float64, bool) {
		if of[cell] || isAbsent(cell) {
			return "", 0, false
		}
		found := ""
		for _, to := range v.Of {
			if fingerprint.Of(to) == fingerprint.Of(cell) {
				return to, 0.98, true
			}
			if near(cell, to) {
				if found != "" {
					return "", 0, false
				}
				found = to
			}
		}
		return found, 0.9, found != ""
	}, nil
})

// required are the dependencies that a person knows of, as far as discovery did
// not find them.
func (t *Table) required(all []dependence.Found) (out []dependence.Found) {
	for _, d := range t.Required {
		f := dependence.Found{To: t.index(d.To)}
		for _, name := range d.From {
			f.From = append(f.From, t.index(name))
		}
		slices.Sort(f.From)
		if f.To < 0 || f.From[0] < 0 || slices.ContainsFunc(all, func(o dependence.Found) bool { return o.To == f.To && slices.Equal(o.From, f.From) }) {
			continue
		}
		x, y := t.Columns[f.From[0]].coded(), t.Columns[f.To].coded()
		codes, values := x.Codes, x.Values
		if len(f.From) > 1 {
			codes, values = dependence.PairCodes(codes, t.Columns[f.From[1]].coded().Codes, t.Rows+1)
		}
		var w dependence.Counter
		f.Evidence = dependence.GroupBy(codes, values).Weigh(y, &w)
		out = append(out, f)
	}
	return out
}

// named reports whether a person knows that a column is determined so.
func (t *Table) named(f dependence.Found) bool {
	return slices.ContainsFunc(t.Required, func(d Determines) bool {
		from := make([]int, len(d.From))
		for i, name := range d.From {
			from[i] = t.index(name)
		}
		slices.Sort(from)
		return t.index(d.To) == f.To && slices.Equal(from, f.From)
	})
}
