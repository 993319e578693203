package htmltable

import (
	"io"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

func read(page, name string) (string, error) {
	r, err := Open(strings.NewReader(page), name, "page.html")
	if err != nil {
		return "", err
	}
	out, err := io.ReadAll(r)
	return string(out), err
}

const two = `<html><body><table id=layout><tr><td>
<table id="prices"><caption>Prices of <b>2026</b></caption>
<tfoot><tr><td>all</td><td>3</td></tr></tfoot>
<thead><tr><th>town<th>price</thead>
<tr><td>Oslo<br>west<td>1&nbsp;000</tr><tr><td><script>x()</script>Bergen &amp; Bod&oslash;</td><td>2</td><td>extra</td></tr></table>
</td></tr><tr><td>
<table><tr><th rowspan=2>region<th colspan=2>sold</tr><tr><th>2025<th>2026</tr><tr><td rowspan="2">east<td>1<td>2<tr><td>3<td>4<tr><td>west<td>5<td>"6"</table>
</td></tr></table><table><tr><td>one row</td></tr></table>`

// TestTables reads each table of a page.
func TestTables(t *testing.T) {
	prices := "town,price,\nOslo west,1 000,\nBergen & Bodø,2,extra\nall,3,\n"
	sold := "region,sold,sold\nregion,2025,2026\neast,1,2\neast,3,4\nwest,5,\"\"\"6\"\"\"\n"
	for name, want := range map[string]string{"1": prices, "prices": prices, "prices of 2026": prices, "2": sold} {
		if got, err := read(two, name); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	only := "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
	if got, err := read(only, ""); err != nil || got != "a\n1\n" {
		t.Errorf("%q, %v", got, err)
	}
	latin := "<meta charset=iso-8859-1><table><tr><td>caf\xe9</td></tr><tr><td>x</td></tr></table>"
	if got, err := read(latin, ""); err != nil || got != "café\nx\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		page, name, want string
		code             fault.Code
	}{
		{two, "", "the page has the tables 1 (Prices of 2026), 2; name one: page.html#1", fault.Usage},
		{two, "3", "the page has no table 3; there are 1 (Prices of 2026), 2", fault.Usage},
		{"<p>nothing", "", "the page has no table", fault.Data},
		{"<table><tr><td colspan=1000>" + strings.Repeat("<td colspan=1000>", 200) + "<tr><td>x", "", "more than", fault.Data},
	} {
		if _, err := read(c.page, c.name); err == nil || !strings.Contains(err.Error(), c.want) || fault.CodeOf(err) != c.code {
			t.Errorf("%.60s: %v", c.page, err)
		}
	}
}

// TestHostile reads pages that would take for ever, or all memory.
func TestHostile(t *testing.T) {
	for name, page := range map[string]string{
		"deep":    strings.Repeat("<div>", 100_000) + "<table><tr><td>1<tr><td>2",
		"nested":  strings.Repeat("<table><tr><td>", 3000),
		"spans":   "<table>" + strings.Repeat("<tr><td rowspan=65534 colspan=1000>x", 30_000),
		"unended": "<table><tr><td>" + strings.Repeat("<b>", 20_000),
	} {
		if _, err := read(page, ""); err != nil && fault.CodeOf(err) == fault.Unexpected {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOpen reads anything: a table or a fault, and never a panic.
func FuzzOpen(f *testing.F) {
	f.Add(two, "1")
	f.Fuzz(func(t *testing.T, page, name string) {
		if _, err := read(page, name); err != nil && !fault.Is(err) {
			t.Error(err)
		}
	})
}
