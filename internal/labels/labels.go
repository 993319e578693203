// Package labels tells which class of a target, or which level of a feature, a text means.
package labels

import (
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// Key is what spellings of one class have in common: they differ in letter case,
// white space around them, a full stop behind them, or in how a number is written: 1.0
// is the class 1.
func Key(s string) string {
	key := strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), ".")))
	if x, ok := number.Parse(key); ok && !number.Padded(key) {
		return number.Format(x)
	}
	return key
}

// truths are the pairs of labels that say true and false, the false one first.
var truths = [][2]string{{"false", "true"}, {"0", "1"}}

// Levels finds the level that a text means among the domain of a feature, by another
// spelling of a number or of a truth value: words in other letters may be other levels.
func Levels(domain []string) map[string]string {
	of := Of(domain)
	for key := range of {
		_, isNumber := number.Parse(key)
		if !isNumber && key != "true" && key != "false" {
			delete(of, key)
		}
	}
	return of
}

// Of finds the class that a text means among the domain of a target.
func Of(domain []string) map[string]string {
	of := map[string]string{}
	for _, v := range domain {
		of[Key(v)] = v
	}
	for _, own := range truths {
		no, hasNo := of[own[0]]
		yes, hasYes := of[own[1]]
		if !hasNo || !hasYes || len(of) != 2 {
			continue
		}
		for _, other := range truths {
			of[other[0]], of[other[1]] = no, yes
		}
		break
	}
	return of
}
