package match

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// Bounds of codes.
const (
	leastCode   = 4    // characters of a code of letters and digits
	leastDigits = 5    // and of one of digits alone
	mostCode    = 24   // and at most
	mostSpaced  = 3    // words that make one code
	rareCode    = 8    // records that have a code which names a model
	rareShare   = 2e-3 // or as a share of all
	codedShare  = 0.3  // records that have a code, for them to be compared
	sharedCodes = 0.1  // of them, whose code another one has
)

// codesOf are the codes that stand in a cell, such as the numbers of models: words of
// letters and digits, with the marks inside of them left out, so that PS-LX350H is
// PSLX350H.
func codesOf(cell string, dst []string) []string {
	eachCode(cell, func(code, _ string) { dst = append(dst, code) })
	return dst
}

// eachCode calls f with each code of a cell, and with what stands there.
func eachCode(cell string, f func(code, word string)) {
	for _, word := range strings.FieldsFunc(cell, func(r rune) bool { return !codeRune(r) && r != '-' && r != '_' }) {
		joined := strings.ToLower(strings.Map(onlyCode, word))
		switch {
		case joined != strings.ToLower(word) && measure(strings.ToLower(word)): // 15-inch
		case isCode(joined):
			f(joined, word)
		default:
			for _, part := range strings.FieldsFunc(word, func(r rune) bool { return !codeRune(r) }) {
				if low := strings.ToLower(part); isCode(low) {
					f(low, part)
				}
			}
		}
	}
}

func onlyCode(r rune) rune {
	if codeRune(r) {
		return r
	}
	return -1
}

// spacedCodes are what would be codes if words that follow each other were one: NLMS
// 106, PL 4022 US. They are some where another record has them as one.
func spacedCodes(cell string, dst []string) []string {
	words := strings.FieldsFunc(strings.ToLower(cell), func(r rune) bool { return !codeRune(r) })
	for i := range words {
		joined := words[i]
		for _, next := range words[i+1 : min(i+mostSpaced, len(words))] {
			if joined += next; len(next) > mostCode/2 || !isCode(joined) {
				continue
			}
			dst = append(dst, joined)
		}
	}
	return dst
}

// withoutCodes is a cell without what is compared as codes.
func withoutCodes(cell string) string {
	eachCode(cell, func(_, word string) { cell = strings.Replace(cell, word, " ", 1) })
	return cell
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
	return digits > 0 && digits < len(word) && !measure(word) || digits == len(word) && digits >= leastDigits
}

// measure reports whether a word is a number with a unit, such as 900w or 15-inch.
func measure(word string) bool {
	rest := strings.TrimLeft(word, "0123456789")
	if rest == word {
		return false
	}
	rest = strings.TrimLeft(rest, "-_")
	return unitWords[rest] || len(rest) > 4 && !strings.ContainsFunc(rest, unicode.IsDigit)
}

// unitWords are units that are written behind numbers without a space.
var unitWords = func() map[string]bool {
	out := map[string]bool{}
	for _, u := range strings.Fields("w kw v kv a ma ah mah wh b kb mb gb tb mp m mm cm km ft in inch oz lb lbs kg g mg ml l cl hz khz mhz ghz kbps mbps rpm p i k x ch " +
		"pc pcs pk ct btu cu qt gal hp db dpi ppm psi nm watt amp volt foot feet yard bit user pack way port disc year day hour min") {
		out[u] = true
	}
	return out
}()

// codes are the rare codes of the cells of a record. What many records have, such as
// 1080p or 80gb, is a property and not a name.
func (c *Column) codes(cells []string) (v value) {
	all := c.gather(cells, func(code string) bool { return c.Records[code] > 1 })
	most := max(rareCode, int(rareShare*float64(c.Rows)))
	all = slices.DeleteFunc(all, func(code string) bool { return c.Records[code] > most })
	if len(all) > 0 {
		v.set = c.weighed(all)
	}
	return v
}

// gather returns the codes of a record, sorted, each once. Words that follow each other
// are one where it is known.
func (c *Column) gather(cells []string, known func(code string) bool) (all []string) {
	for _, k := range c.From {
		all = codesOf(cells[k], all)
		for _, code := range spacedCodes(cells[k], nil) {
			if known(code) {
				all = append(all, code)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
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
	single := map[string]bool{}
	for i := range sample {
		for _, k := range c.From {
			for _, code := range codesOf(sample[i].Cells[k], nil) {
				single[code] = true
			}
		}
	}
	for i := range sample {
		for _, code := range c.gather(sample[i].Cells, func(code string) bool { return single[code] }) {
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
	for _, k := range c.From {
		l.model.Columns[k].Coded = true
	}
}

// compareCodes holds codes against each other: one that both have, one that begins as
// another does, as those of variants do, one that both have where each has another as
// well, as parts have that fit one thing, or none.
func compareCodes(a, b *value) int8 {
	common := 0
	for i, j := 0, 0; i < len(a.words) && j < len(b.words); {
		switch strings.Compare(a.words[i], b.words[j]) {
		case 0:
			common++
			i++
			j++
		case -1:
			i++
		default:
			j++
		}
	}
	if common > 0 && common < len(a.words) && common < len(b.words) {
		return alike
	}
	if common > 0 {
		return same
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
