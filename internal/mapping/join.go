package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

// Bounds of a table that is joined, which is held in memory as a whole.
const (
	maxJoinRows  = 20_000_000
	maxJoinBytes = 4 << 30
)

// join is columns of another table.
type join struct {
	on     int
	into   []int
	column string
	with   string
	refuse bool
	rows   map[string]int // of cells, by key
	cells  [][]string     // of each column that is brought
}

func (j join) do(f *frame) {
	keys := f.columns[j.on]
	missed := table.Unjoined{Column: j.column}
	for i := range f.n {
		key := strings.TrimSpace(keys.Value(i))
		if _, ok := j.rows[key]; ok || f.out(i) {
			continue
		}
		if j.refuse {
			f.refuse(i, j.column+" is "+quote(keys.Value(i))+", which is no key of "+j.with)
		} else if key != "" {
			if missed.Rows++; missed.Rows == 1 {
				missed.Example = strings.Clone(key)
			}
		}
	}
	if missed.Rows > 0 {
		f.unjoined = append(f.unjoined, missed)
	}
	for c, into := range j.into {
		f.put(into, f.made(func(dst []byte, i int) []byte {
			if row, ok := j.rows[strings.TrimSpace(keys.Value(i))]; ok {
				dst = append(dst, j.cells[c][row]...)
			}
			return dst
		}))
	}
}

func compileJoin(s Join, sc *scope) (op, error) {
	on, err := sc.at("join", s.On)
	if err != nil {
		return nil, err
	}
	other, err := sc.other(s.With)
	if err != nil {
		return nil, err
	}
	key, columns := cmp.Or(s.Key, s.On), s.Columns
	if !slices.Contains(other.Columns, key) {
		return nil, fault.Usagef("join: %s has no column %s%s", s.With, key, fault.Hint(key, other.Columns, ""))
	}
	if len(columns) == 0 {
		columns = slices.DeleteFunc(slices.Clone(other.Columns), func(c string) bool { return c == key })
	}
	j := join{on: on, column: s.On, with: s.With, refuse: s.Missing == "refuse", rows: map[string]int{}, cells: make([][]string, len(columns))}
	for _, c := range columns {
		switch {
		case !slices.Contains(other.Columns, c):
			return nil, fault.Usagef("join: %s has no column %s%s", s.With, c, fault.Hint(c, other.Columns, ""))
		case slices.Contains(sc.columns, c):
			return nil, fault.Usagef("join: both tables have a column %s; name the columns to bring, or rename one before", c)
		}
		j.into = append(j.into, sc.put(c, ""))
	}
	return j, j.load(other, append([]string{key}, columns...))
}

// load reads the other table.
func (j join) load(other Other, columns []string) error {
	n, bytes := 0, 0
	return other.Each(columns, func(cells []string) error {
		key := strings.TrimSpace(cells[0])
		if key == "" {
			return nil
		}
		if _, twice := j.rows[key]; twice {
			return fault.Dataf("join: the key %s stands in %s twice", quote(key), j.with)
		}
		j.rows[strings.Clone(key)] = n
		for i, c := range cells[1:] {
			j.cells[i] = append(j.cells[i], strings.Clone(c))
			bytes += len(c)
		}
		if n++; n > maxJoinRows || bytes > maxJoinBytes {
			return fault.Dataf("join: %s has more than %d rows or %d bytes, and is held in memory", j.with, maxJoinRows, maxJoinBytes)
		}
		return nil
	})
}
