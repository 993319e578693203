package clean

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// A case of a rule is a small table and what cleaning makes of it. The files of
// testdata/rules have many, mostly two for a constant: one on each side of it.
//
//	== what the case is about
//	town | zip            the columns
//	Oslo | 0150 *30       a row, thirty times; rows are shuffled
//	Town{i} | {r:1000-9999} *5   {i} counts from 1, {i+7} from 8, {r:a-b} is drawn
//	"  Oslo" | 0150       a cell in quotes is as Go reads it
//	=> zip: 0151 -> 0150 by dependency
//	=> zip: 0152 -> 0150 proposed by dependency
//	=> zip: doubt spelling_unsure
//	=> price: becomes float64 EUR
//	=> a row: refused by totals_row
//	=> nothing            instead, where nothing is changed, proposed or doubted
//
// Of each rule in each column one change at least is listed, and none of a rule that is
// not.
type ruleCase struct {
	name    string
	columns []string
	rows    [][]string
	want    []string
}

// readCases reads a file of cases.
func readCases(text string) (cases []ruleCase, err error) {
	for _, part := range strings.Split("\n"+text, "\n== ")[1:] {
		lines := strings.Split(strings.TrimRight(part, "\n"), "\n")
		c := ruleCase{name: lines[0]}
		for _, line := range lines[1:] {
			switch want, is := strings.CutPrefix(line, "=> "); {
			case is && want != "nothing":
				c.want = append(c.want, want)
			case is, line == "", strings.HasPrefix(line, "# "):
			case c.columns == nil:
				c.columns = strings.Split(line, " | ")
			default:
				rows, err := rowsOf(line, len(c.columns))
				if err != nil {
					return nil, fmt.Errorf("%s: %w", c.name, err)
				}
				c.rows = append(c.rows, rows...)
			}
		}
		rng := rand.New(rand.NewPCG(7, 7))
		rng.Shuffle(len(c.rows), func(i, k int) { c.rows[i], c.rows[k] = c.rows[k], c.rows[i] })
		cases = append(cases, c)
	}
	return cases, nil
}

var (
	times   = regexp.MustCompile(`^(.*) \*(\d+)$`)
	counted = regexp.MustCompile(`\{i(?:\+(\d+))?\}`)
	drawn   = regexp.MustCompile(`\{r:(\d+)-(\d+)\}`)
)

// rowsOf reads a line of rows.
func rowsOf(line string, columns int) (rows [][]string, err error) {
	n := 1
	if m := times.FindStringSubmatch(line); m != nil {
		line = m[1]
		n, _ = strconv.Atoi(m[2])
	}
	rng := rand.New(rand.NewPCG(3, uint64(len(line))))
	for i := 1; i <= n; i++ {
		cells := strings.Split(line, " | ")
		if len(cells) != columns {
			return nil, fmt.Errorf("%d cells in %q", len(cells), line)
		}
		for k, cell := range cells {
			cell = counted.ReplaceAllStringFunc(cell, func(s string) string {
				base, _ := strconv.Atoi(counted.FindStringSubmatch(s)[1])
				return strconv.Itoa(i + base)
			})
			cell = drawn.ReplaceAllStringFunc(cell, func(s string) string {
				m := drawn.FindStringSubmatch(s)
				from, _ := strconv.Atoi(m[1])
				to, _ := strconv.Atoi(m[2])
				return strconv.Itoa(from + rng.IntN(to-from+1))
			})
			if strings.HasPrefix(cell, `"`) {
				if cell, err = strconv.Unquote(cell); err != nil {
					return nil, fmt.Errorf("%q: %w", line, err)
				}
			}
			cells[k] = cell
		}
		rows = append(rows, cells)
	}
	return rows, nil
}

// outcome is what cleaning makes of the table of a case: each different change, each
// different proposal and each doubt once.
func (c ruleCase) outcome(t *testing.T) (told []string) {
	t.Helper()
	from := tableOf(c.columns, c.rows, profile.Reading{})
	names := from.names()
	plan, err := Learn(from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cleaner, err := plan.Cleaner(names)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(column int, e Edit, by string) {
		told = append(told, fmt.Sprintf("%s: %s -> %s %s %s", c.columns[column], shown(e.Old), shown(e.New), by, e.Rule))
	}
	cleaner.Propose(func(column int, e Edit) { tell(column, e, "proposed by") })
	for _, row := range c.rows {
		if refused := cleaner.Row(slices.Clone(row), func(column int, e Edit) { tell(column, e, "by") }); refused.Rule != "" {
			told = append(told, "a row: refused by "+refused.Rule)
		}
	}
	schema := from.Schema(profileOf(c), plan)
	for i, column := range profileOf(c).Columns {
		if is := schema.Columns[i]; is.Type != column.Type || is.Unit != column.Unit {
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s: becomes %s %s", column.Name, is.Type, is.Unit)))
		}
	}
	for _, f := range from.Doubts(plan) {
		told = append(told, fmt.Sprintf("%s: doubt %s", f.Column, f.Rule))
	}
	slices.Sort(told)
	return slices.Compact(told)
}

// profileOf is the schema of a case as its cells are at first.
func profileOf(c ruleCase) table.Schema {
	var p profile.Table
	p.Add(table.Batch{First: 1, Record: vector.Record(c.columns, c.rows...)}, profile.Reading{})
	return profile.Infer(p, profile.Options{})
}

// kind is what is told without its cells: the column and the rule.
func kind(told string) string {
	column, rest, _ := strings.Cut(told, ":")
	if i := strings.LastIndex(rest, " by "); i >= 0 {
		return fmt.Sprint(column, strings.Contains(rest, " proposed by "), rest[i:])
	}
	return column + rest
}

func kinds(told []string) (kinds []string) {
	for _, x := range told {
		kinds = append(kinds, kind(x))
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// shown is a cell as a case has it.
func shown(cell string) string {
	if cell == "" || strings.TrimSpace(cell) != cell || strings.ContainsAny(cell, "\n\t\u00a0\"") {
		return strconv.Quote(cell)
	}
	return cell
}

func TestRuleCases(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.cases")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases are there: ", err)
	}
	missing := slices.Clone(Names())
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := readCases(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			missing = slices.DeleteFunc(missing, func(rule string) bool {
				return slices.ContainsFunc(c.want, func(w string) bool { return strings.HasSuffix(w, " by "+rule) || strings.HasSuffix(w, ": "+rule) })
			})
			t.Run(strings.TrimSuffix(filepath.Base(file), ".cases")+"/"+c.name, func(t *testing.T) {
				got := c.outcome(t)
				same := slices.Equal(kinds(got), kinds(c.want))
				for _, w := range c.want {
					same = same && slices.Contains(got, w)
				}
				if !same {
					t.Errorf("%d rows:\n%s\nbut the case says\n%s", len(c.rows), strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			})
		}
	}
	if len(missing) > 0 {
		t.Errorf("no case is of the rules %s", strings.Join(missing, ", "))
	}
}
