package jsonrows

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// got is what was read of a file, without the grid that it was read by.
type got struct {
	Rows    []string
	Rejects []string
	Late    map[string]int64
}

func planOf(kind Kind, text string, blockSize, start int64) (grid.Plan, error) {
	if kind == Lines {
		return csv.NewPlan(strings.NewReader(text), csv.Lines(0), blockSize, start, 1)
	}
	return NewPlan(kind, strings.NewReader(text), blockSize, start, "f")
}

// read reads a text in blocks of that size.
func read(t *testing.T, kind Kind, text string, blockSize int64, columns ...string) (got, error) {
	t.Helper()
	names, start, err := Detect(kind, []byte(text), true, "f")
	if err != nil {
		return got{}, err
	}
	if len(columns) == 0 {
		columns = names
	}
	plan, err := planOf(kind, text, blockSize, start)
	if err != nil {
		return got{}, err
	}
	r := &Reader{Kind: kind, Plan: plan, Source: "f", Columns: columns}
	out := got{Late: map[string]int64{}}
	records := int64(0)
	for b := range plan.Blocks {
		batch, err := r.Block(strings.NewReader(text), b)
		if err != nil {
			t.Fatal(err)
		}
		out.note(batch)
		records += int64(batch.Len() + len(batch.Rejects))
	}
	if records != plan.Records {
		t.Errorf("blocks of %d: %d records, the plan says %d", blockSize, records, plan.Records)
	}
	return out, nil
}

func (g *got) note(b table.Batch) {
	for i := range b.Len() {
		row := fmt.Sprint(b.Row(i), ":")
		for c := range int(b.Record.NumCols()) {
			row += "|" + b.Text(c).Value(i)
		}
		g.Rows = append(g.Rows, row)
	}
	for _, r := range b.Rejects {
		g.Rejects = append(g.Rejects, fmt.Sprintf("%d at line %d, byte %d: %s: %q", r.Row, r.Line, r.Offset, r.Rule, r.Input))
	}
	for name, n := range b.Late {
		g.Late[name] += n
	}
}

const nasty = `{"id": 1, "name": "a,\"b\"", "at": {"x": 1.50, "y": [1, 2]}}

{"name": "é\n", "id": 2}
{"id": 3, "id": 4}
{"id": 5, "name": }
{"id": 6, "at": {"x": null, "z": "]}"}, "extra": {}}
not json
["id"]
{"id": 7, "name": "last"}`

func TestLines(t *testing.T) {
	want, err := read(t, Lines, nasty, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if rows := []string{`1:|1|a,"b"|1.50|[1, 2]|`, "2:|2|é\n|||", `5:|6||||]}`, "8:|7|last|||"}; !reflect.DeepEqual(want.Rows, rows) {
		t.Errorf("the rows are %q", want.Rows)
	}
	if n := len(want.Rejects); n != 4 || !strings.HasPrefix(want.Rejects[0], fmt.Sprintf(`3 at line 4, byte %d: duplicate_member: "{\"id\": 3`, strings.Index(nasty, `{"id": 3`))) || !strings.HasPrefix(want.Rejects[2], "6 at line 7, byte") {
		t.Errorf("the rejects are %q", want.Rejects)
	}
	for size := int64(1); size < int64(len(nasty))+2; size++ { // cut anywhere
		if g, err := read(t, Lines, nasty, size); err != nil || !reflect.DeepEqual(g, want) {
			t.Fatalf("in blocks of %d: %+v, %v", size, g, err)
		}
	}
}

const elements = "\ufeff [ {\"id\": 1, \"s\": \"],{\\\"\"} ,\n{\"id\": 2, \"deep\": {\"a\": [[1], {\"b\": \"}\"}]}},\n 3, \"text\", {\"id\": tru}, null,\n{\"id\":4}\n]\n "

func TestArray(t *testing.T) {
	want, err := read(t, Array, elements, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if rows := []string{`1:|1|],{"|`, `2:|2||[[1], {"b": "}"}]`, "7:|4||"}; !reflect.DeepEqual(want.Rows, rows) {
		t.Errorf("the rows are %q", want.Rows)
	}
	if n := len(want.Rejects); n != 4 || !strings.HasPrefix(want.Rejects[2], "5 at line 3, byte") {
		t.Errorf("the rejects are %q", want.Rejects)
	}
	for size := int64(1); size < int64(len(elements))+2; size++ {
		if g, err := read(t, Array, elements, size); err != nil || !reflect.DeepEqual(g, want) {
			t.Fatalf("in blocks of %d: %+v, %v", size, g, err)
		}
	}
	for text, says := range map[string]string{
		`[{"id": 1} {"id": 2}]`: "does not stand there", `[{"id": 1},, {"id": 2}]`: "does not stand there", `[{"id": 1}`: "not closed",
		`[{"id": "1}]`: "no object", `[{"id": 1}] {"id": 2}`: "does not stand there", `[]`: "no object", ``: "empty", `[1, 2]`: "no object",
	} {
		if g, err := read(t, Array, text, 8); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %+v, %v", text, g, err)
		}
	}
}

// TestSeveralArrays takes the array that is the least deep, and none of several.
func TestSeveralArrays(t *testing.T) {
	g, err := read(t, Wrapped, `{"a": {"b": [{"x": 1}]}, "c": [{"y": NaN}, {"y": -Infinity}, {"y": -1}]}`, 8)
	if err != nil || !reflect.DeepEqual(g.Rows, []string{"1:|NaN", "2:|-Infinity", "3:|-1"}) {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err = read(t, Wrapped, `{"a": [{"x": 1}], "c": [{"y": 2}]}`, 8); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), "several arrays") {
		t.Errorf("%v", err)
	}
}

