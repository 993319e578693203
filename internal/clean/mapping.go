package clean

import (
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// Map is the name of the rule by which a user maps values.
const Map = "map"

// mapping replaces the values that the user named.
type mapping struct{}

func (mapping) Name() string { return Map }

func (mapping) Learn(*profile.Column, table.Column) *Settings { return nil }

func (mapping) Compile(s Settings) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		to, ok := s.Values[cell]
		return to, 1, ok && to != cell
	}, nil
}
