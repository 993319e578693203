package dates

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		in      string
		layouts []string
		want    string // in the first layout, RFC 3339
	}{
		{"2021-03-04", []string{"YYYY-MM-DD"}, "2021-03-04T00:00:00Z"},
		{"2021-3-4", []string{"YYYY-MM-DD"}, "2021-03-04T00:00:00Z"},
		{"03/04/2021", []string{"DD/MM/YYYY", "MM/DD/YYYY"}, "2021-04-03T00:00:00Z"},
		{"13/04/2021", []string{"DD/MM/YYYY"}, "2021-04-13T00:00:00Z"},
		{"04/13/2021", []string{"MM/DD/YYYY"}, "2021-04-13T00:00:00Z"},
		{"4.3.99", []string{"DD.MM.YY", "MM.DD.YY"}, "1999-03-04T00:00:00Z"},
		{"3 May 2021", []string{"DD Mon YYYY"}, "2021-05-03T00:00:00Z"},
		{"May 3, 2021", []string{"Mon DD, YYYY"}, "2021-05-03T00:00:00Z"},
		{"8-September-1960", []string{"DD-Month-YYYY"}, "1960-09-08T00:00:00Z"},
		{"2021-03-04T05:06:07Z", []string{"YYYY-MM-DDThh:mm:ssZ"}, "2021-03-04T05:06:07Z"},
		{"2021-03-04 05:06:07.25+02:00", []string{"YYYY-MM-DD hh:mm:ss.f+hh:mm"}, "2021-03-04T03:06:07.25Z"},
		{"03/14/2021 1:05 p.m.", []string{"MM/DD/YYYY hh:mm am"}, "2021-03-14T13:05:00Z"},
		{"3. März 2021", []string{"DD. Month YYYY (de)"}, "2021-03-03T00:00:00Z"},
		{"3. Maerz 2021", nil, ""},
		{"03. Dez. 2021", []string{"DD. Mon YYYY (de)"}, "2021-12-03T00:00:00Z"},
		{"1er août 2021", []string{"DD Mon YYYY (fr)"}, "2021-08-01T00:00:00Z"},
		{"14 fevrier 2021 17:30", []string{"DD Month YYYY hh:mm (fr)"}, "2021-02-14T17:30:00Z"},
		{"3 de marzo de 2021", []string{"DD de Month de YYYY (es)"}, "2021-03-03T00:00:00Z"},
		{"25 de dezembro de 2020", []string{"DD de Month de YYYY (pt)"}, "2020-12-25T00:00:00Z"},
		{"2 giugno 1946", []string{"DD Month YYYY (it)"}, "1946-06-02T00:00:00Z"},
		{"27-april-2021", []string{"DD-Month-YYYY"}, "2021-04-27T00:00:00Z"},
		{"5 mei 1945", []string{"DD Mon YYYY (nl)"}, "1945-05-05T00:00:00Z"},
		{"July 4th, 1976", []string{"Month DD, YYYY"}, "1976-07-04T00:00:00Z"},
		{"2021-03-04 05:06:07 UTC", []string{"YYYY-MM-DD hh:mm:ssZ"}, "2021-03-04T05:06:07Z"},
		{"2024-02-29", []string{"YYYY-MM-DD"}, "2024-02-29T00:00:00Z"},
		{"Monday, March 4, 2024", []string{"Weekday, Month DD, YYYY"}, "2024-03-04T00:00:00Z"},
		{"Mon, Mar 4, 2024 10:05", []string{"Wkd, Mon DD, YYYY hh:mm"}, "2024-03-04T10:05:00Z"},
		{"Friday, May 3, 2024", []string{"Weekday, Month DD, YYYY"}, "2024-05-03T00:00:00Z"},
		{"Fri, 3 May 2024 10:05:06 +0200", []string{"Wkd, DD Mon YYYY hh:mm:ss+hh:mm"}, "2024-05-03T08:05:06Z"},
		{"Wed Jan 17 21:34:00 +0000 2024", []string{"Wkd Mon DD hh:mm:ss+hh:mm YYYY"}, "2024-01-17T21:34:00Z"},
		{"Wed Jan  3 21:34:00 2024", []string{"Wkd Mon DD hh:mm:ss YYYY"}, "2024-01-03T21:34:00Z"},
	} {
		found, ok := Guess(c.in)
		if c.layouts == nil && !ok {
			continue
		}
		if !ok || len(found) != len(c.layouts) {
			t.Errorf("Guess(%q) = %v, want %v", c.in, found, c.layouts)
			continue
		}
		for i, l := range found {
			if l.String() != c.layouts[i] {
				t.Errorf("Guess(%q)[%d] = %s, want %s", c.in, i, l, c.layouts[i])
			}
			if back, err := Named(l.String()); err != nil || back != l {
				t.Errorf("Named(%q) = %+v, %v; want %+v", l, back, err, l)
			}
		}
		got, ok := found[0].Parse(c.in)
		if !ok || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q is read as %v, want %s", c.in, got, c.want)
		}
		if again, ok := found[0].Parse(found[0].Format(got)); !ok || !again.Equal(got) {
			t.Errorf("%q is written as %q, which is read as %v", c.in, found[0].Format(got), again)
		}
	}
}

