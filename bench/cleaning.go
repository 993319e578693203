package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/inject"
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// cleaning measures what cleaning finds, mends and damages.
func (b *bench) cleaning() error {
	if b.data == "" {
		b.say("## Cleaning\n\nNot measured: BEAMLINE_DATA is not set.\n")
		return nil
	}
	for _, part := range []func() error{b.dirtyTables, b.cleanTables, b.publishedTables, b.injected, b.otherErrors, b.cleaningSpeed} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// text is a table as text.
type text struct {
	columns []string
	rows    [][]string
}

func readText(path string, header bool) (text, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return text{}, err
	}
	b, err := csv.ReadBytes(data, path, csv.Settings{Header: &header})
	if err != nil {
		return text{}, err
	}
	var t text
	t.columns, t.rows = vector.Rows(b.Record)
	return t, nil
}

// was is one change of a cell.
type was struct {
	row, column int
	rule        string
	mended      string
	confidence  float64
}

// readPair reads a table with errors and what is right, which stand in one folder.
func readPair(folder string) (dirty, right text, err error) {
	if dirty, err = readText(filepath.Join(folder, "dirty.csv"), true); err != nil {
		return dirty, right, err
	}
	right, err = readText(filepath.Join(folder, "clean.csv"), true)
	return dirty, right, err
}

// cleanText cleans a table with nothing told.
func cleanText(t text) (out [][]string, changes []was, err error) {
	out, changes, _, err = cleanAndPropose(t)
	return out, changes, err
}

