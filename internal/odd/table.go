// Package odd generates tables and command lines such as people bring by mistake, and says
// what of an answer to them no command line may give: a crash, words of the program instead
// of the user's, an exit code that is not in the contract, JSON that is none.
package odd

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// names are headers that collide with names of our own, are empty, or mean something else
// to a shell, a path, a page or a query.
var names = []string{
	"a", "b", "x1", "Größe", "", " ", "a", "A", "prediction", "row", "_row", "lower", "upper", "model_id", "p_yes", "p_no",
	"prediction_key", "key", "source", "line", "id", "ID", "target", "y", "null", "NA", "1", "2021", "-1", "1.5e3", "true",
	"a,b", "a;b", "a\"b", "a\nb", "a\tb", "../up", "/etc/passwd", "<script>alert(1)</script>", "{{.Name}}", "100 %", "--force",
	"=1+1", "#", "#name", "a=b", "a:b", "[x]", "*", "?", "名前", "🏠", "e\u0301", "\u202eright", strings.Repeat("long ", 60),
	"date", "Date of birth", "latitude", "postcode", "price ($)", "weight [kg]", "rate %",
}

// columns generate the cell of a row in a column of one kind; x is what the row's target
// comes from.
var columns = map[string]func(r *rand.Rand, i int, x float64) string{
	"number":       func(_ *rand.Rand, _ int, x float64) string { return fmt.Sprintf("%.3f", x) },
	"whole":        func(r *rand.Rand, _ int, x float64) string { return fmt.Sprint(int(10*x) + r.IntN(3)) },
	"constant":     func(*rand.Rand, int, float64) string { return "7" },
	"empty":        func(*rand.Rand, int, float64) string { return "" },
	"nearly empty": func(r *rand.Rand, _ int, _ float64) string { return pick(r, append(make([]string, 60), "x")) },
	"key":          func(_ *rand.Rand, i int, _ float64) string { return fmt.Sprintf("K%06d", i) },
	"count":        func(_ *rand.Rand, i int, _ float64) string { return fmt.Sprint(i + 1) },
	"word": func(r *rand.Rand, _ int, x float64) string {
		return pick(r, []string{"red", "green", "blue"}[:1+int(math.Abs(x))%3])
	},
	"levels": func(r *rand.Rand, _ int, _ float64) string { return fmt.Sprintf("level %d", r.IntN(500)) },
	"flag":   func(_ *rand.Rand, _ int, x float64) string { return pickBy(x > 0, "True", "False") },
	"flags": func(r *rand.Rand, _ int, x float64) string {
		return pick(r, []string{"yes", "Yes", " no", "N", "1", "0"})
	},
	"percent":  func(_ *rand.Rand, _ int, x float64) string { return fmt.Sprintf("%.1f %%", 50+10*x) },
	"currency": func(_ *rand.Rand, _ int, x float64) string { return fmt.Sprintf("$%d,%03d.50", 1+int(math.Abs(x)), 17) },
	"comma": func(_ *rand.Rand, _ int, x float64) string {
		return strings.Replace(fmt.Sprintf("%.3f", x), ".", ",", 1)
	},
	"unit": func(r *rand.Rand, _ int, x float64) string {
		return fmt.Sprintf("%.1f %s", 60+5*x, pick(r, []string{"kg", "kg", "kg", "lbs"}))
	},
	"date": func(_ *rand.Rand, i int, _ float64) string {
		return time.Date(2020, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	},
	"dates": func(r *rand.Rand, i int, _ float64) string {
		return time.Date(1890+r.IntN(200), 1, 1+i, r.IntN(24), 0, 0, 0, time.UTC).Format(pick(r, []string{time.RFC3339, "02/01/2006", "01/02/06", "2 January 2006", "20060102"}))
	},
	"huge": func(r *rand.Rand, _ int, x float64) string {
		return pick(r, []string{"1e160", "-1e308", "inf", "-Infinity", "NaN", "1e-320", "99999999999999999999", fmt.Sprint(x), fmt.Sprint(x)})
	},
	"enormous": func(_ *rand.Rand, _ int, x float64) string { return fmt.Sprintf("%.3fe22", x) },
	"mixed": func(r *rand.Rand, i int, x float64) string {
		return pick(r, []string{fmt.Sprint(x), "n/a", "#DIV/0!", "<0.1", "12 kg", "unknown", "2020-01-01", "?", "-", fmt.Sprint(i)})
	},
	"text": func(r *rand.Rand, _ int, x float64) string {
		return strings.Repeat(pick(r, []string{"good ", "bad ", "it is, ", "\"so\" ", "line\n", "ü "}), r.IntN(40))
	},
	"long": func(r *rand.Rand, i int, _ float64) string {
		return pick(r, []string{"short", strings.Repeat("x", 3000+i%1000)})
	},
	"marks": func(r *rand.Rand, _ int, _ float64) string {
		return pick(r, []string{"\x00", "\x1b[31mred", "a\u200bb", "\ufeff", "\u202e", "<b>", "{{.}}", "=cmd()", "'; drop", "\\N", "\xff\xfe", "😀"})
	},
	"json": func(r *rand.Rand, i int, _ float64) string {
		return pick(r, []string{`{"a": 1}`, `[1, 2]`, `{"a": `, "null"})
	},
	"codes": func(r *rand.Rand, _ int, _ float64) string { return fmt.Sprintf("%05d", r.IntN(900)) },
	"zero":  func(r *rand.Rand, _ int, _ float64) string { return pick(r, []string{"-0", "0", "+0", "0.0", "-0.0"}) },
	"time":  func(r *rand.Rand, _ int, _ float64) string { return fmt.Sprintf("%d:%02d", r.IntN(24), r.IntN(60)) },
	"place": func(r *rand.Rand, _ int, _ float64) string {
		return pick(r, []string{"Paris", "paris", "Pariss", "Roma", "NA"})
	},
	"group": func(_ *rand.Rand, i int, _ float64) string { return fmt.Sprintf("P%04d", i/7) },
}

// targets generate what is to be predicted.
var targets = map[string]func(r *rand.Rand, i int, x float64) string{
	"two":   func(r *rand.Rand, _ int, x float64) string { return pickBy(x+r.NormFloat64() > 0, "yes", "no") },
	"rare":  func(_ *rand.Rand, i int, _ float64) string { return pickBy(i%40 == 3, "1", "0") },
	"once":  func(_ *rand.Rand, i int, _ float64) string { return pickBy(i == 5, "one", "other") },
	"three": func(r *rand.Rand, _ int, _ float64) string { return pick(r, []string{"a", "b/c", "prediction"}) },
	"spelled": func(r *rand.Rand, _ int, _ float64) string {
		return pick(r, []string{"Yes", "yes", "YES ", "No", "no"})
	},
	"quantity": func(r *rand.Rand, _ int, x float64) string { return fmt.Sprintf("%.2f", 3*x+r.NormFloat64()) },
	"holes": func(r *rand.Rand, _ int, x float64) string {
		return pick(r, []string{"", "NA", "?", fmt.Sprintf("%.2f", x)})
	},
	"integers": func(_ *rand.Rand, _ int, x float64) string { return fmt.Sprint(int(3 * x)) },
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func pickBy(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// shape is the columns of a table; tables of one shape can be held against each other.
type shape struct {
	header []string
	kinds  []string // of the columns
	target int      // the column that is to be predicted
	comma  rune
}

// draw chooses the columns of a table.
func draw(r *rand.Rand, kinds, goals []string) shape {
	s := shape{comma: pick(r, []rune{',', ',', ',', ';', '\t', '|'})}
	n := 1 + r.IntN(9)
	if r.IntN(40) == 0 {
		n = 300
	}
	for k := range n {
		name := fmt.Sprintf("c%d", k)
		if r.IntN(4) == 0 {
			name = pick(r, names)
		}
		s.header, s.kinds = append(s.header, name), append(s.kinds, pick(r, kinds))
	}
	s.target = r.IntN(n)
	s.header[s.target] = pick(r, []string{"y", "y", "y", "y", pick(r, names)})
	if r.IntN(5) > 0 { // otherwise any kind of column is the target
		s.kinds[s.target] = pick(r, goals)
	}
	return s
}

// table writes n rows of a shape, in a few of the ways in which a file is broken.
func (s shape) table(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = s.comma
	w.UseCRLF = r.IntN(8) == 0
	lines := [][]string{s.header}
	for i := range n {
		x := r.NormFloat64()
		line := make([]string, len(s.kinds))
		for k, kind := range s.kinds {
			make := columns[kind]
			if t := targets[kind]; t != nil {
				make = t
			}
			line[k] = make(r, i, x)
		}
		if r.IntN(60) == 0 && len(lines) > 1 {
			line = pick(r, lines[1:]) // a record that is there twice
		}
		lines = append(lines, line)
	}
	_ = w.WriteAll(lines) // into memory
	return broken(r, b.Bytes())
}

// broken damages one file in five.
func broken(r *rand.Rand, data []byte) []byte {
	at := r.IntN(len(data) + 1)
	switch r.IntN(40) {
	case 0:
		return data[:at]
	case 1:
		return append([]byte("\xef\xbb\xbf"), data...)
	case 2:
		return append(append(bytes.Clone(data[:at]), "\"oops,\n"...), data[at:]...)
	case 3:
		return append(append(bytes.Clone(data[:at]), 0, 0xff, 0xfe, 0x81), data[at:]...)
	case 4:
		return bytes.ReplaceAll(data, []byte("\n"), []byte("\r"))
	case 5:
		return append([]byte("Title of the table\n\n"), data...)
	case 6:
		return append(bytes.Clone(data), data...)
	case 7:
		return nil
	}
	return data
}

// other is the shape that another table of the same kind has by mistake.
func (s shape) other(r *rand.Rand, kinds []string) shape {
	o := shape{header: append([]string(nil), s.header...), kinds: append([]string(nil), s.kinds...), target: s.target, comma: s.comma}
	k := r.IntN(len(o.header))
	switch r.IntN(9) {
	case 0: // a column left out
		o.header, o.kinds = append(o.header[:k], o.header[k+1:]...), append(o.kinds[:k], o.kinds[k+1:]...)
	case 1:
		o.header, o.kinds = append(o.header, "more"), append(o.kinds, pick(r, kinds))
	case 2:
		o.kinds[k] = pick(r, kinds)
	case 3:
		r.Shuffle(len(o.header), func(i, j int) {
			o.header[i], o.header[j], o.kinds[i], o.kinds[j] = o.header[j], o.header[i], o.kinds[j], o.kinds[i]
		})
	case 4:
		o.comma = ';'
	case 5:
		o.header[k] = strings.ToUpper(o.header[k])
	}
	return o
}
