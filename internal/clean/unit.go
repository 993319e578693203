package clean

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// units takes units and currency signs off numbers, in columns where only some
// cells carry them or where they are spelled in several ways; the unit belongs
// into the schema. Where nearly all cells agree on a spelling it stays, and the
// others get it.
var units = cellRule("unit", learnUnits, func(s unit) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		a, ok := readAmount(cell)
		bare := a.before == "" && a.after == ""
		if !ok || bare {
			return "", 0, false
		}
		if !bare && !slices.Contains(s.Spellings, a.affix()) && unitID(a.affix()) != unitID(s.Spellings[0]) {
			return "", 0, false
		}
		plain, ok := s.Separators.plain(a.digits)
		if !ok {
			return "", 0, false
		}
		if shift := s.Shift[a.affix()]; shift != 0 {
			if plain, ok = shifted10(plain, shift); !ok {
				return "", 0, false
			}
			plain = padded(plain, s.Decimals)
		}
		if !s.Exact {
			plain = shortest(plain)
		}
		if s.Lead != "" {
			before, after, _ := strings.Cut(s.Lead, "#")
			plain = before + plain + after
		}
		return plain, precisionOf("unit"), plain != cell
	}, nil
})

// unit is how a column spells its unit: what stands around the number, the
// number a #.
type unit struct {
	Spellings  []string       `json:"spellings"`          // the most frequent first
	Lead       string         `json:"lead,omitempty"`     // the spelling to use; the bare number where it is empty
	Usual      bool           `json:"usual,omitempty"`    // many cells have it: it is a unit, not a remark
	Shift      map[string]int `json:"shift,omitempty"`    // of spellings of another unit: the power of ten to the leading one
	Decimals   int            `json:"decimals,omitempty"` // behind the point, where all have so many
	Exact      bool           `json:"exact,omitempty"`    // fractions keep the zeros at their ends
	Separators separators     `json:"separators"`
}

// Bounds of learnUnits.
const (
	amountShare   = 0.97 // cells that must be numbers, with or without a unit
	leadingUnit   = 0.8  // share of a spelling that the others are changed to
	unitFactor    = 4.0  // medians that are further apart are of different units
	fewestOfAUnit = 3
	noisyDigits   = 15   // of a number with the noise of a sum in binary: 0.044999999999999998
	noise         = 7    // characters that are less without it
	sameDecimals  = 0.9  // cells with the same number of decimals
	keptZeros     = 0.03 // cells whose fraction ends with a zero
)

// describe puts the unit into the schema, where the column usually has one.
func (u unit) describe(c *table.Column) {
	if u.Usual && len(u.Spellings) > 0 {
		c.Unit = strings.TrimSpace(strings.Replace(u.Spellings[0], "#", " ", 1))
	}
}

func (a amount) affix() string { return a.before + "#" + a.after }