func TestGuessRefuses(t *testing.T) {
	for _, s := range []string{"", "2021", "12.5", "2021-13-01", "2023-02-29", "31/04/2021", "1-2-3", "10.0.0.1",
		"555-123-4567", "12-34-56-78", "2021-01-01x", "2021-01-01 25:00", "2021/01-01", "1 234 567", "a-b-c", "May 2021",
		"3. 4. 2021", "3. Floréal 2021", "1st/02/2021", "de 3 de mayo", "3 de 4 de 2021", "ééééééééé 3, 2021", "12th 3 2021",
		"Tuesday, March 4, 2024", "Monday, March 2024", "Mon Mar 4 2024", "Monday, Mar 4, 2024", "Mon, March 4, 2024", "20240304", "Mon"} {
		if found, ok := Guess(s); ok {
			t.Errorf("Guess(%q) = %v, want none", s, found)
		}
	}
}

func TestCompact(t *testing.T) {
	for s, want := range map[string]string{"20240229": "2024-02-29", "19991231": "1999-12-31", "20230229": "", "20241301": "", "12345678": "", "2024022": "", "2024022a": "", "18991231": ""} {
		got, ok := Compact(s)
		if ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%q is %v, %v; want %q", s, got, ok, want)
		}
		if ok && CompactLayout.Format(got) != s {
			t.Errorf("%q is written as %q", s, CompactLayout.Format(got))
		}
	}
	if back, err := Named(CompactLayout.String()); err != nil || back != CompactLayout {
		t.Errorf("%v, %v", back, err)
	}
}

// TestCentury has columns of two digits and the years that people mean by them.
func TestCentury(t *testing.T) {
	years := func(from, to int) (used [100]bool) {
		for y := from; y <= to; y++ {
			used[y%100] = true
		}
		return used
	}
	for name, c := range map[string]struct {
		used     [100]bool
		from, to int
		want     int
	}{
		"births":                    {years(1930, 2010), 0, 0, 1930},
		"births of the old":         {years(1925, 1960), 0, 0, 1925},
		"recent years":              {years(2001, 2024), 0, 0, 2001},
		"over the turn":             {years(1994, 2009), 0, 0, 1994},
		"ends of contracts":         {years(2020, 2045), 0, 0, 2020},
		"beside years of four":      {years(1946, 1946), 1950, 2005, 1946},
		"beside years of long ago":  {years(1846, 1846), 1850, 1905, 1846},
		"none":                      {[100]bool{}, 0, 0, 0},
		"all of them, but for some": {years(1927, 2024), 0, 0, 1927},
	} {
		if got := Century(c.used, c.from, c.to); got != c.want {
			t.Errorf("%s: since %d, want %d", name, got, c.want)
		}
	}
	r, _ := Readings("24/12/46")
	if got, ok := r[0].Within(1925); !ok || got.Year() != 1946 {
		t.Errorf("%v, %v", got, ok)
	}
	if got, ok := r[0].Within(0); !ok || got.Year() != 2046 {
		t.Errorf("%v, %v", got, ok)
	}
	r, _ = Readings("29/02/00")
	if got, ok := r[0].Within(1850); ok {
		t.Errorf("29 February 1900 is %v", got)
	}
}

func FuzzGuess(f *testing.F) {
	f.Add("2021-03-04T05:06:07.123+02:00")
	f.Add("Sept. 3, 99")
	f.Add("Sept.. 3, 99")
	f.Add("3. März 2021")
	f.Add("1er août 2021 10:00 UTC")
	f.Add("3 de marzo de 21")
	f.Fuzz(func(t *testing.T, s string) {
		found, _ := Guess(s)
		for _, l := range found {
			got, ok := l.Parse(s)
			if !ok {
				t.Fatalf("%q has layout %s but is not read in it", s, l)
			}
			if y := got.Year(); y < 1000 || y > 9998 {
				continue // an offset may move it to a year of other width
			}
			if again, ok := l.Parse(l.Format(got)); !ok || !again.Equal(got) {
				t.Fatalf("%q is %v, written %q in %s, read %v", s, got, l.Format(got), l, again)
			}
		}
	})
}

