// Package inject puts errors of known kinds into clean tables, to measure how many
// of them are found and mended.
package inject

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/dates"
)

// Kind is a kind of error.
type Kind struct {
	Name string
	// spoil returns the row with an error in column k, or reports that this kind of
	// error can't be there. Other cells of the row may change too.
	spoil func(g *generator, row []string, k int) bool
	Moves bool // values to other cells
}

// Kinds lists all kinds of errors but duplicates of rows, which Repeat makes.
var Kinds = []Kind{
	{Name: "typo", spoil: typo}, {Name: "case", spoil: upperOrLower}, {Name: "white space", spoil: spaces}, {Name: "format", spoil: reformat},
	{Name: "wrong value", spoil: otherValue}, {Name: "missing", spoil: empty},
	{Name: "swapped cells", spoil: exchange, Moves: true}, {Name: "two in one cell", spoil: shift, Moves: true},
}

// Spoil returns the rows with errors of a kind in a share of the cells that can
// have it. The same seed makes the same errors.
func Spoil(rows [][]string, kind Kind, rate float64, seed uint64) [][]string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), rows: rows}
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = slices.Clone(r)
		for k := range r {
			if g.Float64() < rate && out[i][k] == r[k] {
				kind.spoil(g, out[i], k)
			}
		}
	}
	return out
}

// Repeat appends copies of a share of the rows, with a typo in one cell each,
// and returns which row each is a copy of.
func Repeat(rows [][]string, rate float64, seed uint64) (out [][]string, of []int) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), rows: rows}
	out = slices.Clone(rows)
	for i, r := range rows {
		if g.Float64() >= rate {
			continue
		}
		twin := slices.Clone(r)
		for range 10 {
			if typo(g, twin, g.IntN(len(twin))) {
				break
			}
		}
		out, of = append(out, twin), append(of, i)
	}
	return out, of
}

type generator struct {
	*rand.Rand
	rows  [][]string
	blots float64 // share of slips that make characters unreadable
}

// keyboard is the letters that are beside each other on an English keyboard.
var keyboard = func() map[rune]string {
	near := map[rune]string{}
	for _, line := range []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"} {
		for i, r := range line {
			if i > 0 {
				near[r] += line[i-1 : i]
			}
			if i+1 < len(line) {
				near[r] += line[i+1 : i+2]
			}
		}
	}
	for _, pair := range []string{"qa", "ws", "ed", "rf", "tg", "yh", "uj", "ik", "ol", "az", "sx", "dc", "fv", "gb", "hn", "jm"} {
		near[rune(pair[0])] += pair[1:]
		near[rune(pair[1])] += pair[:1]
	}
	return near
}()

// typo slips once in a cell with letters: a key beside the right one, a letter
// left out, one doubled, or two exchanged.
func typo(g *generator, row []string, k int) bool {
	r := []rune(row[k])
	if !strings.ContainsFunc(row[k], unicode.IsLetter) || len(r) < 3 {
		return false
	}
	for range 20 {
		i := g.IntN(len(r))
		var out []rune
		switch g.IntN(4) {
		case 0:
			near := keyboard[unicode.ToLower(r[i])]
			if near == "" {
				continue
			}
			key := rune(near[g.IntN(len(near))])
			if unicode.IsUpper(r[i]) {
				key = unicode.ToUpper(key)
			}
			out = slices.Concat(r[:i], []rune{key}, r[i+1:])
		case 1:
			out = slices.Concat(r[:i], r[i+1:])
		case 2:
			out = slices.Concat(r[:i+1], r[i:])
		default:
			if i+1 == len(r) {
				continue
			}
			out = slices.Concat(r[:i], []rune{r[i+1], r[i]}, r[i+2:])
		}
		if s := string(out); s != row[k] && strings.Join(strings.Fields(s), " ") == s {
			row[k] = s
			return true
		}
	}
	return false
}

func upperOrLower(g *generator, row []string, k int) bool {
	to := strings.ToUpper(row[k])
	if g.IntN(2) == 0 || to == row[k] {
		to = strings.ToLower(row[k])
	}
	return replace(row, k, to)
}

func spaces(g *generator, row []string, k int) bool {
	s := row[k]
	if s == "" {
		return false
	}
	switch g.IntN(3) {
	case 0:
		s = " " + s
	case 1:
		s += "  "
	default:
		s = strings.Replace(s, " ", "  ", 1)
	}
	return replace(row, k, s)
}

// reformat writes numbers from a thousand on with a separator, others with a
// fraction of zeros, and dates as day, month, year.
func reformat(g *generator, row []string, k int) bool {
	if readings, n := dates.Readings(row[k]); n > 0 {
		return replace(row, k, readings[0].Time.Format([]string{"2 Jan 2006", "2006/01/02", "January 2, 2006"}[g.IntN(3)]))
	}
	x, err := strconv.Atoi(row[k])
	if err != nil || strconv.Itoa(x) != row[k] {
		return false
	}
	if x >= 1000 && g.IntN(2) == 0 {
		return replace(row, k, strconv.Itoa(x/1000)+","+strconv.Itoa(1000 + x%1000)[1:])
	}
	return replace(row, k, row[k]+".0")
}

// otherValue takes the value of another row.
func otherValue(g *generator, row []string, k int) bool {
	to := g.rows[g.IntN(len(g.rows))][k]
	return to != "" && row[k] != "" && replace(row, k, to)
}

func empty(g *generator, row []string, k int) bool {
	return replace(row, k, []string{"", "N/A", "-"}[g.IntN(3)])
}

// exchange swaps a cell with that of another column.
func exchange(g *generator, row []string, k int) bool {
	other := g.IntN(len(row))
	if other == k || row[k] == row[other] || row[k] == "" || row[other] == "" {
		return false
	}
	row[k], row[other] = row[other], row[k]
	return true
}

// shift appends a cell to the one before it, and leaves it empty.
func shift(_ *generator, row []string, k int) bool {
	if k == 0 || row[k] == "" || row[k-1] == "" {
		return false
	}
	row[k-1], row[k] = row[k-1]+" "+row[k], ""
	return true
}

func replace(row []string, k int, to string) bool {
	if to == row[k] {
		return false
	}
	row[k] = to
	return true
}
