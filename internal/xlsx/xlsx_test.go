package xlsx

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

const (
	relations = `<?xml version="1.0"?><Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://x/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="rId3" Type="http://x/styles" Target="styles.xml"/></Relationships>`
	workbookPart = `<workbook xmlns:r="http://r"><workbookPr/><sheets><sheet name="Sales" sheetId="1" r:id="rId1"/><sheet name="Notes" sheetId="2" r:id="rId2"/></sheets></workbook>`
	styles       = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\/mm\/yyyy"/><numFmt numFmtId="165" formatCode="0.00&quot; days&quot;"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="46"/></cellXfs></styleSheet>`
	sharedTexts = `<sst><si><t>id</t></si><si><r><t>na</t></r><r><t xml:space="preserve">me </t></r><rPh sb="0"><t>read</t></rPh></si><si><t>a, "b"_x000A_c &amp; d</t></si></sst>`
	sales       = `<worksheet><dimension ref="B2:G5"/><sheetData><row r="1"/>` +
		`<row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="inlineStr"><is><t>day</t></is></c><c r="E2" t="str"><f>1</f><v>x</v></c><c r="F2" t="str"><v>t</v></c><c r="G2" t="str"><v>last</v></c></row>` +
		`<row r="3"><c r="B3"><v>1</v></c><c r="C3" t="s"><v>2</v></c><c r="D3" s="1"><v>45350</v></c><c r="E3"><v>0.30000000000000004</v></c><c r="F3" t="b"><v>1</v></c></row>` +
		`<row r="4"><c r="B4"/></row>` +
		`<row r="5"><c r="B5"><v>1E3</v></c><c r="D5" s="2"><v>45350.5208333333</v></c><c r="E5" s="3"><v>2.5</v></c><c r="F5" t="e"><v>#N/A</v></c><c r="G5" s="4"><v>0.75</v></c></row></sheetData></worksheet>`
	noSheet = `<worksheet><sheetData/></worksheet>`
)

// book is a workbook of those parts.
func book(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	all := map[string]string{"xl/_rels/workbook.xml.rels": relations, "xl/workbook.xml": workbookPart, "xl/styles.xml": styles,
		"xl/sharedStrings.xml": sharedTexts, "xl/worksheets/sheet1.xml": sales, "xl/worksheets/sheet2.xml": noSheet}
	for name, text := range parts {
		all[name] = text
	}
	for _, name := range []string{"xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, all[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(body []byte, sheet string) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return "", err
	}
	r, err := Open(z, sheet, "f.xlsx")
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestReads(t *testing.T) {
	got, err := read(book(t, nil), "")
	want := "id,\"name \",day,x,t,last\n1,\"a, \"\"b\"\"\nc & d\",2024-02-28,0.30000000000000004,true,\n\n1000,,2024-02-28 12:30:00,2.5,#N/A,18:00:00\n"
	if err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

func TestChoosesASheet(t *testing.T) {
	two := book(t, map[string]string{"xl/worksheets/sheet2.xml": `<worksheet><sheetData><row><c><v>7</v></c><c t="str"><v>b</v></c></row></sheetData></worksheet>`})
	if got, err := read(two, "Notes"); err != nil || got != "7,b\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := read(two, ""); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), `name one: f.xlsx#Sales`) {
		t.Errorf("%v", err)
	}
	if _, err := read(two, "Sale"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), `did you mean "Sales"`) {
		t.Errorf("%v", err)
	}
	if _, err := read(book(t, map[string]string{"xl/worksheets/sheet1.xml": noSheet}), ""); fault.CodeOf(err) != fault.Data {
		t.Errorf("%v", err)
	}
}

// TestSerials has days that Excel shows as these (ECMA-376, 18.17.4).
func TestSerials(t *testing.T) {
	for days, want := range map[float64]string{1: "1900-01-01", 59: "1900-02-28", 61: "1900-03-01", 45351: "2024-02-29", 0.5: "12:00:00", 2958465: "9999-12-31", 60: "", -1: "", 3e6: ""} {
		if got, _ := serial(days, false); got != want {
			t.Errorf("%v days are %q, want %q", days, got, want)
		}
	}
	if got, _ := serial(0, true); got != "1904-01-01" {
		t.Errorf("day 0 from 1904 is %q", got)
	}
}