// TestLateColumns counts what the columns do not have, and reads it when it is
// named.
func TestLateColumns(t *testing.T) {
	g, err := read(t, Lines, nasty, 50, "id")
	if err != nil || !reflect.DeepEqual(g.Late, map[string]int64{"name": 3, "at.x": 2, "at.y": 1, "at.z": 1}) {
		t.Errorf("%v, %v", g.Late, err)
	}
}

// TestBothKindsAgree writes random records as lines and as an array.
func TestBothKindsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var one, other bytes.Buffer
	other.WriteString("[")
	for i := range 3000 {
		text := fmt.Sprintf(`{"id": %d, "a": "%s", "b": {"c": %g, "d": [%d, "]"]}}`, i, strings.Repeat("\\\"x,", rng.IntN(40)), rng.NormFloat64(), i)
		if rng.IntN(50) == 0 {
			text = strings.Replace(text, ":", " ", 1)
		}
		one.WriteString(text + "\n")
		if i > 0 {
			other.WriteString(",\n")
		}
		other.WriteString(text)
	}
	other.WriteString("]")
	a, err := read(t, Lines, one.String(), 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	b, err := read(t, Array, other.String(), 10<<10)
	if err != nil || !reflect.DeepEqual(a.Rows, b.Rows) || len(a.Rejects) != len(b.Rejects) || len(a.Rejects) == 0 {
		t.Errorf("%d and %d rows, %d and %d rejects, %v", len(a.Rows), len(b.Rows), len(a.Rejects), len(b.Rejects), err)
	}
	wrapped := `{"meta": {"note": "[{", "tags": [1, 2]}, "page": {"rows": ` + other.String() + `, "next": null}, "more": [3, {"x": ["y"]}]}` + "\n"
	if b, err = read(t, Wrapped, wrapped, 10<<10); err != nil || !reflect.DeepEqual(a.Rows, b.Rows) || len(a.Rejects) != len(b.Rejects) {
		t.Errorf("wrapped: %d and %d rows, %d and %d rejects, %v", len(a.Rows), len(b.Rows), len(a.Rejects), len(b.Rejects), err)
	}
}

func TestTooLong(t *testing.T) {
	long := `{"id": "` + strings.Repeat("x", grid.MaxRecord) + `"}`
	for kind, text := range map[Kind]string{
		Lines: `{"id": 1}` + "\n" + long + "\n" + `{"id": 2}`,
		Array: `[{"id": 1},` + long + `,{"id": 2}]`,
	} {
		g, err := read(t, kind, text, 1<<20, "id")
		if err != nil || len(g.Rows) != 2 || len(g.Rejects) != 1 || !strings.Contains(g.Rejects[0], RuleTooLong) {
			t.Errorf("%s: %d rows, %.200q, %v", kind, len(g.Rows), g.Rejects, err)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       Kind
		ok         bool
	}{
		{"a.csv", "a,b\n1,2\n", "", false}, {"a.jsonl", "x", Lines, true}, {"a.txt", `{"a": 1}` + "\n", Lines, true},
		{"a.txt", "{a},b\n", "", false}, {"a", "\ufeff[\n{", Array, true}, {"a.csv", "[x],y\n", "", false}, {"a.json", "[]", Array, true},
		{"a.json", `{"data": [{"a": 1}, {"a": 2}]}`, Wrapped, true}, {"a.geojson", "{\n \"type\": \"x\",\n \"features\": [\n  {\"a\": 1}, {", Wrapped, true},
		{"a.json", `{"id": 1, "items": [{"a": 1}]}` + "\n" + `{"id": 2, "items": []}`, Lines, true}, {"a.jsonl", `{"id": 1, "items": [{"a": 1}]}`, Lines, true},
		{"a.json", `{"id": 1, "points": [[1, 2]]}`, Lines, true},
	} {
		if kind, ok := Sniff([]byte(c.text), c.name); ok != c.ok || ok && kind != c.kind {
			t.Errorf("%s %q: %s, %v", c.name, c.text, kind, ok)
		}
	}
}

// FuzzRead reads anything, whole and in small blocks: the same, and no panic.
func FuzzRead(f *testing.F) {
	f.Add(nasty, uint8(7))
	f.Add(elements, uint8(3))
	f.Add(`[{"a":"\\"},[],{"b":1}]`, uint8(1))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		kind, ok := Sniff([]byte(text), "f.json")
		if !ok {
			return
		}
		want, err := read(t, kind, text, 1<<20)
		if err != nil {
			if fault.CodeOf(err) != fault.Data {
				t.Errorf("%v is no fault of the data", err)
			}
			return
		}
		if got, err := read(t, kind, text, int64(size)+1); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("in blocks of %d: %+v, %v; whole: %+v", size+1, got, err, want)
		}
	})
}