func learnUnits(c *Column) *unit {
	spellings := map[string]*spelling{}
	var digits []Value
	n, all := 0, 0
	for v := range c.Present() {
		all += v.Count
		a, ok := readAmount(v.Text)
		if !ok || !a.isUnit() {
			continue
		}
		n += v.Count
		digits = append(digits, Value{Text: a.digits, Count: v.Count})
		if x, ok := number.Loose(strings.TrimLeft(a.digits, "+")); ok || isPlain(a.digits) {
			if !ok {
				x, _ = number.Parse(a.digits)
			}
			if spellings[a.affix()] == nil {
				spellings[a.affix()] = &spelling{}
			}
			s := spellings[a.affix()]
			s.cells += v.Count
			s.numbers = append(s.numbers, weighted{x, v.Count})
		}
	}
	if all == 0 || float64(n) < amountShare*float64(all) || len(spellings) < 2 || c.codes() {
		return nil
	}
	separators, ok := c.readSeparators(digits)
	if !ok {
		return nil
	}
	order := byCount(spellings)
	least := max(fewestOfAUnit, all/100)
	named := slices.DeleteFunc(slices.Clone(order), func(s string) bool { return s == "#" })
	plain, lead := spellings["#"], spellings[named[0]]
	leads := float64(lead.cells) >= leadingUnit*float64(all)
	if lead.cells < fewestOfAUnit {
		return nil
	}
	u := &unit{Spellings: named[:1], Separators: separators, Usual: true}
	for _, s := range named[1:] {
		if unitID(s) == unitID(named[0]) && !(spellings[s].cells >= least && apart(lead, spellings[s])) {
			u.Spellings = append(u.Spellings, s)
		} else if shift, ok := metric(s, named[0]); ok && plain == nil && !apart(lead, spellings[s].times(math.Pow10(shift))) {
			if u.Shift == nil {
				u.Shift = map[string]int{}
			}
			u.Shift[s] = shift
			u.Spellings = append(u.Spellings, s)
		} else {
			return nil // another unit: 5 kg is not 5 g, and $5 not €5
		}
	}
	switch {
	case leads && plain == nil:
		if len(u.Spellings) == 1 {
			return nil
		}
	case leads, plain != nil && !c.sameUnit(unitID(named[0]), lead, plain):
		return nil // what the bare numbers are is not said
	case plain == nil && len(u.Spellings) == 1:
		return nil
	}
	if leads {
		u.Lead = spaced(c, named[0])
		u.Exact, u.Decimals = c.zerosKept(named[0]), c.decimals(named[0])
	} else if plain != nil {
		u.Exact = c.zerosKept("#") || c.asWritten()
	}
	return u
}

// Bounds of sameUnit.
const (
	manyUnits  = 0.2 // cells with a unit from which on the others mean the same,
	sameFactor = 1.5 // where their medians are not further apart
)

// sameUnit reports whether bare numbers of a column are measured in a unit that the
// others carry: the name of the column says so, or many cells carry it and the
// numbers are alike. An amount with the only currency sign of the column is one.
func (c *Column) sameUnit(id string, lead, plain *spelling) bool {
	switch unitIn(c.Name) {
	case "":
	case id:
		return !apart(lead, plain)
	default:
		return false // in another unit than the name says
	}
	if currency(id) {
		return !apart(lead, plain)
	}
	x, y := lead.median(), plain.median()
	return float64(lead.cells) >= manyUnits*float64(lead.cells+plain.cells) && x > 0 && y > 0 && max(x, y) <= sameFactor*min(x, y)
}

// unitIn is the unit that the name of a column has as its last words: weight_kg,
// Price (USD).
func unitIn(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Sc, r) && r != '%' })
	if len(words) == 0 {
		return ""
	}
	if i := unitOf[words[len(words)-1]]; i > 0 && (len(words) > 1 || len(words[0]) > 2) {
		return unitNames[i-1][0]
	}
	return ""
}

// zerosKept reports whether fractions in the cells with a spelling have zeros at
// their ends, such as 4.50.
func (c *Column) zerosKept(affix string) bool {
	n, all := 0, 0
	for _, v := range c.Values {
		a, ok := readAmount(v.Text)
		if !ok || a.affix() != affix {
			continue
		}
		all += v.Count
		if strings.Contains(a.digits, ".") && strings.HasSuffix(a.digits, "0") && !strings.HasSuffix(a.digits, ".0") {
			n += v.Count
		}
	}
	return float64(n) >= keptZeros*float64(all) && n > 0
}

// asWritten reports whether bare numbers of the column have fractions of zeros, or more digits
// than are meant, so that others may have them too.
func (c *Column) asWritten() bool {
	n, all := 0, 0
	for v := range c.Present() {
		if !isPlain(v.Text) {
			continue
		}
		all += v.Count
		if shortest(v.Text) != v.Text {
			n += v.Count
		}
	}
	return float64(n) >= keptZeros*float64(all) && n > 0
}

// decimals is how many digits nearly all cells with a spelling have behind the
// point; 0 where they differ.
func (c *Column) decimals(affix string) int {
	counts := map[int]int{}
	all := 0
	for _, v := range c.Values {
		if a, ok := readAmount(v.Text); ok && a.affix() == affix {
			_, fraction, _ := strings.Cut(a.digits, ".")
			counts[len(fraction)] += v.Count
			all += v.Count
		}
	}
	for n, k := range counts {
		if float64(k) >= sameDecimals*float64(all) {
			return n
		}
	}
	return 0
}

// padded is a number with at least so many digits behind the point.
func padded(plain string, decimals int) string {
	whole, fraction, _ := strings.Cut(plain, ".")
	if len(fraction) >= decimals {
		return plain
	}
	return whole + "." + fraction + strings.Repeat("0", decimals-len(fraction))
}

// spelling is the cells with one spelling of a unit.
type spelling struct {
	cells   int
	numbers []weighted
}

type weighted struct {
	x     float64
	count int
}

func byCount(spellings map[string]*spelling) []string {
	return slices.SortedFunc(maps.Keys(spellings), func(a, b string) int {
		return cmp.Or(cmp.Compare(spellings[b].cells, spellings[a].cells), strings.Compare(a, b))
	})
}

// shortest writes a number without zeros at the end of its fraction, and without
// the noise that binary arithmetic leaves in the last of many digits.
func shortest(plain string) string {
	if !strings.Contains(plain, ".") {
		return plain
	}
	if x, ok := number.Parse(plain); ok && len(plain) > noisyDigits {
		if rounded := strconv.FormatFloat(x, 'g', 12, 64); len(rounded)+noise <= len(plain) && !strings.Contains(rounded, "e") {
			plain = rounded
		}
	}
	return strings.TrimSuffix(strings.TrimRight(plain, "0"), ".")
}

// spaced is a spelling with the spaces that the column's most frequent such cell
// has around the number.
func spaced(c *Column, affix string) string {
	for _, v := range c.Values {
		a, ok := readAmount(v.Text)
		if ok && a.affix() == affix {
			return strings.Replace(v.Text, a.digits, "#", 1)
		}
	}
	return affix
}

// apart reports whether two lots of numbers are measured in different units, by
// their medians.
func apart(a, b *spelling) bool {
	x, y := a.median(), b.median()
	if x < 0 && y < 0 {
		x, y = -x, -y
	}
	return x > unitFactor*y || y > unitFactor*x
}

func (s *spelling) median() float64 {
	slices.SortFunc(s.numbers, func(a, b weighted) int { return cmp.Compare(a.x, b.x) })
	at := s.cells / 2
	for _, n := range s.numbers {
		if at -= n.count; at < 0 {
			return n.x
		}
	}
	return 0
}

func (s *spelling) times(factor float64) *spelling {
	out := &spelling{cells: s.cells}
	for _, n := range s.numbers {
		out.numbers = append(out.numbers, weighted{n.x * factor, n.count})
	}
	return out
}

// metricUnits are units of one measure that differ by a power of ten.
var metricUnits = []map[string]int{
	{"mg": -3, "g": 0, "kg": 3, "t": 6}, {"mm": -3, "cm": -2, "m": 0, "km": 3}, {"ml": -3, "cl": -2, "dl": -1, "l": 0},
}

// metric is the power of ten by which a number in one unit is one in another.
func metric(from, to string) (int, bool) {
	a, b := canonical(from), canonical(to)
	for _, units := range metricUnits {
		x, ok := units[a]
		y, too := units[b]
		if ok && too && x != y {
			return x - y, true
		}
	}
	return 0, false
}

// canonical is the first name of a unit.
func canonical(affix string) string {
	name := unitName(affix)
	if i := unitOf[name]; i > 0 {
		return unitNames[i-1][0]
	}
	return name
}

// shifted10 moves the point of a number; digits are neither lost nor made up.
func shifted10(plain string, by int) (string, bool) {
	sign := ""
	if rest, ok := strings.CutPrefix(plain, "-"); ok {
		sign, plain = "-", rest
	}
	whole, fraction, _ := strings.Cut(plain, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false
	}
	at := len(whole) + by
	digits := whole + fraction
	if at < 1 {
		digits, at = strings.Repeat("0", 1-at)+digits, 1
	}
	if at > len(digits) {
		digits += strings.Repeat("0", at-len(digits))
	}
	whole, fraction = strings.TrimLeft(digits[:at], "0"), strings.TrimRight(digits[at:], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return sign + whole, true
	}
	return sign + whole + "." + fraction, true
}

// isUnit reports whether what stands around a number is a unit that is known, a
// currency sign, or nothing; a remark may stand behind a unit that is spelled out.
// Any other word may turn what the number says: 701 BC, 499.50 CR, 23.12 S, 91 bis,
// about 1850.
func (a amount) isUnit() bool {
	return a.before+a.after == "" || unitID(a.affix()) != ""
}

// unitID names the unit of an affix; it is empty for one that is not known. A letter
// alone is a unit in lower case only.
func unitID(affix string) string {
	before, after, _ := strings.Cut(affix, "#")
	if before != "" && !currency(before) && unitOf[strings.ToLower(before)] == 0 || before != "" && after != "" {
		return ""
	}
	if currency(before + after) {
		if i := unitOf[before+after]; i > 0 {
			return unitNames[i-1][0]
		}
		return before + after
	}
	if len(before+after) == 1 && before+after != "%" && strings.ToLower(before+after) != before+after {
		return ""
	}
	name := unitName(affix)
	if i := unitOf[name]; i > 0 {
		return unitNames[i-1][0]
	}
	if first, _, remark := strings.Cut(name, " "); remark && len(first) > 1 {
		if i := unitOf[first]; i > 0 {
			return unitNames[i-1][0]
		}
	}
	return ""
}

// unitNames are spellings of one unit.
var unitNames = [][]string{
	{"oz", "ounce", "ounces"}, {"lb", "lbs", "pound", "pounds"}, {"kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"},
	{"g", "gr", "gram", "grams", "gramm"}, {"h", "hr", "hrs", "hour", "hours"}, {"min", "mins", "minute", "minutes"},
	{"s", "sec", "secs", "second", "seconds"}, {"m", "meter", "meters", "metre", "metres"}, {"mi", "mile", "miles"},
	{"km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"}, {"cm", "centimeter", "centimeters", "centimetre"},
	{"in", "inch", "inches"}, {"ft", "foot", "feet"}, {"l", "lt", "ltr", "liter", "liters", "litre", "litres"},
	{"ml", "milliliter", "milliliters", "millilitre"}, {"gal", "gallon", "gallons"}, {"%", "percent", "pct", "per cent"},
	{"$", "usd", "dollar", "dollars", "us$"}, {"€", "eur", "euro", "euros"}, {"£", "gbp", "pounds sterling"},
	{"y", "yr", "yrs", "year", "years"}, {"d", "day", "days"}, {"mo", "month", "months"}, {"sqft", "sq ft", "square feet", "ft²"},
	{"sqm", "sq m", "m²", "m2", "square meters", "square metres"}, {"mph", "miles per hour"}, {"km/h", "kmh", "kph"},
}

var unitOf = func() map[string]int {
	of := map[string]int{}
	for i, names := range unitNames {
		for _, n := range names {
			of[n] = i + 1
		}
	}
	return of
}()

func unitName(affix string) string {
	before, after, _ := strings.Cut(affix, "#")
	if before == "" || after == "" {
		before += after
	} else {
		before += " " + after
	}
	return strings.ToLower(strings.TrimSpace(strings.ReplaceAll(before, ".", "")))
}
