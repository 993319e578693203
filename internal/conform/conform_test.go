package conform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/ledger"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

const dirty = `id,n,word,day,y
1,10, red ,01/02/2021,1.5
2,N/A,green,2021-02-13,2.5
3,30,red,14/02/2021,3
4,"1,040",GREEN,15/02/2021,-
5,50,green,16/02/2021,5
6,oops,green,17/02/2021,6
7,70,green  ,18/02/2021,7
8,80,green,19/02/2021,8
9,90,green,20/02/2021,9
10,100,green,21/02/2021,10
`

func read(t *testing.T, text string) table.Batch {
	t.Helper()
	b, err := csv.ReadBytes([]byte(text), "dirty.csv", csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func learn(t *testing.T, b table.Batch) (table.Schema, clean.Plan) {
	t.Helper()
	var acc profile.Table
	acc.Add(b, profile.Reading{Target: "y"})
	s := profile.Infer(acc, profile.Options{Target: "y", Key: "id"})
	for i := range s.Columns { // the table is too small for shares of 95 %
		switch s.Columns[i].Name {
		case "n":
			s.Columns[i].Type, s.Columns[i].Role = table.Int64, table.RoleNumeric
			s.Columns[i].Domain, s.Columns[i].Missing = nil, []string{"N/A"}
			s.Columns[i].Presence = table.Optional
		case "y":
			s.Columns[i].Type, s.Columns[i].Missing, s.Columns[i].Domain = table.Float64, []string{"-"}, nil
		}
	}
	var rows sample.Rows
	rows.Add(b)
	plan, err := clean.Learn(clean.NewTable(&rows, s, nil), clean.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s, plan
}

func TestBatch(t *testing.T) {
	b := read(t, dirty)
	s, plan := learn(t, b)
	r, err := New(s, plan, s.Names(), Options{NeedTarget: true, Key: "id"})
	if err != nil {
		t.Fatal(err)
	}
	var count tally.Tally
	count.Batch(b)
	got := r.Batch(b, &count)

	var lines []string
	for _, c := range got.Changes {
		lines = append(lines, strings.TrimSuffix(string(ledger.Append(nil, c)), "\n"))
	}
	want := []string{
		`dirty.csv,1,1,word," red ",red,whitespace,1,`,
		`dirty.csv,2,2,n,N/A,,missing_token,1,`,
		`dirty.csv,2,2,day,2021-02-13,13/02/2021,date,1,`,
		`dirty.csv,4,4,n,"1,040",1040,number,1,`,
		fmt.Sprintf("dirty.csv,4,4,word,GREEN,green,case,%v,", clean.MeasuredOf("case").Precision()),
		`dirty.csv,7,7,word,"green  ",green,whitespace,1,`,
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	n := got.Record.Column(1).(*array.Int64)
	if n.Len() != 10 || n.Value(0) != 10 || !n.IsNull(1) || n.Value(4) != 50 || !n.IsNull(5) {
		t.Errorf("n is %v", n)
	}
	if y := got.Record.Column(4); y.NullN() != 1 || !y.IsNull(3) || len(got.Rejects) != 0 {
		t.Errorf("y is %v, rejects %v", y, got.Rejects)
	}
	if k := (tally.Key{Column: "n", Rule: RuleType}); count.Findings[k] != 1 || count.Examples[k] != "oops" {
		t.Errorf("findings %v %v", count.Findings, count.Examples)
	}
	if count.Repaired["whitespace"] != 2 || count.Findings[tally.Key{Column: "y", Rule: RuleMissingTarget}] != 1 {
		t.Errorf("counts %+v", count)
	}
}

// TestNoRecords refuses a header in the middle and a sum at the end, and counts
// nothing of their cells.
func TestNoRecords(t *testing.T) {
	text := strings.ReplaceAll(dirty, "6,oops,green", "id,n,word,day,y\n6,60,green") + "Total,1530,,,53\n"
	b := read(t, strings.ReplaceAll(text, ",-\n", ",4\n"))
	s, plan := learn(t, b)
	r, err := New(s, plan, s.Names(), Options{Key: "id"})
	if err != nil {
		t.Fatal(err)
	}
	var count tally.Tally
	count.Batch(b)
	got := r.Batch(b, &count)
	var refused []string
	for _, x := range got.Rejects {
		refused = append(refused, fmt.Sprint(x.Row, " ", x.Rule))
	}
	if want := []string{"6 header_row", "12 totals_row"}; !slices.Equal(refused, want) || got.Len() != 10 {
		t.Errorf("%d rows, refused %q, want %q", got.Len(), refused, want)
	}
	if len(count.Findings) > 0 {
		t.Errorf("findings %v", count.Findings)
	}
}

func TestColumnsAreFoundByName(t *testing.T) {
	s, plan := learn(t, read(t, dirty))
	other := read(t, "extra,word,day,id,n\nx,green,15/02/2021,77,5\nx,blue,16/02/2021,78,6.0\n")
	names := []string{"extra", "word", "day", "id", "n"}
	r, err := New(s, plan, names, Options{Key: "id"})
	if err != nil {
		t.Fatal(err)
	}
	var count tally.Tally
	got := r.Batch(other, &count)
	if n := got.Record.Column(1).(*array.Int64); n.Value(0) != 5 || n.Value(1) != 6 {
		t.Errorf("n is %v", n)
	}
	if y := got.Record.Column(4); y.NullN() != 2 {
		t.Errorf("y is %v", y)
	}
	if count.Findings[tally.Key{Column: "word", Rule: RuleDomain}] != 1 {
		t.Errorf("findings %v", count.Findings)
	}
	_, err = New(s, plan, []string{"wort", "n"}, Options{})
	if fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), `required column "word" is missing; there is "wort"`) {
		t.Errorf("a missing column: %v", err)
	}
}

func TestLabelsThatDifferALittle(t *testing.T) {
	s := table.Schema{Columns: []table.Column{
		{Name: "y", Type: table.Categorical, Role: table.RoleTarget, Presence: table.Required, Domain: []string{"<=50K", ">50K"}}}}
	r, err := New(s, clean.Plan{}, []string{"y"}, Options{NeedTarget: true})
	if err != nil {
		t.Fatal(err)
	}
	var count tally.Tally
	got := r.Batch(read(t, "y\n<=50K.\n>50k\n>50K\nother\n"), &count)
	y := got.Record.Column(0).(*array.String)
	if y.Len() != 3 || y.Value(0) != "<=50K" || y.Value(1) != ">50K" || len(got.Rejects) != 1 || count.Repaired[RuleLabel] != 2 {
		t.Errorf("%v, rejects %v, %v", y, got.Rejects, count.Repaired)
	}
}

// TestLevelsInOtherSpellings: the levels of features are known by other spellings of numbers
// and of truth, words are not, and a bound is said to be one.
func TestLevelsInOtherSpellings(t *testing.T) {
	s := table.Schema{Columns: []table.Column{
		{Name: "flag", Type: table.Bool, Role: table.RoleCategorical, Domain: []string{"False", "True"}},
		{Name: "grade", Type: table.Categorical, Role: table.RoleCategorical, Domain: []string{"1", "2", "A"}},
		{Name: "yes", Type: table.Float64, Role: table.RoleNumeric, Range: &table.Range{Min: 0, Max: 1}},
		{Name: "lead", Type: table.Float64, Role: table.RoleNumeric, Range: &table.Range{Min: 0.1, Max: 3}}}}
	for i := range s.Columns {
		s.Columns[i].Presence = table.Optional
	}
	r, err := New(s, clean.Plan{}, []string{"flag", "grade", "yes", "lead"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var count tally.Tally
	got := r.Batch(read(t, "flag,grade,yes,lead\nTrue,1,1,0.5\n1,2.0,True,<0.1\n0.0,a,false,low\n"), &count).Record
	want := []string{"[true true false]", `["1" "2" "a"]`, "[1 1 0]", "[0.5 (null) (null)]"}
	for k, w := range want {
		if text := fmt.Sprint(got.Column(k)); text != w {
			t.Errorf("%s is %s, not %s", s.Columns[k].Name, text, w)
		}
	}
	for f, n := range map[tally.Key]int64{{Column: "grade", Rule: RuleDomain}: 1, {Column: "lead", Rule: RuleCensored}: 1, {Column: "lead", Rule: RuleType}: 1} {
		if count.Findings[f] != n {
			t.Errorf("%v is counted %d times, not %d", f, count.Findings[f], n)
		}
	}
	if count.Repaired[RuleLabel] != 3 {
		t.Errorf("repaired %v", count.Repaired)
	}
}

// TestWordsThatMeanNoValue keeps them in the table, where the ledger does not name
// them, and empties what the user says is none.
func TestWordsThatMeanNoValue(t *testing.T) {
	for name, c := range map[string]struct {
		listed []string
		want   string
		edits  int
	}{
		"found": {nil, "[a N/A b a n/a b a b]", 0},
		"said":  {[]string{"N/A"}, "[a  b a n/a b a b]", 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := read(t, "word,n\na,1\nN/A,2\nb,3\na,4\nn/a,5\nb,6\na,7\nb,8\n")
			var acc profile.Table
			acc.Add(b, profile.Reading{Missing: c.listed})
			s := profile.Infer(acc, profile.Options{})
			var rows sample.Rows
			rows.Add(b)
			plan, err := clean.Learn(clean.NewTable(&rows, s, c.listed), clean.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := New(s, plan, []string{"word", "n"}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := r.Batch(b, new(tally.Tally))
			words := got.Record.Column(0).(*array.String)
			var cells []string
			for i := range words.Len() {
				cells = append(cells, words.Value(i))
			}
			if fmt.Sprint(cells) != c.want || len(got.Changes) != c.edits || words.NullN() != c.edits {
				t.Errorf("%q with %d nulls, %d changes", cells, words.NullN(), len(got.Changes))
			}
			f, err := features.NewFrame(s, got.Record)
			if err != nil {
				t.Fatal(err)
			}
			if null := f.Column("word").Null; !null[1] || null[0] || null[4] != (c.listed == nil) {
				t.Errorf("features have no value at %v", null)
			}
		})
	}
}
