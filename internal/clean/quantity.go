package clean

import (
	"slices"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/stats"
	"github.com/beamline-go/beamline/table"
)

// Bounds of quantities that are written as texts.
const (
	sameUnit        = 0.95 // cells with the one unit
	fewestNumbers   = 3    // different ones beside a unit,
	manyNumbers     = 20   // and beside other texts, that are
	mostOtherShare  = 0.5  // of the cells,
	mostOtherTexts  = 5    // few different ones, or
	otherTextsShare = 0.02 // of the cells
	longestUnit     = 16   // bytes
	codeDigits      = 4    // in codes,
	sameWidth       = 0.9  // most of which have as many
)

// quantity is the numbers of a column of texts that is one of numbers: all have one
// unit, as in 52.1 kg, or some cells say why there is none, as #DIV/0! or "not measured"
// do, with few texts between them.
func (c *Column) quantity() (unit string, numbers stats.Moments, ok bool) {
	type lot struct {
		cells, distinct int
		widths          [20]int // cells of so many digits and nothing else
		moments         stats.Moments
	}
	lots := map[string]*lot{}
	cells, others, told := 0, 0, false // told: others have digits that say something
	for v := range c.Present() {
		cells += v.Count
		x, u, ok := measuredIn(v.Text)
		if !ok {
			others++
			told = told || says(v.Text)
			continue
		}
		if lots[u] == nil {
			lots[u] = &lot{}
		}
		l := lots[u]
		l.cells += v.Count
		l.distinct++
		if strings.Trim(v.Text, "0123456789") == "" && len(v.Text) >= codeDigits && len(v.Text) < len(l.widths) {
			l.widths[len(v.Text)] += v.Count
		}
		l.moments = l.moments.Add(x)
	}
	best := &lot{}
	for u, l := range lots {
		if l.cells > best.cells || l.cells == best.cells && u < unit {
			unit, best = u, l
		}
	}
	switch {
	case cells == 0 || c.codes():
		return "", numbers, false
	case unit != "" && float64(best.cells) >= sameUnit*float64(cells) && best.distinct >= fewestNumbers:
	case float64(best.cells) >= (1-mostOtherShare)*float64(cells) && best.distinct >= manyNumbers && len(lots) == 1 && others > 0 && !told && float64(slices.Max(best.widths[:])) < sameWidth*float64(best.cells) &&
		float64(others) <= max(mostOtherTexts, otherTextsShare*float64(cells)):
	default:
		return "", numbers, false
	}
	return unit, best.moments, true
}

// says reports whether a text that is no number has one in it, as "less than 5" has;
// errors of spreadsheets, and bounds such as <0.1, are known to say that there is none.
func says(text string) bool {
	if strings.HasPrefix(text, "#") {
		return false
	}
	if rest := strings.TrimLeft(text, "<>≤≥=~ "); rest != text {
		if _, ok := number.Parse(rest); ok {
			return false
		}
	}
	return strings.ContainsFunc(text, unicode.IsDigit)
}

// measuredIn reads a number and the unit behind it, or the currency before it.
func measuredIn(text string) (x float64, unit string, ok bool) {
	if x, ok := number.Parse(text); ok {
		return x, "", true
	}
	if x, ok := number.Loose(text); ok {
		if a, ok := readAmount(text); ok && currency(a.before+a.after) {
			return x, a.before + a.after, true
		}
		return x, "", true
	}
	raised := ""
	if n := len(text); n > 1 && (text[n-1] == '2' || text[n-1] == '3') && text[n-2] == 'm' {
		text, raised = text[:n-1], text[n-1:] // m2
	}
	a, ok := readAmount(text)
	if !ok || a.before != "" && (a.after != "" || raised != "" || !currency(a.before) && !currencyCodes[a.before]) || number.Padded(a.digits) {
		return 0, "", false
	}
	unit = a.before + a.after + raised
	if unit == "" || len(unit) > longestUnit || !strings.ContainsFunc(unit, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsSymbol(r) || strings.ContainsRune("%\"'", r)
	}) {
		return 0, "", false
	}
	if x, ok = number.Parse(a.digits); !ok {
		x, ok = number.Loose(a.digits)
	}
	return x, unit, ok
}

// currencyCodes are how people write the currency in front of an amount.
var currencyCodes = setOf(strings.Fields("USD EUR GBP JPY CNY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF RON TRY RUB UAH INR BRL MXN ZAR KRW SGD HKD THB IDR MYR PHP ILS AED SAR EGP NGN KES ARS CLP COP PEN VND US$ CA$ C$ A$ AU$ NZ$ HK$ S$ R$ Rs Rs. kr Kr zł Ft"))

// quantities describes the columns of texts that are numbers as what they are.
func (t *Table) quantities(s *table.Schema) {
	places := s.Places()
	for _, c := range t.Columns {
		i, ok := places[c.Name]
		if !ok || c.Fixed || !s.Columns[i].Type.Textual() || !s.Columns[i].Role.Feature() && s.Columns[i].Role != table.RoleIgnore {
			continue
		}
		unit, numbers, ok := c.quantity()
		if !ok {
			continue
		}
		column := &s.Columns[i]
		column.Type, column.Role, column.Unit = table.Float64, table.RoleNumeric, unit
		column.Domain, column.Ordered, column.Range = nil, false, nil
		if t.Whole {
			column.Range = &table.Range{Min: numbers.Min, Max: numbers.Max}
		}
	}
}
