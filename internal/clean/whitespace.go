package clean

import (
	"strings"

	"github.com/beamline-go/beamline/table"
)

// whitespace removes white space at the ends of a cell, and all but one of
// several spaces in a row unless that is how the column writes. Free text is left
// as it was written.
var whitespace = cellRule("whitespace", learnSpaces, func(s spaces) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		tidy := strings.TrimSpace(cell)
		if !s.Inside && strings.Contains(tidy, "  ") {
			tidy = collapse(tidy)
		}
		return tidy, 1, len(tidy) != len(cell)
	}, nil
})

// spaces say what is custom in a column.
type spaces struct {
	Inside bool `json:"inside,omitempty"` // several in a row
}

// customSpaces is the share of cells from which on several spaces in a row, in
// texts that are never written without, are custom.
const customSpaces = 0.02

func learnSpaces(c *Column) *spaces {
	if c.Role == table.RoleText || c.Role == table.RoleIgnore && c.Type == table.String {
		return nil
	}
	texts := map[string]bool{}
	for _, v := range c.Values {
		texts[strings.TrimSpace(v.Text)] = true
	}
	return &spaces{c.share(func(s string) bool {
		s = strings.TrimSpace(s)
		return strings.Contains(s, "  ") && !texts[collapse(s)]
	}) >= customSpaces}
}

func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }
