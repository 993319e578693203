package inject

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/names"
)

// Forms are ways in which cells that are right come to be written otherwise, each of them
// what a rule of cleaning undoes.
var Forms = []Kind{
	{Name: "grouped", spoil: grouped}, {Name: "with a unit", spoil: withUnit}, {Name: "date", spoil: otherDate},
	{Name: "truth", spoil: otherTruth}, {Name: "clock", spoil: otherClock}, {Name: "length of time", spoil: otherSpan},
	{Name: "punctuation of codes", spoil: otherTemplate}, {Name: "zeros lost", spoil: withoutZeros}, {Name: "mangled", spoil: mangled},
	{Name: "in marks", spoil: inMarks}, {Name: "another name", spoil: otherName}, {Name: "slip beside a number", spoil: slipBeside},
	{Name: "taken for a date", spoil: takenForDate}, {Name: "degrees", spoil: inDegrees}, {Name: "punctuation", spoil: otherPunctuation},
	{Name: "case", spoil: upperOrLower}, {Name: "a thousand times", spoil: thousandTimes},
	{Name: "exchanged", spoil: exchangeNext, Moves: true}, {Name: "two in one cell", spoil: shift, Moves: true},
}

// grouped writes a number with separators of thousands, or a whole one with a fraction of zeros.
func grouped(g *generator, row []string, k int) bool {
	whole, fraction, _ := strings.Cut(row[k], ".")
	if !digits(whole) || whole[0] == '0' || fraction != "" && !digits(fraction) {
		return false
	}
	if len(whole) < 4 || g.IntN(3) == 0 {
		return fraction == "" && replace(row, k, whole+".0")
	}
	out := row[k][len(whole):]
	for ; len(whole) > 3; whole = whole[:len(whole)-3] {
		out = "," + whole[len(whole)-3:] + out
	}
	return replace(row, k, whole+out)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// withUnit puts a unit to a number, the same one in a column.
func withUnit(_ *generator, row []string, k int) bool {
	if _, err := strconv.ParseFloat(row[k], 64); err != nil || !digits(row[k][len(row[k])-1:]) {
		return false
	}
	return replace(row, k, []string{row[k] + " kg", "$" + row[k], row[k] + " %", row[k] + " USD"}[k%4])
}

// otherDate writes a date in a layout that can be read in one way.
func otherDate(g *generator, row []string, k int) bool {
	readings, n := dates.Readings(row[k])
	if n != 1 || readings[0].Layout.HasTime() {
		return false
	}
	return replace(row, k, readings[0].Time.Format([]string{"2 Jan 2006", "2006/01/02", "January 2, 2006", "2006-01-02"}[g.IntN(4)]))
}

var truths = [][2]string{{"yes", "no"}, {"y", "n"}, {"true", "false"}, {"Yes", "No"}, {"Y", "N"}, {"TRUE", "FALSE"}, {"1", "0"}}

func otherTruth(g *generator, row []string, k int) bool {
	for _, p := range truths {
		if is := slices.Index(p[:], row[k]); is >= 0 {
			return replace(row, k, truths[g.IntN(len(truths))][is])
		}
	}
	return false
}

var (
	clockOf24 = regexp.MustCompile(`^([01]?[0-9]|2[0-3]):([0-5][0-9])$`)
	clockOf12 = regexp.MustCompile(`(?i)^(1[0-2]|0?[1-9]):([0-5][0-9]) ?([ap])\.?m\.?$`)
)

// otherClock writes a time of 24 hours with those of 12, and the other way round.
func otherClock(_ *generator, row []string, k int) bool {
	if m := clockOf24.FindStringSubmatch(row[k]); m != nil {
		hour, _ := strconv.Atoi(m[1])
		half := "AM"
		if hour >= 12 {
			half = "PM"
		}
		return replace(row, k, fmt.Sprintf("%d:%s %s", (hour+11)%12+1, m[2], half))
	}
	if m := clockOf12.FindStringSubmatch(row[k]); m != nil {
		hour, _ := strconv.Atoi(m[1])
		hour %= 12
		if strings.EqualFold(m[3], "p") {
			hour += 12
		}
		return replace(row, k, fmt.Sprintf("%02d:%s", hour, m[2]))
	}
	return false
}

var minutes = regexp.MustCompile(`^([0-9]{2,4}) ?min\.?$`)

func otherSpan(_ *generator, row []string, k int) bool {
	m := minutes.FindStringSubmatch(row[k])
	if m == nil {
		return false
	}
	n, _ := strconv.Atoi(m[1])
	return n >= 60 && replace(row, k, fmt.Sprintf("%d hr. %d min.", n/60, n%60))
}

var codeOfDigits = regexp.MustCompile(`^\(?[0-9]+[-). /][-0-9. /]*[0-9]$`)

// otherTemplate writes a code of digits with other punctuation, or none.
func otherTemplate(g *generator, row []string, k int) bool {
	bare := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, row[k])
	if len(bare) < 6 || !codeOfDigits.MatchString(row[k]) {
		return false
	}
	if _, n := dates.Readings(row[k]); n > 0 {
		return false
	}
	if _, err := strconv.ParseFloat(row[k], 64); err == nil {
		return false
	}
	if g.IntN(2) == 0 {
		return replace(row, k, bare)
	}
	return replace(row, k, strings.NewReplacer("(", "", ") ", ".", ")", ".", "-", ".", " ", ".").Replace(row[k]))
}

