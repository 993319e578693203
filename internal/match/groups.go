package match

import (
	"cmp"
	"fmt"
	"slices"
)

// Bounds of groups.
const (
	mostGroups     = 3
	coreClosure    = 0.95 // of the pairs of a group, that a column agrees in which is sure to belong to it
	closure        = 0.5  // of the pairs of a group, that a further column agrees in
	fullAgreement  = 0.8  // of the columns, from which on a pair may be a match
	leastSupport   = 0.02 // pairs for a probe
	valleyShare    = 0.25 // pairs that agree in nothing else, as a share of those that agree fully
	mostCandidates = 12
	mostPatterns   = 200
	leastShared    = 0.1 // values that the two tables share, for a column to count
)

// Agreement of a column of a pair.
const (
	noCell uint8 = iota
	isSame
	isNot
)

// candidates lists groups that may hold, as the pairs show them: with the columns
// that agree in nearly all of their pairs, and with those that agree in most.
func (l *learner) candidates(levels [][]int8) (out [][]int) {
	var use []int
	for k, c := range l.model.Columns {
		// Things that differ may have all in common but their code.
		if c.Kind != None && c.Kind != Codes && l.shared[k] >= leastShared {
			use = append(use, k)
		}
	}
	all, partial, full := l.agreement(levels, use)
	seen := map[string]bool{}
	for _, g := range l.patterns(partial, len(use)) {
		core := closed(g, partial, len(use), coreClosure)
		for _, g := range [][]int{closed(core, partial, len(use), closure), core} {
			named := make([]int, len(g))
			for i, x := range g {
				named[i] = use[x]
			}
			slices.Sort(named)
			name := fmt.Sprint(named)
			if seen[name] || len(g) == len(use) || !valley(g, all, len(use), full) {
				continue
			}
			seen[name] = true
			if out = append(out, named); len(out) == mostCandidates {
				return out
			}
		}
	}
	return out
}

// agreement says of each pair which of some columns agree, lists the pairs of
// which a part does, and counts those of which nearly all do.
func (l *learner) agreement(levels [][]int8, use []int) (all, partial [][]uint8, full int) {
	for _, ls := range levels {
		row := make([]uint8, len(use))
		agree, observed := 0, 0
		for x, k := range use {
			switch {
			case ls[k] == missing:
				continue
			case agrees(l.model.Columns[k].Kind, ls[k]):
				row[x] = isSame
				agree++
			default:
				row[x] = isNot
			}
			observed++
		}
		all = append(all, row)
		switch {
		case float64(agree) > fullAgreement*float64(observed):
			full++
		case agree >= 1:
			partial = append(partial, row)
		}
	}
	return all, partial, full
}

// patterns are the sets of columns that agree in many pairs, the best first.
func (l *learner) patterns(rows [][]uint8, columns int) [][]int {
	counts := map[string]int{}
	for _, r := range rows {
		counts[string(r)]++
	}
	agreeing := map[string]int{} // by what agrees only
	for r, n := range counts {
		only := []byte(r)
		for i := range only {
			if only[i] != isSame {
				only[i] = noCell
			}
		}
		agreeing[string(only)] += n
	}
	order := make([]string, 0, len(agreeing))
	for r := range agreeing {
		order = append(order, r)
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(agreeing[b], agreeing[a]), cmp.Compare(a, b)) })
	type candidate struct {
		columns []int
		worth   int
	}
	var found []candidate
	for _, pattern := range order[:min(len(order), mostPatterns)] {
		var g []int
		for k := range columns {
			if pattern[k] == isSame {
				g = append(g, k)
			}
		}
		if len(g) < 2 && columns > 2 || len(g) == 0 {
			continue
		}
		support := 0
		for r, n := range counts {
			if holds(g, r) {
				support += n
			}
		}
		if float64(support) >= leastSupport*float64(l.probes) {
			found = append(found, candidate{g, support * max(1, len(g)-1)})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.worth, a.worth) })
	out := make([][]int, len(found))
	for i, f := range found {
		out[i] = f.columns
	}
	return out
}

func holds(g []int, row string) bool {
	for _, k := range g {
		if row[k] != isSame {
			return false
		}
	}
	return true
}

// closed adds the columns that agree in that share of a group's pairs.
func closed(g []int, rows [][]uint8, columns int, closure float64) []int {
	agree, observed := make([]int, columns), make([]int, columns)
	for _, r := range rows {
		if !holds(g, string(r)) {
			continue
		}
		for k, is := range r {
			if is != noCell {
				observed[k]++
			}
			if is == isSame {
				agree[k]++
			}
		}
	}
	g = slices.Clone(g)
	for k := range columns {
		if !slices.Contains(g, k) && float64(agree[k]) >= closure*float64(max(1, observed[k])) {
			g = append(g, k)
		}
	}
	return g
}

// valley reports whether pairs of a group agree in nothing else more often than
// in one thing more: matches agree in much, chance in little.
func valley(g []int, rows [][]uint8, columns, full int) bool {
	counts := make([]int, columns+2)
	for _, r := range rows {
		agree, against := 0, false
		for _, k := range g {
			against = against || r[k] == isNot
			if r[k] == isSame {
				agree++
			}
		}
		if against || 2*agree < len(g) {
			continue
		}
		others, observed := 0, 0
		for k, is := range r {
			if is == noCell || slices.Contains(g, k) {
				continue
			}
			observed++
			if is == isSame {
				others++
			}
		}
		if observed > 0 {
			counts[others]++
		}
	}
	return counts[0] > counts[1] && float64(counts[0]) >= valleyShare*float64(full)
}
