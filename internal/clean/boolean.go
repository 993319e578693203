package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/beamline-go/beamline/table"
)

// booleans writes yes and no in the spelling that leads in the column, where it
// has nothing else and several spellings.
var booleans = cellRule("boolean", learnBooleans, func(s spelled) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		is, ok := truths[strings.ToLower(cell)]
		if !ok {
			return "", 0, false
		}
		to := s.No
		if is {
			to = s.Yes
		}
		return to, precisionOf("boolean"), to != cell
	}, nil
})

// spelled is how a column says yes and no.
type spelled struct {
	Yes string `json:"yes"`
	No  string `json:"no"`
}

var truths = map[string]bool{
	"yes": true, "y": true, "true": true, "t": true, "1": true, "on": true, "1.0": true,
	"no": false, "n": false, "false": false, "f": false, "0": false, "off": false, "0.0": false,
}

// pairs are the spellings that belong together.
var pairs = [][2]string{{"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"1", "0"}, {"on", "off"}, {"1.0", "0.0"}}

func learnBooleans(c *Column) *spelled {
	if !c.Type.Textual() && c.Type != table.Bool {
		return nil
	}
	counts := map[string]int{}
	for v := range c.Present() {
		if _, ok := truths[strings.ToLower(v.Text)]; !ok {
			return nil
		}
		counts[v.Text] += v.Count
	}
	if len(counts) < 3 {
		return nil
	}
	var lead spelled
	most, all := 0, 0
	for _, p := range pairs {
		for _, style := range []func(string) string{strings.ToLower, strings.ToUpper, title} {
			s := spelled{style(p[0]), style(p[1])}
			if counts[s.Yes] == 0 || counts[s.No] == 0 {
				continue
			}
			if n := counts[s.Yes] + counts[s.No]; n > most {
				lead, most = s, n
			}
		}
	}
	for _, n := range counts {
		all += n
	}
	if most*2 <= all {
		return nil
	}
	return &lead
}

func title(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}
