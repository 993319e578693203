package profile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/table"
)

// batch makes a batch of text.
func batch(names []string, rows [][]string) table.Batch {
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = arrow.Field{Name: n, Type: arrow.BinaryTypes.String}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for _, r := range rows {
		for i, c := range r {
			b.Field(i).(*array.StringBuilder).Append(c)
		}
	}
	return table.Batch{First: 1, Record: b.NewRecordBatch()}
}

func TestInfer(t *testing.T) {
	names := []string{"Id", "int", "float", "date", "mixed date", "bool", "class", "quality", "text", "constant", "zip", "gap", "money", "y"}
	var rows [][]string
	for i := range 200 {
		date := fmt.Sprintf("%02d/%02d/2021", i%28+1, i%12+1)
		if i%10 == 0 {
			date = fmt.Sprintf("2021-%02d-%02d", i%12+1, i%28+1)
		}
		rows = append(rows, []string{
			fmt.Sprint(i + 1), fmt.Sprint(i % 50), fmt.Sprint(float64(i) / 7), fmt.Sprintf("2021-03-%02d", i%28+1), date,
			[]string{"true", "False"}[i%2], []string{"red", "green", "NA"}[i%3], []string{"Gd", "TA", "Fa", "Ex"}[i%4],
			fmt.Sprintf("some words that say thing %d", i), "same", fmt.Sprintf("%05d", i*37), []string{"NA", "none", "1.5", "2"}[i%4],
			fmt.Sprintf("$1,%03d.50", i), []string{"yes", "no"}[i/150],
		})
	}
	var acc Table
	acc.Add(batch(names, rows), Reading{Target: "y"})
	s := Infer(acc, Options{Target: "y"})
	type col struct {
		Type     table.Type
		Role     table.Role
		Presence table.Presence
	}
	want := map[string]col{
		"Id":         {table.Int64, table.RoleKey, table.Required},
		"int":        {table.Int64, table.RoleNumeric, table.Required},
		"float":      {table.Float64, table.RoleNumeric, table.Required},
		"date":       {table.Date, table.RoleDate, table.Required},
		"mixed date": {table.Date, table.RoleDate, table.Required},
		"bool":       {table.Bool, table.RoleCategorical, table.Required},
		"class":      {table.Categorical, table.RoleCategorical, table.Optional},
		"quality":    {table.Categorical, table.RoleCategorical, table.Required},
		"text":       {table.String, table.RoleText, table.Required},
		"constant":   {table.Categorical, table.RoleConstant, table.Required},
		"zip":        {table.String, table.RoleIgnore, table.Required},
		"gap":        {table.Float64, table.RoleNumeric, table.Optional},
		"money":      {table.Float64, table.RoleNumeric, table.Required},
		"y":          {table.Categorical, table.RoleTarget, table.Required},
	}
	for _, c := range s.Columns {
		if got := (col{c.Type, c.Role, c.Presence}); got != want[c.Name] {
			t.Errorf("%s: %v, want %v", c.Name, got, want[c.Name])
		}
	}
	if q, _ := s.Column("quality"); !q.Ordered || cmp.Diff(q.Domain, []string{"Fa", "TA", "Gd", "Ex"}) != "" {
		t.Errorf("quality: %v, ordered %v", q.Domain, q.Ordered)
	}
	if d, _ := s.Column("mixed date"); cmp.Diff(d.Layouts, []string{"DD/MM/YYYY", "YYYY-MM-DD"}) != "" {
		t.Errorf("mixed date: %v", d.Layouts)
	}
	if g, _ := s.Column("gap"); cmp.Diff(g.Missing, []string{"NA", "none"}) != "" {
		t.Errorf("gap: missing are %v", g.Missing)
	}
	text, err := table.MarshalSchema(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := table.UnmarshalSchema(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if d := cmp.Diff(s, back); d != "" {
		t.Error(d)
	}
}

// TestMergeEqualsAdd is the law of every accumulator: counted in parts, in any
// grouping, or at once, it says the same.
func TestMergeEqualsAdd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "y"}
	var rows [][]string
	for range 3000 {
		rows = append(rows, []string{
			fmt.Sprint(rng.IntN(100)), []string{"x", "y ", "NA", "", "3/4/2021"}[rng.IntN(5)],
			fmt.Sprint("text ", rng.IntN(500)), fmt.Sprint(rng.IntN(5)),
		})
	}
	var whole, parts Table
	whole.Add(batch(names, rows), Reading{Target: "y"})
	for i := 0; i < len(rows); i += 300 {
		var p Table
		p.Add(batch(names, rows[i:i+300]), Reading{Target: "y"})
		parts.Merge(p)
	}
	s := Infer(whole, Options{Target: "y"})
	a, b := Summarize(whole, s), Summarize(parts, Infer(parts, Options{Target: "y"}))
	for i := range a.Columns { // quantiles may differ: they were compressed
		for _, c := range []*Summary{&a.Columns[i], &b.Columns[i]} {
			c.Sketch, c.Quantiles, c.Histogram = Packed{}, nil, nil
		}
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

func TestStrength(t *testing.T) {
	names := []string{"x", "g", "y", "k"}
	var rows [][]string
	for i := range 100 {
		rows = append(rows, []string{fmt.Sprint(i), []string{"a", "b"}[i%2], fmt.Sprint(2 * i), []string{"p", "q"}[i%2]})
	}
	var acc Table
	acc.Add(batch(names, rows), Reading{Target: "y"})
	p := Summarize(acc, Infer(acc, Options{Target: "y"}))
	if s := p.Find("x").Target; s == nil || s.Measure != "pearson" || s.Value != 1 {
		t.Errorf("x with y: %+v", s)
	}
	if s := p.Find("g").Target; s == nil || s.Measure != "correlation_ratio" || s.Value > 0.05 {
		t.Errorf("g with y: %+v", s)
	}
	acc = Table{}
	acc.Add(batch(names, rows), Reading{Target: "k"})
	p = Summarize(acc, Infer(acc, Options{Target: "k"}))
	if s := p.Find("g").Target; s == nil || s.Measure != "cramers_v" || s.Value < 0.999 {
		t.Errorf("g with k: %+v", s)
	}
}

// TestRealRoles holds what a person who looks at the real tables would say.
func TestRealRoles(t *testing.T) {
	dir := os.Getenv("BEAMLINE_DATA")
	if dir == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	for file, roles := range map[string]map[string]table.Role{
		"ames/train.csv":            {"Id": table.RoleKey, "LotFrontage": table.RoleNumeric, "Neighborhood": table.RoleCategorical, "PoolQC": table.RoleCategorical, "Street": table.RoleCategorical},
		"tabular/titanic_train.csv": {"PassengerId": table.RoleKey, "Name": table.RoleText, "Sex": table.RoleCategorical, "Age": table.RoleNumeric, "Embarked": table.RoleCategorical},
		"text/sms.tsv":              {"c1": table.RoleCategorical, "c2": table.RoleText},
		"geo/nyc_taxi.csv":          {"obs_id": table.RoleKey, "trip_distance": table.RoleNumeric},
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		b, err := csv.ReadBytes(data, file, csv.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		var acc Table
		acc.Add(b, Reading{Target: ""})
		s := Infer(acc, Options{})
		for name, want := range roles {
			if c, _ := s.Column(name); c.Role != want {
				t.Errorf("%s: %s is %s (%s), want %s", file, name, c.Role, c.Type, want)
			}
		}
	}
}

// TestDaysAndCenturies reads numbers that are dates, and years of two digits.
func TestDaysAndCenturies(t *testing.T) {
	names := []string{"day", "code", "born", "both"}
	var rows [][]string
	for i := range 60 {
		both := fmt.Sprintf("%02d/%02d/%d", i%28+1, i%12+1, 1950+i)
		if i == 7 {
			both = "24/12/46"
		}
		rows = append(rows, []string{fmt.Sprintf("2023%02d%02d", i%12+1, i%28+1), fmt.Sprintf("2023%02d%02d", i%12+1, i%45+1), fmt.Sprintf("%02d/%02d/%02d", i%28+1, i%12+1, 35+i), both})
	}
	var acc Table
	acc.Add(batch(names, rows), Reading{})
	s := Infer(acc, Options{})
	p := Summarize(acc, s)
	for name, want := range map[string]struct {
		kind     table.Type
		since    int
		min, max any
	}{
		"day":  {table.Date, 0, "2023-01-01", "2023-12-24"},
		"code": {table.Int64, 0, 20230101.0, 20231236.0},
		"born": {table.Date, 1935, "1935-01-01", "1994-12-04"},
		"both": {table.Date, 1946, "1946-12-24", "2009-12-04"},
	} {
		c, _ := s.Column(name)
		if got := p.Find(name); c.Type != want.kind || c.Since != want.since || got.Min != want.min || got.Max != want.max || got.Invalid > 0 {
			t.Errorf("%s is %s since %d, from %v to %v, %d invalid; want %v", name, c.Type, c.Since, got.Min, got.Max, got.Invalid, want)
		}
	}
}