// cleanAndPropose returns the changes that are likely, and not made, too.
func cleanAndPropose(t text) (out [][]string, changes, proposals []was, err error) {
	batch := table.Batch{First: 1, Record: vector.Record(t.columns, t.rows...)}
	var p profile.Table
	p.Add(batch, profile.Reading{})
	var rows sample.Rows
	rows.Add(batch)
	learned := clean.NewTable(&rows, profile.Infer(p, profile.Options{}), nil)
	plan, err := clean.Learn(learned, clean.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	cleaner, err := plan.Cleaner(t.columns)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, r := range t.rows {
		mended := slices.Clone(r)
		note := func(to *[]was) clean.Changed {
			return func(column int, e clean.Edit) {
				*to = append(*to, was{i, column, e.Rule, e.New, e.Confidence})
			}
		}
		cleaner.Propose(note(&proposals))
		cleaner.Row(mended, note(&changes))
		out = append(out, mended)
	}
	return out, changes, proposals, nil
}

// score counts cells; white space is normalised.
type score struct {
	cells, errors, changed, found, right, damaged int
}

func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

func compare(dirty, right, mended [][]string) (s score) {
	for i := range dirty {
		for k := range dirty[i] {
			d, r, m := tidy(dirty[i][k]), tidy(right[i][k]), tidy(mended[i][k])
			s.cells++
			if d != r {
				s.errors++
			}
			if d == m {
				continue
			}
			s.changed++
			switch {
			case d == r:
				s.damaged++
			default:
				s.found++
			}
			if m == r {
				s.right++
			}
		}
	}
	return s
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func (s score) f1(n int) float64 {
	p, r := share(n, s.changed), share(n, s.errors)
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// published are F1 of correction without labels, or with 20 a table, by other
// tools; the figures are those of BEAMLINE_DATA/README.md.
var published = map[string]string{
	"hospital": "OpenRefine .189, Baran with 20 labels .61, BClean with rules .976",
	"beers":    "OpenRefine .084, Baran with 20 labels .95",
	"flights":  "OpenRefine .014, Baran with 20 labels .65",
	"movies":   "",
}

// dirtyTables cleans the tables of which the right cells are known.
func (b *bench) dirtyTables() error {
	b.say("## Cleaning tables with known errors, nothing told\n")
	b.say("Strict: every changed cell counts, white space is normalised. P precision, R recall; damage is right cells made wrong, of all right cells. Published is F1 of correction.\n")
	b.say("| table | errors | detection P | R | F1 | correction P | R | F1 | damage | published |\n|---|---|---|---|---|---|---|---|---|---|")
	var rules strings.Builder
	for _, name := range []string{"hospital", "beers", "flights", "movies"} {
		dirty, right, err := readPair(filepath.Join(b.data, "dirty", name))
		if err != nil {
			return err
		}
		mended, changes, err := cleanText(dirty)
		if err != nil {
			return err
		}
		s := compare(dirty.rows, right.rows, mended)
		b.say("| %s | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.4f %% | %s |", name, s.errors,
			share(s.found, s.changed), share(s.found, s.errors), s.f1(s.found),
			share(s.right, s.changed), share(s.right, s.errors), s.f1(s.right), 100*share(s.damaged, s.cells-s.errors), published[name])
		ruleTable(&rules, name, dirty.rows, right.rows, mended, changes)
	}
	b.say("\n| table | rule | cells changed | right | F1 of correction by it alone | right cells damaged |\n|---|---|---|---|---|---|\n%s", rules.String())
	return nil
}

// ruleTable lists what each rule did; a cell that several changed counts for the
// last one.
func ruleTable(to *strings.Builder, name string, dirty, right, mended [][]string, changes []was) {
	last := map[[2]int]string{}
	for _, c := range changes {
		last[[2]int{c.row, c.column}] = c.rule
	}
	byRule := map[string]*score{}
	errors := compare(dirty, right, mended).errors
	for at, rule := range last {
		d, r, m := tidy(dirty[at[0]][at[1]]), tidy(right[at[0]][at[1]]), tidy(mended[at[0]][at[1]])
		if d == m {
			continue
		}
		if byRule[rule] == nil {
			byRule[rule] = &score{errors: errors}
		}
		s := byRule[rule]
		s.changed++
		if m == r {
			s.right++
		}
		if d == r {
			s.damaged++
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		s := byRule[rule]
		fmt.Fprintf(to, "| %s | %s | %d | %d | %.3f | %d |\n", name, rule, s.changed, s.right, s.f1(s.right), s.damaged)
	}
}

// cleanTable is a table that is right as it is, as far as anybody knows.
type cleanTable struct {
	name, path string
	noHeader   bool
}

var rightTables = []cleanTable{
	{name: "hospital", path: "dirty/hospital/clean.csv"}, {name: "beers", path: "dirty/beers/clean.csv"},
	{name: "flights", path: "dirty/flights/clean.csv"}, {name: "movies", path: "dirty/movies/clean.csv"},
	{name: "Ames, train", path: "ames/train.csv"}, {name: "Ames, test", path: "ames/test.csv"},
	{name: "adult, train", path: "tabular/adult_train.csv", noHeader: true}, {name: "adult, test", path: "tabular/adult_test.csv", noHeader: true},
	{name: "penguins", path: "tabular/penguins.csv"}, {name: "titanic", path: "tabular/titanic_train.csv"}, {name: "diamonds", path: "tabular/diamonds.csv"},
	{name: "wine, red", path: "tabular/winequality-red.csv", noHeader: true}, {name: "wine, white", path: "tabular/winequality-white.csv", noHeader: true},
	{name: "German credit", path: "tabular/german_credit.csv", noHeader: true}, {name: "AMLB scores", path: "tabular/published_amlb_reference.csv"},
	{name: "electricity", path: "stream/elec.csv"}, {name: "New York taxi", path: "geo/nyc_taxi.csv"},
	{name: "yellow taxi, January 2019", path: "stream/taxi/yellow_tripdata_sample_2019-01.csv"},
	{name: "yellow taxi, March 2020", path: "stream/taxi/yellow_tripdata_sample_2020-03.csv"},
	{name: "Chicago taxi", path: "tfdv/chicago_taxi/data.csv"},
	{name: "SMS", path: "text/sms.tsv", noHeader: true}, {name: "DBLP", path: "entities/dblp-acm/DBLP2.csv"}, {name: "ACM", path: "entities/dblp-acm/ACM.csv"},
}

// cleanTables lists what is changed in tables that are right.
func (b *bench) cleanTables() error {
	b.say("\n## Cleaning tables that are right\n")
	b.say("missing_token in columns of numbers and dates is not counted.\n")
	b.say("| table | cells | changed | share | rules: column, cells, an example |\n|---|---|---|---|---|")
	for _, c := range rightTables {
		t, err := readText(filepath.Join(b.data, c.path), !c.noHeader)
		if err != nil {
			return fmt.Errorf("%s: %w", c.path, err)
		}
		mended, changes, err := cleanText(t)
		if err != nil {
			return err
		}
		type at struct{ rule, column string }
		counts, examples := map[at]int{}, map[at]string{}
		n := 0
		for _, w := range changes {
			if w.rule == "missing_token" {
				continue
			}
			n++
			key := at{w.rule, t.columns[w.column]}
			if counts[key]++; examples[key] == "" {
				examples[key] = fmt.Sprintf("%s → %s", brief(t.rows[w.row][w.column]), brief(mended[w.row][w.column]))
			}
		}
		var list []string
		for _, key := range slices.SortedFunc(maps.Keys(counts), func(x, y at) int {
			return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x.column, y.column), cmp.Compare(x.rule, y.rule))
		}) {
			list = append(list, fmt.Sprintf("%s: %s, %d, %s", key.rule, key.column, counts[key], examples[key]))
		}
		cells := len(t.rows) * len(t.columns)
		b.say("| %s | %d | %d | %.4f %% | %s |", c.name, cells, n, 100*share(n, cells), strings.Join(list, "; "))
	}
	return nil
}

func brief(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return "`" + strings.NewReplacer("|", "/", "`", "'", "\n", " ").Replace(s) + "`"
}

// injected puts errors into clean tables.
func (b *bench) injected() error {
	rates := []float64{0.01, 0.05, 0.2}
	tables := []cleanTable{rightTables[0], rightTables[1], rightTables[7], rightTables[9]}
	var names []string
	for _, c := range tables {
		names = append(names, c.name)
	}
	b.say("\n## Errors put into clean tables\n")
	b.say("By internal/dirt into %s; recall is errors mended to the cell that was there, precision changed cells that are right then, over the four tables together. A text such as N/A that becomes an empty cell counts as no change.\n", strings.Join(names, ", "))
	b.say("| kind | rate | errors | recall | precision | right cells damaged |\n|---|---|---|---|---|---|")
	var right []text
	for _, c := range tables {
		t, err := readText(filepath.Join(b.data, c.path), !c.noHeader)
		if err != nil {
			return err
		}
		if t.rows, _, err = cleanText(t); err != nil { // what it would change anyway is no error of ours
			return err
		}
		right = append(right, t)
	}
	for _, kind := range inject.Kinds {
		for _, rate := range rates {
			var sum score
			for _, t := range right {
				dirty := text{t.columns, inject.Spoil(t.rows, kind, rate, 11)}
				mended, _, err := cleanText(dirty)
				if err != nil {
					return err
				}
				s := compareExact(dirty.rows, t.rows, mended)
				sum.errors += s.errors
				sum.changed += s.changed
				sum.right += s.right
				sum.damaged += s.damaged
				sum.cells += s.cells
			}
			b.say("| %s | %.0f %% | %d | %.3f | %.3f | %.4f %% |", kind.Name, 100*rate, sum.errors, share(sum.right, sum.errors), share(sum.right, sum.changed), 100*share(sum.damaged, sum.cells-sum.errors))
		}
	}
	return nil
}

// compareExact is compare, where white space counts.
func compareExact(dirty, right, mended [][]string) (s score) {
	for i := range dirty {
		for k := range dirty[i] {
			d, r, m := dirty[i][k], right[i][k], mended[i][k]
			s.cells++
			if d != r {
				s.errors++
			}
			if d != m && !(m == "" && missing.Token(d) != missing.Not) {
				s.changed++
				if m == r {
					s.right++
				}
				if d == r {
					s.damaged++
				}
			}
		}
	}
	return s
}

// cleaningSpeed cleans a table of ten columns, and twice as many rows of it.
func (b *bench) cleaningSpeed() error {
	b.say("\n## Cleaning a table of ten columns with errors of six kinds, all rules on, on prism\n")
	b.say("The first pass profiles and samples the table and learns the rules; the second reads it again, cleans it, and writes the cleaned table and changes.csv.\n")
	b.say("| records | written as | first pass, s | second pass, s | cleaned a second | peak MB |\n|---|---|---|---|---|---|")
	for _, c := range []struct {
		rows   int
		format string
	}{{1_000_000, "csv"}, {1_000_000, "parquet"}, {2_000_000, "csv"}} {
		rows := c.rows
		path := filepath.Join(b.dir, "shops.csv")
		if err := writeShops(path, rows); err != nil {
			return err
		}
		out := filepath.Join(b.dir, "out-clean")
		var first, second, peak []float64
		for range b.runs {
			m, err := once("clean", path, "--format", c.format, "--out", out, "--force", "--quiet")
			if err != nil {
				return err
			}
			seconds, err := stageSeconds(filepath.Join(out, "run.json"), "clean")
			if err != nil {
				return err
			}
			first, second, peak = append(first, m.wall-seconds), append(second, seconds), append(peak, m.peak)
		}
		b.say("| %d | %s | %.2f | %.2f | %.0f | %.0f |", rows, c.format, median(first), median(second), float64(rows)/median(second), median(peak))
	}
	ames := filepath.Join(b.data, "ames", "train.csv")
	m, err := b.times("clean", ames, "--out", filepath.Join(b.dir, "out-ames-clean"), "--force", "--quiet")
	if err != nil {
		return err
	}
	b.say("\nThe whole of `clean` on Ames (1,460 rows, 81 columns): %.2f s.\n", m.wall)
	return nil
}

// stageSeconds reads how long a stage of a run took.
func stageSeconds(path, stage string) (float64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var run struct {
		Seconds map[string]float64 `json:"seconds"`
	}
	err = json.Unmarshal(data, &run)
	return run.Seconds[stage], err
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// writeShops writes rows in which the postcode determines city and state, with
// misspelled cities, empty states, cities in capitals, dates in another layout,
// thousands with a comma, and letters left out.
func writeShops(path string, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "id,street,postcode,city,state,sales,day,phone,price,kind")
	rng := rand.New(rand.NewPCG(1, 1))
	cities := [][2]string{{"Springfield", "OR"}, {"Riverton", "WA"}, {"Lakewood", "OR"}, {"Fairview", "ID"}, {"Kingston", "WA"}, {"Ashland", "NV"}, {"Milford", "NV"}, {"Clayton", "UT"}}
	streets := []string{"Elm", "Oak", "Hill", "Main", "Park", "Lake"}
	kinds := []string{"bicycle", "tricycle", "scooter", "unicycle"}
	for i := range rows {
		k := rng.IntN(len(cities))
		city, state := cities[k][0], cities[k][1]
		switch x := rng.Float64(); {
		case x < 0.01:
			city = city[:3] + string(rune('a'+rng.IntN(26))) + city[4:]
		case x < 0.02:
			state = ""
		case x < 0.03:
			city = strings.ToUpper(city)
		}
		day := fmt.Sprintf("2023-%02d-%02d", 1+rng.IntN(12), 1+rng.IntN(28))
		if rng.IntN(100) == 0 {
			day = fmt.Sprintf("%02d/%02d/2023", 13+rng.IntN(15), 1+rng.IntN(12))
		}
		price := fmt.Sprintf("%d.%02d", rng.IntN(1000), rng.IntN(100))
		if rng.IntN(50) == 0 {
			price = fmt.Sprintf(`"1,%03d.50"`, rng.IntN(1000))
		}
		kind := kinds[rng.IntN(len(kinds))]
		if rng.IntN(100) == 0 {
			at := rng.IntN(len(kind))
			kind = kind[:at] + kind[at+1:]
		}
		fmt.Fprintf(w, "%d,%d %s Street,%d,%s,%s,%d,%s,617-555-%04d,%s,%s\n",
			i, 1+rng.IntN(400), streets[rng.IntN(len(streets))], 97000+13*k+rng.IntN(3), city, state, rng.IntN(9000), day, rng.IntN(10000), price, kind)
	}
	return errors.Join(w.Flush(), f.Close())
}
