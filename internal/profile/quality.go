package profile

import (
	"cmp"
	"slices"
	"strings"
)

// scales are words that rank: a column whose values all stand in one of them
// is ordered. The numbers order the words of a scale, and several words may
// share one.
var scales = []map[string]int{
	{"very poor": 0, "terrible": 0, "poor": 1, "po": 1, "bad": 1, "below average": 2, "fair": 2, "fa": 2,
		"average": 3, "ta": 3, "typical": 3, "normal": 3, "ok": 3, "okay": 3, "medium": 3, "above average": 4,
		"good": 5, "gd": 5, "very good": 6, "vg": 6, "premium": 7, "excellent": 8, "ex": 8, "ideal": 9, "perfect": 10},
	{"none": 0, "very low": 1, "low": 2, "moderate": 3, "medium": 3, "mid": 3, "high": 4, "very high": 5, "extreme": 6, "critical": 6},
	{"xxs": 0, "xs": 1, "extra small": 1, "s": 2, "small": 2, "m": 3, "medium": 3, "l": 4, "large": 4, "xl": 5, "extra large": 5, "xxl": 6, "xxxl": 7},
	{"never": 0, "rarely": 1, "seldom": 1, "sometimes": 2, "occasionally": 2, "often": 3, "usually": 4, "always": 5},
	{"strongly disagree": 0, "disagree": 1, "neutral": 2, "agree": 3, "strongly agree": 4},
	{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5},
}

// Ranked returns the values in ascending order when all of them are words of
// one scale, at least three and all of different rank.
func Ranked(values []string) ([]string, bool) {
	if len(values) < 3 {
		return nil, false
	}
	for _, scale := range scales {
		if ranked, ok := rankedBy(scale, values); ok {
			return ranked, true
		}
	}
	return nil, false
}

func rankedBy(scale map[string]int, values []string) ([]string, bool) {
	ranks, seen := make(map[string]int, len(values)), map[int]bool{}
	for _, v := range values {
		r, ok := scale[strings.ToLower(strings.TrimSpace(v))]
		if !ok || seen[r] {
			return nil, false
		}
		ranks[v], seen[r] = r, true
	}
	out := slices.Clone(values)
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(ranks[a], ranks[b]) })
	return out, true
}
