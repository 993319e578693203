package clean

import (
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// looseNumber writes numbers with currency signs or grouped thousands plainly,
// where most of the column is written plainly. Where most of it is not, the
// spelling is the column's custom, and stays.
type looseNumber struct{}

func (looseNumber) Name() string { return "number" }

func (looseNumber) Learn(c *profile.Column, as table.Column) *Settings {
	if !as.Type.Numeric() || c.Loose*2 > c.Numbers {
		return nil
	}
	return &Settings{}
}

func (looseNumber) Compile(Settings) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if cell == "" {
			return "", 0, false
		}
		if b := cell[len(cell)-1]; b-'0' < 10 && cell[0]-'0' < 10 {
			if _, ok := number.Parse(cell); ok {
				return "", 0, false
			}
		}
		x, ok := number.Loose(cell)
		if !ok {
			return "", 0, false
		}
		return number.Format(x), 1, true
	}, nil
}
