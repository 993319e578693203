package clean

import (
	"slices"

	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// missingToken empties texts such as N/A in columns of numbers or dates, where
// they can be nothing else, or those that the user listed. In columns of words
// they are left as they are.
type missingToken struct{}

func (missingToken) Name() string { return "missing_token" }

func (missingToken) Learn(c *profile.Column, as table.Column) *Settings {
	if as.Type.Textual() || as.Type == table.Bool {
		return nil
	}
	return &Settings{Texts: c.Listed}
}

func (missingToken) Compile(s Settings) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if s.Texts != nil {
			return "", 1, slices.Contains(s.Texts, cell)
		}
		return "", 1, missing.Token(cell) != missing.Not
	}, nil
}
