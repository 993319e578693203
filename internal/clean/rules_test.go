package clean

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestRulesOfCells holds what each rule makes of a cell, by the other cells of
// its column; an empty rule means that the cell stays as it is.
// germanDays are dates as Germans spell them out.
func germanDays() map[string]int {
	out := map[string]int{}
	for i, month := range []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"} {
		for day := 3; day < 6; day++ {
			out[fmt.Sprintf("%d. %s %d", day+i, month, 2018+day%3)] = 2
		}
	}
	out["3. April 2020"] = 2
	return out
}

func TestRulesOfCells(t *testing.T) {
	with := func(cells map[string]int, more ...string) map[string]int {
		out := maps.Clone(cells)
		for _, k := range more {
			out[k]++
		}
		return out
	}
	series := func(n int, form string) map[string]int {
		out := map[string]int{}
		for i := range n {
			out[fmt.Sprintf(form, 100+7*i)]++
		}
		return out
	}
	days := map[string]int{"2021-03-14": 20, "2020-11-30": 20}
	numbers := map[string]int{"12": 20, "1050": 20, "7": 20}
	words := map[string]int{"Oak Hill": 40, "Lake": 40}
	flags := map[string]int{"yes": 50, "no": 40}
	times := map[string]int{"7:10 a.m.": 20, "11:45 p.m.": 20, "12:05 p.m.": 20}
	ounces := map[string]int{"12 oz": 40, "16 oz": 30, "8 oz": 20}
	for _, c := range []struct {
		name       string
		cells      map[string]int
		cell, want string
		rule       string
	}{
		{"space at an end", with(words, "Lake "), "Lake ", "Lake", "whitespace"},
		{"spaces in a row", with(words, "Oak  Hill"), "Oak  Hill", "Oak Hill", "whitespace"},
		{"spaces as the custom", map[string]int{"Oak  Hill": 40, "Elm  Hill": 40}, "Oak  Hill", "Oak  Hill", ""},
		{"mojibake", with(words, "SÃ£o Paulo"), "SÃ£o Paulo", "São Paulo", "encoding"},
		{"an entity", with(words, "Salt &amp; Co"), "Salt &amp; Co", "Salt & Co", "encoding"},
		{"an accent that is no mojibake", with(words, "Ângela"), "Ângela", "Ângela", ""},
		{"markup keeps its entities", map[string]int{"<b>a</b> &amp; b": 20, "<i>c</i>": 20}, "<b>a</b> &amp; b", "<b>a</b> &amp; b", ""},
		{"a rare case", with(words, "LAKE"), "LAKE", "Lake", "case"},
		{"two customs", map[string]int{"Lake": 40, "LAKE": 9, "Hill": 9}, "LAKE", "LAKE", ""},
		{"case in codes", map[string]int{"aB3": 40, "x9Q": 40, "AB3": 1}, "AB3", "AB3", ""},
		{"another word", with(words, "Bike"), "Bike", "Bike", ""},
		{"punctuation", map[string]int{"St. John's": 40, "Oakland": 40, "St Johns": 1}, "St Johns", "St. John's", "variant"},
		{"marks glued on", map[string]int{"Lakeside": 40, "Oakland": 40, ":)Lakeside*": 2, ":)Oakland*": 2}, ":)Oakland*", "Oakland", "affix"},
		{"a mark that may mean something", map[string]int{"C": 40, "Java": 40, "C#": 9, "Java#": 2}, "C#", "C#", ""},
		{"grades", map[string]int{"A": 40, "B": 40, "A-": 9, "B-": 9}, "A-", "A-", ""},
		{"a sign of a number", map[string]int{"4.5": 20, "7": 20, "9.25": 20, "-4.5": 2, "-7": 2, "-9.25": 2}, "-7", "-7", ""},
		{"N/A among numbers", with(numbers, "N/A"), "N/A", "", "missing_token"},
		{"N/A among words", with(words, "N/A"), "N/A", "N/A", ""},
		{"thousands", with(numbers, "1,050"), "1,050", "1050", "number"},
		{"a decimal comma", map[string]int{"1,5": 30, "22,75": 30, "3": 9}, "22,75", "22.75", "number"},
		{"thousands with points", map[string]int{"1.234.567": 20, "12.500": 20, "3,5": 20}, "12.500", "12500", "number"},
		{"commas of two customs", map[string]int{"1,5": 30, "1,234,567": 30, "3": 9}, "1,5", "1,5", ""},
		{"a bookkeeper's minus", map[string]int{"1050": 60, "7": 40, "(1,050)": 1}, "(1,050)", "-1050", "number"},
		{"currency on some", with(numbers, "$7", "$12", "$1050"), "$7", "7", "unit"},
		{"a unit that all have", ounces, "12 oz", "12 oz", ""},
		{"a unit in two spellings", map[string]int{"12 oz": 40, "16 oz.": 30, "8.0 ounce": 20}, "8.0 ounce", "8", "unit"},
		{"two units", map[string]int{"5 kg": 40, "900 g": 30, "7 kg": 9}, "900 g", "900 g", ""},
		{"a word among numbers", with(numbers, "many"), "many", "many", ""},
		{"another layout", with(days, "31/12/2020"), "31/12/2020", "2020-12-31", "date"},
		{"day or month, proven by others", with(days, "31/12/2020", "30/01/2021", "05/04/2021"), "05/04/2021", "2021-04-05", "date"},
		{"day or month, not proven", with(days, "31/12/2020", "01/30/2021", "05/04/2021"), "05/04/2021", "05/04/2021", ""},
		{"a date in words", with(days, "3 May 2020"), "3 May 2020", "2020-05-03", "date"},
		{"a clock with a date", with(times, "Dec 2 8:15a"), "Dec 2 8:15a", "8:15 a.m.", "clock"},
		{"a clock without its half", with(times, "8:15"), "8:15", "8:15", ""},
		{"hours and minutes", map[string]int{"95 min": 30, "110 min": 30, "1 hr 30 min": 1}, "1 hr 30 min", "90 min", "duration"},
		{"another yes", with(flags, "Y", "Y", "N"), "Y", "yes", "boolean"},
		{"yes is no number", map[string]int{"1": 30, "0": 30, "2": 30}, "1", "1", ""},
		{"a lost zero", map[string]int{"02139": 30, "10115": 30, "94110": 30, "2139": 2}, "2139", "02139", "zeros"},
		{"numbers have no lost zero", map[string]int{"12139": 30, "10115": 30, "94110": 30, "2139": 2}, "2139", "2139", ""},
		{"a telephone number", with(series(40, "617-555-0%d"), "(617) 555-0199"), "(617) 555-0199", "617-555-0199", "template"},
		{"a range that became a date", with(series(30, "%d-999"), "12-Oct"), "12-Oct", "10-12", "spreadsheet"},
		{"a number with a unit most have", map[string]int{"12 oz": 90, "16 oz": 30, "8.5": 2, "8 oz.": 3}, "8.5", "8.5", ""},
		{"grams among kilograms", map[string]int{"12.5 kg": 60, "8.25 kg": 30, "11 kg": 20, "9.75 kg": 20, "9500 g": 6, "12750 g": 5}, "12750 g", "12.75 kg", "unit"},
		{"grams that are grams", map[string]int{"12.5 kg": 60, "8.25 kg": 30, "5 g": 9}, "5 g", "5 g", ""},
		{"two currencies", map[string]int{"120": 90, "95.50": 40, "€110": 9, "$99": 9}, "€110", "€110", ""},
		{"two marks for fractions", map[string]int{"1.25": 40, "3.5": 40, "2,75": 9}, "2,75", "2.75", "number"},
		{"a fraction or thousands", map[string]int{"1.25": 40, "3.5": 40, "2,75": 9, "2,750": 1}, "2,750", "2,750", ""},
		{"a fraction of zeros", map[string]int{"12": 40, "30": 40, "50.0": 3}, "50.0", "50", "number"},
		{"fractions", map[string]int{"12": 40, "30": 40, "50.0": 3, "7.5": 3}, "50.0", "50.0", ""},
		{"midnight", with(days, "2020-01-02 00:00:00"), "2020-01-02 00:00:00", "2020-01-02", "date"},
		{"a time of day", with(days, "2020-01-02 08:30:00"), "2020-01-02 08:30:00", "2020-01-02 08:30:00", ""},
		{"a date in German", with(days, "3. März 2020"), "3. März 2020", "2020-03-03", "date"},
		{"a date in French", with(days, "le 3 mars 2020"), "le 3 mars 2020", "le 3 mars 2020", ""},
		{"another layout among dates in German", with(germanDays(), "2020-10-03"), "2020-10-03", "3. Oktober 2020", "date"},
		{"a month that is English too", germanDays(), "3. April 2020", "3. April 2020", ""},
		{"seconds among dates", with(days, "1609459200"), "1609459200", "2021-01-01", "spreadsheet"},
		{"thousandths of seconds among dates", with(days, "1609459200000"), "1609459200000", "2021-01-01", "spreadsheet"},
		{"seconds of another age", with(days, "1680566400"), "1680566400", "1680566400", ""},
		{"seconds within a day", with(days, "1609459261"), "1609459261", "1609459261", ""},
		{"an ISSN without its dash and zero", map[string]int{"0028-0836": 30, "0036-8075": 30, "1095-920X": 20, "280836": 1}, "280836", "0028-0836", "template"},
		{"another name of a country", map[string]int{"Germany": 30, "France": 30, "Spain": 20, "DE": 1, "Deutschland": 1}, "Deutschland", "Germany", "synonym"},
		{"a country never seen so", map[string]int{"Germany": 30, "France": 30, "Spain": 20}, "ESP", "Spain", "synonym"},
		{"codes of countries", map[string]int{"DE": 30, "FR": 30, "ES": 20, "Germany": 1}, "Germany", "DE", "synonym"},
		{"a word beside a number", with(series(60, "%d patients"), "7 pattients"), "7 pattients", "7 patients", "frame"},
		{"a letter in a number", with(series(60, "%d patients"), "7l patients"), "7l patients", "7l patients", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cleaner := learned(t, columnOf(c.cells, profile.Reading{}), Options{})
			got, edits := cleaned(cleaner, []string{c.cell})
			rule := ""
			for _, e := range edits {
				rule = e.by
				if e.confidence <= 0 || e.confidence > 1 {
					t.Errorf("confidence %v", e.confidence)
				}
			}
			if got[0] != c.want || rule != c.rule {
				t.Errorf("%q becomes %q by %q, want %q by %q", c.cell, got[0], rule, c.want, c.rule)
			}
			if again, edits := cleaned(cleaner, got); len(edits) > 0 {
				t.Errorf("the clean cell %q becomes %q by %s", got[0], again[0], edits[0].by)
			}
		})
	}
}

