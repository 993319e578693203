package match

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/number"
)

// Bounds of codes.
const (
	leastCode   = 4    // characters of a code of letters and digits
	leastDigits = 5    // and of one of digits alone
	mostCode    = 24   // and at most
	rareCode    = 4    // records that have a code which names a model
	rareShare   = 2e-3 // or as a share of all
	codedShare  = 0.3  // records that have a code, for them to be compared
	sharedCodes = 0.1  // of them, whose code another one has
)

// codesOf are the codes that stand in a cell, such as the numbers of models: words of
// letters and digits, with the marks inside of them left out, so that PS-LX350H is
// PSLX350H.
func codesOf(cell string, dst []string) []string {
	for _, word := range strings.FieldsFunc(strings.ToLower(cell), func(r rune) bool { return !codeRune(r) && r != '-' && r != '_' }) {
		joined := strings.Map(func(r rune) rune {
			if codeRune(r) {
				return r
			}
			return -1
		}, word)
		if isCode(joined) {
			dst = append(dst, joined)
			continue
		}
		for _, part := range strings.FieldsFunc(word, func(r rune) bool { return !codeRune(r) }) {
			if isCode(part) {
				dst = append(dst, part)
			}
		}
	}
	return dst
}

func codeRune(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func isCode(word string) bool {
	if len(word) < leastCode || len(word) > mostCode {
		return false
	}
	digits := 0
	for i := range len(word) {
		if word[i]-'0' < 10 {
			digits++
		}
	}
	return digits > 0 && digits < len(word) || digits >= leastDigits
}

// codes are the rare codes of the cells of a record. What many records have, such as
// 1080p or 80gb, is a property and not a name.
func (c *Column) codes(cells []string) (v value) {
	var all []string
	for _, k := range c.From {
		all = codesOf(cells[k], all)
	}
	if len(all) == 0 {
		return v
	}
	slices.Sort(all)
	most := max(rareCode, int(rareShare*float64(c.Rows)))
	all = slices.DeleteFunc(slices.Compact(all), func(code string) bool { return c.Records[code] > most })
	if len(all) > 0 {
		v.set = c.weighed(all)
	}
	return v
}

// codes adds a column of the codes that stand in columns of words, where enough
// records have one, and have it in common with another.
func (l *learner) codes(sample []Cells) {
	c := Column{Name: "codes", Kind: Codes, Rows: len(sample), Records: map[string]int{}}
	for k := range l.model.Columns {
		if l.model.Columns[k].Kind == Words {
			c.From = append(c.From, k)
		}
	}
	if c.From == nil {
		return
	}
	for i := range sample {
		var all []string
		for _, k := range c.From {
			all = codesOf(sample[i].Cells[k], all)
		}
		slices.Sort(all)
		for _, code := range slices.Compact(all) {
			c.Records[code]++
		}
	}
	var coded, shared, rows [2]int
	for i := range sample {
		rows[sample[i].Side]++
		v := c.codes(sample[i].Cells)
		if v.absent() {
			continue
		}
		coded[sample[i].Side]++
		if slices.ContainsFunc(v.words, func(code string) bool { return c.Records[code] > 1 }) {
			shared[sample[i].Side]++
		}
	}
	for side, n := range rows {
		if n > 0 && (float64(coded[side]) < codedShare*float64(n) || float64(shared[side]) < sharedCodes*float64(coded[side])) {
			return
		}
	}
	for code, n := range c.Records {
		if n < 2 {
			delete(c.Records, code) // what is not there counts once
		}
	}
	l.model.Columns = append(l.model.Columns, c)
}

// compareCodes holds codes against each other: one that both have, one that begins as
// another does, as those of variants do, or none.
func compareCodes(a, b *value) int8 {
	for i, j := 0, 0; i < len(a.words) && j < len(b.words); {
		switch strings.Compare(a.words[i], b.words[j]) {
		case 0:
			return same
		case -1:
			i++
		default:
			j++
		}
	}
	for _, x := range a.words {
		for _, y := range b.words {
			if strings.HasPrefix(x, y) || strings.HasPrefix(y, x) {
				return nearly
			}
		}
	}
	return different
}

// shared is the chance to meet the rarest of the codes that two records have.
func (c *Column) shared(a, b *value) float64 {
	least := math.Inf(1)
	for _, code := range a.words {
		if _, ok := slices.BinarySearch(b.words, code); ok {
			least = min(least, c.Terms[code])
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// amountOf reads an amount of money or another quantity.
func amountOf(cell string) (float64, bool) {
	cell = strings.TrimSpace(cell)
	x, ok := number.Parse(cell)
	if !ok {
		x, ok = number.Loose(cell)
	}
	return x, ok
}

// Ratios of amounts.
const (
	closeAmounts = 1.1
	alikeAmounts = 1.4
)

// compareAmounts holds two amounts against each other by their ratio.
func compareAmounts(a, b float64) int8 {
	lo, hi := min(a, b), max(a, b)
	switch {
	case lo == hi:
		return same
	case lo <= 0:
		return different
	case hi <= closeAmounts*lo:
		return nearly
	case hi <= alikeAmounts*lo:
		return alike
	}
	return different
}
