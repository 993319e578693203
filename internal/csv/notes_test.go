package csv

import (
	"fmt"
	"strings"
	"testing"
)

// TestNotes has what stands behind tables, and how many records of it are refused by
// which rule.
func TestNotes(t *testing.T) {
	table := lines("id,name,qty", 40, func(i int) string { return fmt.Sprintf("%d,n%d,%d", i, i, i*7%11) })
	for name, c := range map[string]struct {
		tail string
		want map[string]int
		rows int
	}{
		"nothing":             {"", nil, 40},
		"delimiters":          {",,\n,,\n,,\n", map[string]int{RuleEmpty: 3}, 40},
		"delimiters, CRLF":    {",,\r\n,,", map[string]int{RuleEmpty: 2}, 40},
		"a source":            {",,\nSource: the office,,", map[string]int{RuleEmpty: 1, RuleNote: 1}, 40},
		"a legend":            {"\nLegend\n\"a: all, but some\"\nb: none\n", map[string]int{RuleNote: 3}, 40},
		"a legend of cells":   {",,\n(1) estimated,,\n(2) revised,,\n", map[string]int{RuleEmpty: 1, RuleNote: 2}, 40},
		"a half record":       {"40,,\n", nil, 41},
		"a name alone":        {"name,,\n", nil, 41},
		"a total":             {",,\nTotal,,140\n", map[string]int{RuleEmpty: 1}, 41},
		"a text over lines":   {"41,\"x\n\ny\",3\n", nil, 41},
		"an empty one before": {",,\n41,n41,\n", map[string]int{RuleEmpty: 1}, 41},
	} {
		t.Run(name, func(t *testing.T) {
			got := readAll(t, []byte(strings.TrimPrefix(table, "id,name,qty\n")+c.tail), Dialect{Delimiter: ',', Quote: '"', Notes: true}, 3, 64)
			found := map[string]int{}
			for _, r := range got.Rejects {
				found[r.Rule]++
			}
			if fmt.Sprint(found) != fmt.Sprint(c.want) || len(got.Rows) != c.rows {
				t.Errorf("%v, %d rows; want %v, %d", found, len(got.Rows), c.want, c.rows)
			}
		})
	}
}