func TestMissingTextsThatTheUserListed(t *testing.T) {
	table := columnOf(map[string]int{"1": 19, "2": 19, "-99": 3, "NA": 1}, profile.Reading{Missing: []string{"-99"}})
	cleaner := learned(t, table, Options{})
	for cell, want := range map[string]string{"-99": "", "NA": "NA", "2": "2"} {
		if got, _ := cleaned(cleaner, []string{cell}); got[0] != want {
			t.Errorf("%q becomes %q", cell, got[0])
		}
	}
}

func TestValuesThatTheUserMaps(t *testing.T) {
	table := columnOf(map[string]int{"red": 19, "crimson": 2, "blue": 9}, profile.Reading{})
	cleaner := learned(t, table, Options{Maps: map[string]map[string]string{"c": {"crimson": "red"}}})
	if got, edits := cleaned(cleaner, []string{"crimson"}); got[0] != "red" || edits[0].by != Map {
		t.Errorf("crimson becomes %q: %v", got[0], edits)
	}
}

func TestUnknownRules(t *testing.T) {
	if err := (Options{Rules: []string{"whitespaces"}}).Validate(); err == nil || !strings.Contains(err.Error(), `did you mean "whitespace"?`) {
		t.Error(err)
	}
}

func TestOff(t *testing.T) {
	cleaner := learned(t, columnOf(map[string]int{"a": 19, " a": 2}, profile.Reading{}), Options{Off: true})
	if !cleaner.Idle() {
		t.Error("rules are learned although cleaning is off")
	}
}
