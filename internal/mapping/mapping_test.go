package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

const houses = `Id,Living Area,price,listed,town,owner,km
1,80,100000,2026-02-28,Oslo,"Berg, Anna",1
2,120,,2026-03-01,Bergen,"Lie",2.5
3,many,300000,soon,,"Dahl, Per, Jr",
`

// table3 reads a small table.
func table3(t testing.TB, text string) table.Batch {
	t.Helper()
	b, err := csv.ReadBytes([]byte(text), "houses.csv", csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func columnsOf(b table.Batch) (names []string) {
	for _, f := range b.Record.Schema().Fields() {
		names = append(names, f.Name)
	}
	return names
}

// others are tables to join.
func others(name string) (Other, error) {
	rows := map[string][][]string{
		"regions.csv": {{"Oslo", "east", "1"}, {"Bergen", "west", "2"}},
		"twice.csv":   {{"Oslo", "east", "1"}, {"Oslo", "west", "2"}},
	}[name]
	if rows == nil {
		return Other{}, fault.Usagef("%s: no such file", name)
	}
	all := []string{"town", "region", "rank"}
	return Other{Columns: all, Each: func(columns []string, use func([]string) error) error {
		for _, r := range rows {
			var cells []string
			for _, c := range columns {
				cells = append(cells, r[slices.Index(all, c)])
			}
			if err := use(cells); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

// applied are the columns and rows that steps give, with a bar between cells, and the
// rejects behind them.
func applied(t *testing.T, text string, types map[string]table.Type, steps ...Step) (string, error) {
	t.Helper()
	b := table3(t, text)
	p, err := Compile(steps, columnsOf(b), types, others)
	if err != nil {
		return "", err
	}
	got := p.Apply(b, "Id")
	if !slices.Equal(columnsOf(got), p.Out) {
		t.Errorf("the columns are %q, and were to be %q", columnsOf(got), p.Out)
	}
	out := strings.Join(p.Out, "|")
	for i := range got.Len() {
		var cells []string
		for c := range p.Out {
			cells = append(cells, got.Text(c).Value(i))
		}
		out += fmt.Sprintf("\n%d: %s", got.Row(i), strings.Join(cells, "|"))
	}
	if n := got.Len() + len(got.Rejects); n != b.Len() {
		t.Errorf("%d rows came of %d", n, b.Len())
	}
	for _, r := range got.Rejects {
		out += fmt.Sprintf("\n%d refused by %s (%s): %s; %s", r.Row, r.Rule, r.Key, r.Reason, r.Input)
	}
	return out, nil
}

func text(s string) *string { return &s }

var (
	selectTwo = Step{Select: []string{"Id", "x"}}
	typed     = Step{Cast: Pairs{{"price", "int64"}, {"km", "float64"}}}
)

// TestSteps does each step to a small table.
func TestSteps(t *testing.T) {
	for name, c := range map[string]struct {
		steps []Step
		want  string
	}{
		"rename":   {[]Step{{Rename: Pairs{{"Living Area", "area"}, {"price", "Living Area"}}}, {Select: []string{"area", "Living Area"}}}, "area|Living Area\n1: 80|100000\n2: 120|\n3: many|300000"},
		"drop":     {[]Step{{Drop: []string{"price", "listed", "town", "owner", "km"}}}, "Id|Living Area\n1: 1|80\n2: 2|120\n3: 3|many"},
		"cast":     {[]Step{{Cast: Pairs{{"Living Area", "float64"}, {"price", "int64"}}}, {Select: []string{"Id", "price"}}}, "Id|price\n1: 1|100000\n2: 2|\n3 refused by step_1_cast (3): Living Area is no number: \"many\"; 3,many,300000,soon,,\"Dahl, Per, Jr\","},
		"cast day": {[]Step{{Name: "days", Cast: Pairs{{"listed", "date"}}}, {Expression: Pairs{{"x", `listed.getFullYear()`}}}, selectTwo}, "Id|x\n1: 1|2026\n2: 2|2026\n3 refused by days (3): listed is no date: \"soon\"; 3,many,300000,soon,,\"Dahl, Per, Jr\","},
		"constant": {[]Step{{Constant: Pairs{{"x", "crm"}}}, selectTwo}, "Id|x\n1: 1|crm\n2: 2|crm\n3: 3|crm"},
		"lookup":   {[]Step{{Lookup: &Lookup{Column: "town", Values: Pairs{{"Oslo", "east"}, {"", "?"}}, Into: "x", Otherwise: text("other")}}, selectTwo}, "Id|x\n1: 1|east\n2: 2|other\n3: 3|?"},
		"strict":   {[]Step{{Lookup: &Lookup{Column: "town", Values: Pairs{{"Oslo", "x"}, {"Bergen", "y"}}}}, {Select: []string{"Id", "town"}}}, "Id|town\n1: 1|x\n2: 2|y\n3 refused by step_1_lookup (3): town is \"\", which is none of the values that are looked up; 3,many,300000,soon,,\"Dahl, Per, Jr\","},
		"split":    {[]Step{{Split: &Split{Column: "owner", By: ",", Into: []string{"last", "first"}}}, {Select: []string{"last", "first"}}}, "last|first\n1: Berg|Anna\n2: Lie|\n3: Dahl|Per, Jr"},
		"merge":    {[]Step{{Merge: &Merge{Columns: []string{"town", "Living Area", "km"}, By: " / ", Into: "x"}}, selectTwo}, "Id|x\n1: 1|Oslo / 80 / 1\n2: 2|Bergen / 120 / 2.5\n3: 3|many"},
		"convert":  {[]Step{{Convert: &Convert{Column: "km", From: "km", To: "mi", Into: "x"}}, selectTwo}, "Id|x\n1: 1|0.621371192237334\n2: 2|1.5534279805933349\n3: 3|"},
		"join":     {[]Step{{Join: &Join{With: "regions.csv", On: "town", Columns: []string{"region"}}}, {Select: []string{"Id", "region"}}}, "Id|region\n1: 1|east\n2: 2|west\n3: 3|"},
		"join all": {[]Step{{Rename: Pairs{{"town", "place"}}}, {Join: &Join{With: "regions.csv", On: "place", Key: "town", Missing: "refuse"}}, {Select: []string{"region", "rank"}}}, "region|rank\n1: east|1\n2: west|2\n3 refused by step_2_join (): place is \"\", which is no key of regions.csv; 3,many,300000,soon,,\"Dahl, Per, Jr\","},
		"filter":   {[]Step{typed, {Name: "dear", Filter: "price > 100"}, {Select: []string{"Id"}}}, "Id\n1: 1\n3: 3\n2 refused by dear (2): left out, since it is not true that price > 100; 2,120,,2026-03-01,Bergen,Lie,2.5"},
		"in place": {[]Step{typed, {Expression: Pairs{{"price", "price * 2"}, {"x", "price + 1"}}}, selectTwo}, "Id|x\n1: 1|200001\n2: 2|\n3: 3|600001"},
		"text":     {[]Step{{Expression: Pairs{{"x", `row["Living Area"] + ":" + town.lowerAscii()`}}}, selectTwo}, "Id|x\n1: 1|80:oslo\n2: 2|120:bergen\n3: 3|many:"},
		"null":     {[]Step{typed, {Expression: Pairs{{"x", `price == null ? -1 : price`}}}, selectTwo}, "Id|x\n1: 1|100000\n2: 2|-1\n3: 3|300000"},
		"failing":  {[]Step{{Expression: Pairs{{"x", `double(row["Living Area"]) / 2.0`}}}, selectTwo}, "Id|x\n1: 1|40\n2: 2|60\n3 refused by step_1_expression (3): x: type conversion error from 'string' to 'double'; 3,many,300000,soon,,\"Dahl, Per, Jr\","},
		"list":     {[]Step{{Expression: Pairs{{"x", `[town, owner].map(p, p.size())`}}}, selectTwo}, "Id|x\n1: 1|[4,10]\n2: 2|[6,3]\n3: 3|[0,13]"},
	} {
		got, err := applied(t, houses, nil, c.steps...)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nand not\n%s", name, err, got, c.want)
		}
	}
}

// TestUnjoined counts rows whose key the other table lacks.
func TestUnjoined(t *testing.T) {
	b := table3(t, "id,town\n1,Oslo\n2,OSLO\n3,\n4,Bodø\n")
	p, err := Compile([]Step{{Join: &Join{With: "regions.csv", On: "town", Columns: []string{"region"}}}}, columnsOf(b), nil, others)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Apply(b, "").Unjoined; len(got) != 1 || got[0] != (table.Unjoined{Column: "town", Rows: 2, Example: "OSLO"}) {
		t.Errorf("%+v", got)
	}
}

// TestMissing casts cells that say that there is no value.
func TestMissing(t *testing.T) {
	got, err := applied(t, "Id,x\n1,N/A\n2,unknown\n3, 7 \n4,\"1,234.5\"\n5,$5\n", nil, Step{Cast: Pairs{{"x", "float64"}}})
	if err != nil || got != "Id|x\n1: 1|\n2: 2|\n3: 3|7\n4: 4|1234.5\n5: 5|5" {
		t.Error(got, err)
	}
}

// TestDates casts dates, of which some can't be told.
func TestDates(t *testing.T) {
	got, err := applied(t, "Id,x\n1,2026-03-04\n2,03/04/2026\n3,25.12.2026\n4,Mar 4 2026\n", nil, Step{Cast: Pairs{{"x", "date"}}})
	if err != nil || got != "Id|x\n1: 1|2026-03-04\n3: 3|2026-12-25\n4: 4|2026-03-04\n2 refused by step_1_cast (2): x: day and month can't be told apart: \"03/04/2026\"; 2,03/04/2026" {
		t.Error(got, err)
	}
}

// TestDeclared uses what a source says of its columns.
func TestDeclared(t *testing.T) {
	got, err := applied(t, houses, map[string]table.Type{"price": table.Int64}, Step{Expression: Pairs{{"x", "price / 1000"}}}, selectTwo)
	if err != nil || got != "Id|x\n1: 1|100\n2: 2|\n3: 3|300" {
		t.Error(got, err)
	}
}

// TestFaults gives steps that don't fit, of which none may wait until rows are read.
func TestFaults(t *testing.T) {
	for want, steps := range map[string][]Step{
		`steps[0]: rename: there is no column pryce, did you mean "price"?`:           {{Rename: Pairs{{"pryce", "x"}}}},
		`two columns would be called "town"`:                                          {{Rename: Pairs{{"price", "town"}}}},
		`steps[1]: expression.x: 1:1: there is no column prise, did you mean`:         {{Drop: []string{"km"}}, {Expression: Pairs{{"x", "prise * 2"}}}},
		`expression.x: 1:7: found no matching overload for '_*_' applied to '(string`: {{Expression: Pairs{{"x", "price * 2"}}}},
		"price is string; a cast before it says":                                      {{Expression: Pairs{{"x", "price * 2"}}}},
		`row["Living Aria"]: there is no such column, did you mean "Living Area"?`:    {{Expression: Pairs{{"x", `row["Living Aria"]`}}}},
		`write row["town"]`:                     {{Expression: Pairs{{"x", `row.town`}}}},
		"Syntax error":                          {{Filter: "price >"}},
		"and no condition":                      {{Filter: "price"}},
		"is a unit of length, and kg of mass":   {{Convert: &Convert{Column: "km", From: "km", To: "kg"}}},
		"there is no unit mile":                 {{Convert: &Convert{Column: "km", From: "km", To: "mile"}}},
		"stands in twice.csv twice":             {{Join: &Join{With: "twice.csv", On: "town"}}},
		"nothing.csv: no such file":             {{Join: &Join{With: "nothing.csv", On: "town"}}},
		"regions.csv has no column Id":          {{Join: &Join{With: "regions.csv", On: "Id"}}},
		"both tables have a column region":      {{Join: &Join{With: "regions.csv", On: "town"}}, {Join: &Join{With: "regions.csv", On: "town"}}},
		"does one thing, and this one drop and": {{Drop: []string{"km"}, Select: []string{"Id"}}},
		"a step does one of":                    {{Name: "nothing"}},
		"another step is called same":           {{Name: "same", Drop: []string{"km"}}, {Name: "same", Drop: []string{"town"}}},
		`"number" is none of`:                   {{Cast: Pairs{{"km", "number"}}}},
		"split needs into":                      {{Split: &Split{Column: "owner", By: ","}}},
		"no column is left":                     {{Drop: []string{"Id", "Living Area", "price", "listed", "town", "owner", "km"}}},
		"stands there twice":                    {{Select: []string{"Id", "Id"}}},
		`join.missing "maybe" is none of`:       {{Join: &Join{With: "regions.csv", On: "town", Missing: "maybe"}}},
	} {
		_, err := applied(t, houses, nil, steps...)
		if err == nil || !strings.Contains(err.Error(), want) || fault.CodeOf(err) == fault.Unexpected {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestCost ends an expression that would take for ever.
func TestCost(t *testing.T) {
	long := `Id,town` + "\n1," + strings.Repeat("x", 3000) + "\n"
	got, err := applied(t, long, nil, Step{Expression: Pairs{{"x", `town.split("").all(a, town.split("").all(b, town.contains(a + b + "y")))`}}})
	if err != nil || !strings.Contains(got, "cost limit exceeded") && !strings.Contains(got, "x|false") {
		t.Errorf("%.300s, %v", got, err)
	}
}

// TestUnits holds conversions to figures from elsewhere.
func TestUnits(t *testing.T) {
	for _, c := range []struct {
		x        float64
		from, to string
		want     float64
	}{{212, "F", "C", 100}, {-40, "C", "F", -40}, {0, "K", "C", -273.15}, {26.2, "mi", "km", 42.1648128}, {1, "acre", "m2", 4046.8564224}, {1, "gal", "l", 3.785411784},
		{1, "kWh", "kJ", 3600}, {100, "km/h", "mph", 62.13711922373339}, {1, "atm", "", 0}} {
		l, err := conversion(c.from, c.to)
		if c.to == "" {
			if err == nil {
				t.Error("there is a unit atm")
			}
			continue
		}
		if got := l.of(c.x); err != nil || got-c.want > 1e-9 || c.want-got > 1e-9 {
			t.Errorf("%v %s are %v %s, and not %v: %v", c.x, c.from, got, c.to, c.want, err)
		}
	}
}
