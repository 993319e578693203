package clean

import (
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// missingToken empties texts such as N/A in columns of numbers or dates, where
// they can be nothing else. In columns of words they are left as they are.
type missingToken struct{}

func (missingToken) Name() string { return "missing_token" }

func (missingToken) Learn(c *profile.Column, as table.Column) *Settings {
	if as.Type.Textual() || as.Type == table.Bool {
		return nil
	}
	return &Settings{}
}

func (missingToken) Compile(Settings) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		return "", 1, missing.Token(cell) != missing.Not
	}, nil
}