func TestChoose(t *testing.T) {
	dmy, _ := Named("DD/MM/YYYY")
	mdy, _ := Named("MM/DD/YYYY")
	iso, _ := Named("YYYY-MM-DD")
	got := Choose(map[Layout]Seen{dmy: {Cells: 40}, mdy: {Cells: 55}, iso: {Cells: 3}})
	if len(got) != 2 || got[0] != mdy || got[1] != iso {
		t.Errorf("Choose = %v, want month first, then ISO", got)
	}
	months := uint16(1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6)
	if got := Choose(map[Layout]Seen{dmy: {Cells: 6, Months: 1 << 1}, mdy: {Cells: 6, Firsts: 6, Months: months}}); len(got) != 1 || got[0] != mdy {
		t.Errorf("the firsts of six months are read as %v", got)
	}
	if got := Choose(map[Layout]Seen{dmy: {Cells: 6, Months: 1 << 1}, mdy: {Cells: 6, Firsts: 6, Months: 1 << 5}}); len(got) != 1 || got[0] != dmy {
		t.Errorf("one date, six times, is read as %v", got)
	}
	if got := Choose(map[Layout]Seen{dmy: {Cells: 4}, mdy: {Cells: 4}}); len(got) != 1 || got[0] != dmy {
		t.Errorf("Choose between equals = %v, want day first", got)
	}
}

// TestLanguages: a layout reads the months of its language, of which some are
// those of others too, short or spelled out.
func TestLanguages(t *testing.T) {
	for layout, texts := range map[string][]string{
		"DD. Month YYYY (de)": {"1. Januar 2021", "1. März 2021", "1. April 2021", "1. Mai 2021", "1. August 2021"},
		"DD Month YYYY (fr)":  {"1 mars 2021", "1 mai 2021", "1 juin 2021", "1 DÉCEMBRE 2021"},
		"DD Month YYYY (nl)":  {"1 april 2021", "1 mei 2021", "1 oktober 2021", "1 december 2021"},
		"DD Month YYYY":       {"1 May 2021", "1 june 2021"},
	} {
		l, err := Named(layout)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			if !l.Reads(s) {
				t.Errorf("%q is not read in %s", s, layout)
			}
		}
	}
	if l, _ := Named("DD. Month YYYY (de)"); l.Reads("1. March 2021") || l.Format(time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)) != "04. März 2021" {
		t.Errorf("German reads English, or writes %q", l.Format(time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)))
	}
	de, _ := Named("DD. Month YYYY (de)")
	en, _ := Named("DD. Month YYYY")
	if got := Choose(map[Layout]Seen{de: {Cells: 8}, en: {Cells: 4}}); len(got) != 1 || got[0] != de {
		t.Errorf("Choose = %v, want German alone", got)
	}
}

func TestTheShortWayReadsAlike(t *testing.T) {
	for _, s := range []string{"2021-03-04", "2021-13-04", "2021-00-10", "0001-01-01", "0000-01-01", "1850-12-28", "9999-06-15",
		"2021-02-29", "2021-3-04", "2021/03/04", "2021-03-0x"} {
		got, n := Readings(s)
		want, k := readings(s)
		if n != k || got != want {
			t.Errorf("%q: %v, want %v", s, got[:n], want[:k])
		}
	}
}

func TestISOReadsAsAllOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 6))
	read := 0
	for range 100_000 {
		text := []byte(time.Unix(rng.Int64N(1e11)-5e10, 0).UTC().Format([]string{time.DateOnly, time.DateTime, "2006-01-02T15:04:05"}[rng.IntN(3)]))
		for range rng.IntN(3) {
			text[rng.IntN(len(text))] = "0123456789-:T ./"[rng.IntN(16)]
		}
		quick, ok := iso(string(text))
		if !ok {
			continue
		}
		read++
		slow, m := readings(string(text))
		if m != 1 || slow[0] != quick {
			t.Fatalf("%q: %v, and %v by the reader of all layouts", text, quick, slow[:m])
		}
	}
	if read < 40_000 {
		t.Fatalf("only %d texts were read", read)
	}
}