func withoutZeros(_ *generator, row []string, k int) bool {
	rest := strings.TrimLeft(row[k], "0")
	return digits(row[k]) && rest != "" && replace(row, k, rest)
}

// mangled writes & as an entity, and what is no ASCII as it is where UTF-8 was read as Latin-1.
func mangled(_ *generator, row []string, k int) bool {
	var b strings.Builder
	for _, r := range row[k] {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r >= 0xa1 && r < 0x2000:
			for _, x := range []byte(string(r)) {
				b.WriteRune(rune(x))
			}
		default:
			b.WriteRune(r)
		}
	}
	return replace(row, k, b.String())
}

func inMarks(_ *generator, row []string, k int) bool {
	if row[k] == "" {
		return false
	}
	mark := []string{"*", "~", "#", "|"}[k%4]
	return replace(row, k, mark+row[k]+mark)
}

// otherName gives a country, a state, a currency, a day or a month another of its names.
func otherName(g *generator, row []string, k int) bool {
	for _, d := range names.Dictionaries {
		ids := d.IDs()
		id, ok := ids[names.Key(row[k])]
		if !ok {
			continue
		}
		var others []string
		for key, of := range ids {
			if of == id && key != names.Key(row[k]) {
				others = append(others, key)
			}
		}
		if len(others) == 0 {
			return false
		}
		slices.Sort(others)
		return replace(row, k, strings.ToUpper(others[g.IntN(len(others))]))
	}
	return false
}

var beside = regexp.MustCompile(`^([0-9][0-9,.]* )([A-Za-z]{4,}[A-Za-z ]*)$`)

// slipBeside slips in the words behind a number.
func slipBeside(g *generator, row []string, k int) bool {
	m := beside.FindStringSubmatch(row[k])
	if m == nil {
		return false
	}
	words := []string{m[2]}
	return typo(g, words, 0) && replace(row, k, m[1]+words[0])
}

var shortRange = regexp.MustCompile(`^([0-9]{1,2})-([0-9]{1,2})$`)

// takenForDate does to ranges and dates what a spreadsheet does.
func takenForDate(_ *generator, row []string, k int) bool {
	if m := shortRange.FindStringSubmatch(row[k]); m != nil {
		month, _ := strconv.Atoi(m[1])
		day, _ := strconv.Atoi(m[2])
		if month < 1 || month > 12 || day < 1 || day > 28 {
			return false
		}
		return replace(row, k, fmt.Sprintf("%d-%s", day, []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}[month-1]))
	}
	readings, n := dates.Readings(row[k])
	if n != 1 || readings[0].Layout.HasTime() || readings[0].Time.Year() < 1950 {
		return false
	}
	return replace(row, k, strconv.Itoa(int(readings[0].Time.Unix()/86400)+25569))
}

// inDegrees writes a number that could be a latitude or a longitude with its direction.
func inDegrees(_ *generator, row []string, k int) bool {
	x, err := strconv.ParseFloat(row[k], 64)
	_, fraction, _ := strings.Cut(row[k], ".")
	if err != nil || len(fraction) < 4 || math.Abs(x) > 180 {
		return false
	}
	side := map[bool]string{true: "W", false: "E"}[x < 0]
	return replace(row, k, strings.TrimPrefix(row[k], "-")+"° "+side)
}

// otherPunctuation writes the words of a cell with other marks between them, or without.
func otherPunctuation(g *generator, row []string, k int) bool {
	if !strings.ContainsFunc(row[k], unicode.IsLetter) {
		return false
	}
	r := [][]string{{" ", "-"}, {".", ""}, {",", ""}, {"-", " "}, {"'", ""}}[g.IntN(5)]
	return replace(row, k, strings.ReplaceAll(row[k], r[0], r[1]))
}

func thousandTimes(_ *generator, row []string, k int) bool {
	x, err := strconv.ParseFloat(row[k], 64)
	if err != nil || x == 0 || strings.ContainsAny(row[k], "eE") {
		return false
	}
	whole, fraction, _ := strings.Cut(row[k], ".")
	if len(fraction) > 3 {
		return replace(row, k, whole+fraction[:3]+"."+fraction[3:])
	}
	out := whole + fraction + strings.Repeat("0", 3-len(fraction))
	if fraction != "" {
		out += ".0"
	}
	return replace(row, k, out)
}

// exchangeNext swaps a cell with that of the next column.
func exchangeNext(_ *generator, row []string, k int) bool {
	if k+1 == len(row) || row[k] == row[k+1] || row[k] == "" || row[k+1] == "" {
		return false
	}
	row[k], row[k+1] = row[k+1], row[k]
	return true
}
