// Package tally counts what became of the records of a table. The counts travel
// as data, since a runner's own counters count a retried bundle twice.
package tally

import (
	"fmt"
	"maps"
	"slices"

	"github.com/beamline-go/beamline/table"
)

// Namespace is that of the counters that runners show of a job.
const Namespace = "beamline"

// Rows says what became of records: Read = Used + Refused + Duplicate.
type Rows struct {
	Read      int64 `json:"read"`      // records, whatever became of them
	Used      int64 `json:"used"`      // records that went on
	Refused   int64 `json:"refused"`   // records in rejects.jsonl
	Duplicate int64 `json:"duplicate"` // records that equal an earlier one
}

// Add returns the sum.
func (r Rows) Add(o Rows) Rows {
	return Rows{r.Read + o.Read, r.Used + o.Used, r.Refused + o.Refused, r.Duplicate + o.Duplicate}
}

// Tally is the counts of a table, by file and by rule. The zero value is empty.
type Tally struct {
	Files    map[int]Rows     // by the index of the file
	Refused  map[string]int64 // by rule
	Repaired map[string]int64 // cells changed, by rule
	// Findings counts the cells that are not as the schema says, by column
	// and rule.
	Findings map[Key]int64
	// Examples holds, for each finding, the least of the values seen.
	Examples map[Key]string
	// Seen counts the cells of columns by the bins of internal/drift, where they are watched.
	Seen map[string][]int64
}

// Key names what is wrong with cells of a column.
type Key struct{ Column, Rule string }

// Batch counts the rows of a batch, with its rejects.
func (t *Tally) Batch(b table.Batch) {
	n, r := int64(b.Len()), int64(len(b.Rejects))
	t.file(b.Input, Rows{Read: n + r, Used: n, Refused: r})
	for _, x := range b.Rejects {
		t.Refuse(x.Rule, 1)
	}
	for name, n := range b.Late {
		t.Find(Key{name, RuleLate}, n, "")
	}
	if len(b.Late) > 0 {
		t.fewerLate(2 * MostLate)
	}
	for _, u := range b.Unjoined {
		t.Find(Key{u.Column, RuleUnjoined}, u.Rows, u.Example)
	}
}

// Findings of how a table was read.
const (
	RuleLate     = "late_column" // cells are of columns that the table does not have
	RuleUnjoined = "unjoined"    // keys are not in a table that is joined
)

func (t *Tally) file(i int, r Rows) {
	if t.Files == nil {
		t.Files = map[int]Rows{}
	}
	t.Files[i] = t.Files[i].Add(r)
}

// Duplicates moves n used rows of a file to the duplicates.
func (t *Tally) Duplicates(file int, n int64) { t.file(file, Rows{Used: -n, Duplicate: n}) }

// Move makes n used rows of a file refused ones.
func (t *Tally) Move(file int, n int64) { t.file(file, Rows{Used: -n, Refused: n}) }

// Refuse counts n records refused by rule.
func (t *Tally) Refuse(rule string, n int64) {
	if t.Refused == nil {
		t.Refused = map[string]int64{}
	}
	t.Refused[rule] += n
}

// Repair counts n cells changed by rule.
func (t *Tally) Repair(rule string, n int64) {
	if t.Repaired == nil {
		t.Repaired = map[string]int64{}
	}
	t.Repaired[rule] += n
}

// Find counts n cells that are not as they should be, one of them seen.
func (t *Tally) Find(f Key, n int64, seen string) {
	if t.Findings == nil {
		t.Findings, t.Examples = map[Key]int64{}, map[Key]string{}
	}
	if have, ok := t.Examples[f]; !ok || seen < have {
		t.Examples[f] = string(append([]byte(nil), seen...))
	}
	t.Findings[f] += n
}

// See counts cells of a column by bins.
func (t *Tally) See(column string, counts []int64) {
	if t.Seen == nil {
		t.Seen = map[string][]int64{}
	}
	have := t.Seen[column]
	if have == nil {
		have = make([]int64, len(counts))
		t.Seen[column] = have
	}
	for i, n := range counts {
		have[i] += n
	}
}

// Merge counts all that o counted, in any order.
func (t *Tally) Merge(o Tally) {
	for i, r := range o.Files {
		t.file(i, r)
	}
	for rule, n := range o.Refused {
		t.Refuse(rule, n)
	}
	for rule, n := range o.Repaired {
		t.Repair(rule, n)
	}
	for f, n := range o.Findings {
		t.Find(f, n, o.Examples[f])
	}
	for column, counts := range o.Seen {
		t.See(column, counts)
	}
	t.fewerLate(2 * MostLate)
}

// MostLate is how many columns that the table does not have are told of by name: the first
// in the order of their names, whatever is counted first.
const MostLate = 100

// Fewer takes cells of columns together under the empty name, where there are more than some:
// all but the first MostLate names.
func Fewer(late map[string]int64, some int) {
	if len(late) <= some {
		return
	}
	names := slices.Sorted(maps.Keys(late))
	if names[0] == "" {
		names = names[1:]
	}
	for _, name := range names[MostLate:] {
		late[""] += late[name]
		delete(late, name)
	}
}

// fewerLate is Fewer, of what was found.
func (t *Tally) fewerLate(some int) {
	if len(t.Findings) <= some {
		return
	}
	late := map[string]int64{}
	for f, n := range t.Findings {
		if f.Rule == RuleLate {
			late[f.Column] = n
		}
	}
	before := slices.Collect(maps.Keys(late))
	Fewer(late, some)
	for _, name := range before {
		if _, kept := late[name]; !kept {
			delete(t.Findings, Key{name, RuleLate})
			delete(t.Examples, Key{name, RuleLate})
		}
	}
	if n, ok := late[""]; ok {
		t.Findings[Key{"", RuleLate}], t.Examples[Key{"", RuleLate}] = n, ""
	}
}

// Settle leaves of the columns that the table does not have as many as are told of.
func (t *Tally) Settle() { t.fewerLate(MostLate) }

// Clone returns a copy that shares nothing with t.
func (t Tally) Clone() Tally {
	out := Tally{Files: maps.Clone(t.Files), Refused: maps.Clone(t.Refused), Repaired: maps.Clone(t.Repaired),
		Findings: maps.Clone(t.Findings), Examples: maps.Clone(t.Examples)}
	for column, counts := range t.Seen {
		out.See(column, counts)
	}
	return out
}

// Rows returns the sum over the files.
func (t Tally) Rows() (sum Rows) {
	for _, r := range t.Files {
		sum = sum.Add(r)
	}
	return sum
}

// Total is Rows, and an error if the counts of any file do not add up.
func (t Tally) Total() (Rows, error) {
	for i, r := range t.Files {
		if r.Read != r.Used+r.Refused+r.Duplicate {
			return Rows{}, fmt.Errorf("tally: file %d: %d read, but %d used, %d refused and %d duplicates", i+1, r.Read, r.Used, r.Refused, r.Duplicate)
		}
	}
	return t.Rows(), nil
}

// fewRefused is how many refused records are never too many, whatever their share.
const fewRefused = 10

// TooMany reports whether more were refused, of so many, than a share allows.
func TooMany(refused, of int64, share float64) bool {
	return refused > fewRefused && float64(refused) > share*float64(of)
}
