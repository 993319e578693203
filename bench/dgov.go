package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/splits"
)

// replacing are the rules that replace one value by another; the others write a
// value in another form.
var replacing = map[string]bool{"dependency": true, "source": true, "swap": true, "shift": true, "spelling": true, "mark": true, "synonym": true, "scale": true,
	"template": true, "zeros": true, "zeros_by": true, "order": true, "coordinate": true, "frame": true, "spreadsheet": true}

// half names a half of the tables.
func half(developing bool) string {
	if developing {
		return "developing"
	}
	return "measuring"
}

// published tables, as people publish them, and typos that a generator of others put
// into some.
func (b *bench) publishedTables() error {
	b.say("\n## Published tables\n")
	b.say("Tables of data.gov, divided by a hash of their names: weights and rules come from the half for developing. Strict: every changed cell counts, white space is normalised. Macro is the mean over tables.\n")
	b.say("| typos | tables | errors | changed | P | R | damage | macro F1 |\n|---|---|---|---|---|---|---|---|")
	var measured typos
	for _, developing := range []bool{true, false} {
		s, err := typoTables(b.data, developing)
		if err != nil {
			return err
		}
		b.say("| %s | %d | %d | %d | %.4f | %.3f | %.4f %% | %.3f |", half(developing), s.tables, s.errors, s.changed, share(s.right, s.changed), share(s.right, s.errors), 100*share(s.damaged, s.cells-s.errors), s.macro)
		measured = s // the last
	}
	b.calibration(measured)
	b.say("\n| right tables | tables | cells | rules that replace values | of all cells | with other letters or digits | told of as outliers, a thousand cells | rules of form, cells |\n|---|---|---|---|---|---|---|---|")
	var list strings.Builder
	for _, developing := range []bool{true, false} {
		r, err := publishedRight(b.data, developing)
		if err != nil {
			return err
		}
		b.say("| %s | %d | %d | %d | %.4f %% | %d | %.1f | %s |", half(developing), r.tables, r.cells, r.replaced, 100*share(r.replaced, r.cells), r.other, 1000*share(r.outliers, r.cells), strings.Join(r.forms(), ", "))
		for _, l := range r.list {
			fmt.Fprintf(&list, "| %s | %s |\n", half(developing), l)
		}
	}
	b.say("\nEach value that was replaced in a right table:\n\n| half | table | rule | column | old | new | cells |\n|---|---|---|---|---|---|---|\n%s", list.String())
	return nil
}

// halfOf are the paths of a half.
func halfOf(pattern string, developing bool) ([]string, error) {
	paths, err := filepath.Glob(pattern)
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("nothing matches %s", pattern)
	}
	return slices.DeleteFunc(paths, func(p string) bool { return splits.Developing(p) != developing }), err
}

// typos is what cleaning does to tables with typos.
type typos struct {
	score
	macro          float64 // F1, the mean over the tables
	tables         int
	made, proposed calibrated
}

// typoTables mends the tables with typos of a half.
func typoTables(data string, developing bool) (sum typos, err error) {
	paths, err := halfOf(filepath.Join(data, "dgov", "typos", "*"), developing)
	if err != nil {
		return sum, err
	}
	for _, p := range paths {
		dirty, right, err := readPair(p)
		if err != nil {
			return sum, err
		}
		mended, changes, proposals, err := cleanAndPropose(dirty)
		if err != nil {
			return sum, err
		}
		s := compare(dirty.rows, right.rows, mended)
		sum.macro += s.f1(s.right) / float64(len(paths))
		sum.cells, sum.errors, sum.changed = sum.cells+s.cells, sum.errors+s.errors, sum.changed+s.changed
		sum.right, sum.damaged = sum.right+s.right, sum.damaged+s.damaged
		sum.made.add(changes, right)
		sum.proposed.add(proposals, right)
	}
	sum.tables = len(paths)
	return sum, nil
}

// harm is what is changed in right tables.
type harm struct {
	tables, cells, replaced int
	other                   int            // of those replaced, with other letters or digits
	outliers                int            // cells told of
	form                    map[string]int // cells by rule
	list                    []string       // of values that are replaced
}

func (h harm) forms() (out []string) {
	for _, rule := range slices.Sorted(maps.Keys(h.form)) {
		out = append(out, fmt.Sprintf("%s %d", rule, h.form[rule]))
	}
	return out
}

// publishedRight cleans the right tables of a half.
func publishedRight(data string, developing bool) (h harm, err error) {
	h.form = map[string]int{}
	paths, err := halfOf(filepath.Join(data, "dgov", "right", "*.csv"), developing)
	if err != nil {
		return h, err
	}
	for _, p := range paths {
		t, err := readText(p, true)
		if err != nil {
			return h, err
		}
		mended, changes, proposals, err := cleanAndPropose(t)
		if err != nil {
			return h, err
		}
		h.tables++
		h.outliers += len(outliersOf(proposals))
		h.cells += len(t.rows) * len(t.columns)
		h.add(strings.TrimSuffix(filepath.Base(p), ".csv"), t, mended, changes)
	}
	return h, nil
}

func (h *harm) add(name string, t text, mended [][]string, changes []was) {
	counts := map[string]int{}
	for _, w := range changes {
		if !replacing[w.rule] {
			h.form[w.rule]++
			continue
		}
		h.replaced++
		if lettersAndDigits(t.rows[w.row][w.column]) != lettersAndDigits(mended[w.row][w.column]) {
			h.other++
		}
		counts[fmt.Sprintf("%s | %s | %s | %s | %s", brief(name), w.rule, t.columns[w.column], brief(t.rows[w.row][w.column]), brief(mended[w.row][w.column]))]++
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	for _, k := range keys {
		h.list = append(h.list, fmt.Sprintf("%s | %d", k, counts[k]))
	}
}

func lettersAndDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
