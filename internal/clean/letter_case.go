package clean

import (
	"strings"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// letterCase gives a value that differs from a frequent one in upper and lower
// case only the spelling of the frequent one. The frequent spelling must be
// seen dominantCount times, and dominantRatio times as often as the other.
type letterCase struct{}

const (
	dominantCount = 5
	dominantRatio = 10
)

func (letterCase) Name() string { return "case" }

func (letterCase) Learn(c *profile.Column, as table.Column) *Settings {
	if as.Type != table.Categorical || c.Values.Over {
		return nil
	}
	s := Settings{Values: map[string]string{}, Counts: map[string]int64{}}
	leader := map[string]string{}
	for _, v := range c.Values.Top(int(c.Values.NumDistinct())) { // the most frequent first
		fold := strings.ToLower(v.Text)
		lead, ok := leader[fold]
		if !ok {
			leader[fold] = v.Text
			continue
		}
		n := c.Values.Count(lead)
		if n >= dominantCount && n >= dominantRatio*v.Count {
			s.Values[v.Text], s.Counts[v.Text] = lead, v.Count
			s.Counts[lead] = n
		}
	}
	if len(s.Values) == 0 {
		return nil
	}
	return &s
}

func (letterCase) Compile(s Settings) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		lead, ok := s.Values[cell]
		if !ok {
			return "", 0, false
		}
		n, k := float64(s.Counts[lead]), float64(s.Counts[cell])
		return lead, n / (n + k), true
	}, nil
}
