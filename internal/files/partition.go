package files

import (
	"net/url"
	"regexp"
	"strings"
)

// Cell is a value that the folders above a file give to all of its records.
type Cell struct{ Column, Value string }

// partition is the name of a folder that holds the records with one value of a
// column, as Hive writes them.
var partition = regexp.MustCompile(`^([\pL_][\pL\pN_.-]*)=(.*)$`)

// noValue is what Hive writes where there is no value.
const noValue = "__HIVE_DEFAULT_PARTITION__"

// Partition returns the columns and values that the names of the folders above the
// file give, from the outermost on: those of year=2026/month=11/a.csv are year and
// month.
func (f Path) Partition() []Cell {
	var cells []Cell
	elements := strings.FieldsFunc(string(f), func(r rune) bool { return r == '/' || r == '\\' })
	for _, e := range elements[:max(len(elements)-1, 0)] {
		m := partition.FindStringSubmatch(e)
		if m == nil {
			continue
		}
		value, err := url.PathUnescape(m[2])
		if err != nil {
			value = m[2]
		}
		if value == noValue {
			value = ""
		}
		cells = append(cells, Cell{m[1], value})
	}
	return cells
}