func TestFormats(t *testing.T) {
	for format, want := range map[string]kind{"yyyy-mm-dd": date, "[h]:mm": elapsed, "[mm]:ss": elapsed, "0.00": plain, `0" days"`: plain, "[Red]0": plain, `\d0`: plain,
		"General": plain, "#,##0_);[Red](#,##0)": plain, "mmm yy": date, "0": plain, "00000": digits, "000\\-00\\-0000": digits, "00000-0000": digits, "0%": plain} {
		if got := styleOf(format); got.kind != want {
			t.Errorf("%q is %d, want %d", format, got.kind, want)
		}
	}
}

// TestShown has numbers as spreadsheets show them in some formats.
func TestShown(t *testing.T) {
	for _, c := range []struct {
		format string
		x      float64
		want   string
	}{
		{"[h]:mm", 1.5, "36:00:00"}, {"[h]:mm:ss", 0.75, "18:00:00"}, {"[h]:mm", 100.0 / 24, "100:00:00"}, {"[h]:mm", 1.5 / 86400, "00:00:01.5"},
		{"00000", 1000, "01000"}, {"000-00-0000", 12345678, "012-34-5678"}, {"00000", 123456, ""}, {"00000", 1.5, ""}, {"00000", -3, ""}, {"[h]:mm", -1, ""},
	} {
		if got, _ := styleOf(c.format).show(c.x, false); got != c.want {
			t.Errorf("%v in %s is %q, want %q", c.x, c.format, got, c.want)
		}
	}
}

// TestLayout has what people do to sheets: cells over several rows, columns and rows
// that are only coloured, a gap before a note.
func TestLayout(t *testing.T) {
	text := func(ref, s string) string { return `<c r="` + ref + `" t="str"><v>` + s + `</v></c>` }
	sheet := `<x:worksheet xmlns:x="http://x"><dimension ref="A1:Z900"/><sheetData>` +
		`<row r="1">` + text("B1", "a") + text("C1", "b") + `</row>` +
		`<row r="2">` + text("B2", "north") + text("C2", "1") + `<c r="X2" s="1"/></row>` +
		`<row r="3">` + text("C3", "2") + `</row><row r="4">` + text("C4", "3") + `</row>` +
		`<row r="5">` + text("B5", "south") + text("C5", "4") + `</row>` +
		`<row r="8">` + text("B8", "note") + `</row><row r="900"><c r="Z900" s="1"></c></row></sheetData>` +
		`<mergeCells><mergeCell ref="B2:B3"/><mergeCell ref="B5:C5"/></mergeCells></x:worksheet>`
	got, err := read(book(t, map[string]string{"xl/worksheets/sheet1.xml": strings.ReplaceAll(strings.ReplaceAll(sheet, "<c ", "<x:c "), "</c>", "</x:c>")}), "")
	if want := "a,b\nnorth,1\nnorth,2\n,3\nsouth,4\n\nnote,\n"; err != nil || got != want {
		t.Errorf("%v\n%q, want\n%q", err, got, want)
	}
	sheet = `<worksheet><sheetData><row r="1">` + text("A1", "a") + `</row><row r="2"><c r="A2"><f>B1*2</f></c></row><row r="3"><c r="A3" t="str"><f>B1</f><v></v></c></row></sheetData></worksheet>`
	if _, err = read(book(t, map[string]string{"xl/worksheets/sheet1.xml": sheet}), ""); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), "1 cells of the sheet \"Sales\" are formulas") || !strings.Contains(err.Error(), "in A2") {
		t.Errorf("%v", err)
	}
}

// TestDamaged changes a byte of a workbook at a time, and cuts it: an error or a
// table, and never a panic.
func TestDamaged(t *testing.T) {
	body := book(t, nil)
	for i := range body {
		broken := bytes.Clone(body)
		broken[i] ^= 0x15
		read(broken, "")
		read(body[:i], "")
	}
}

// FuzzSheet reads any sheet.
func FuzzSheet(f *testing.F) {
	f.Add(sales)
	f.Fuzz(func(t *testing.T, text string) {
		read(book(t, map[string]string{"xl/worksheets/sheet1.xml": text}), "Sales")
	})
}
