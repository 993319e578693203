package clean

import (
	"strings"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// whitespace removes white space at the ends of a cell and all but one of
// several spaces in a row. Free text is left as it was written.
type whitespace struct{}

func (whitespace) Name() string { return "whitespace" }

func (whitespace) Learn(c *profile.Column, as table.Column) *Settings {
	if as.Role == table.RoleText || as.Role == table.RoleIgnore && as.Type == table.String {
		return nil
	}
	return &Settings{}
}

func (whitespace) Compile(Settings) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		tidy := strings.TrimSpace(cell)
		if strings.Contains(tidy, "  ") {
			tidy = strings.Join(strings.Fields(tidy), " ")
		}
		return tidy, 1, len(tidy) != len(cell)
	}, nil
}
