package names

import (
	"strings"
	"testing"
)

// meaning is what a name means in a dictionary.
func meaning(dictionary, name string) string {
	for _, d := range Dictionaries {
		if d.Name == dictionary {
			return d.IDs()[Key(name)]
		}
	}
	return ""
}

func TestNamesOfOneThing(t *testing.T) {
	for _, c := range []struct {
		dictionary, id string
		names          []string
	}{
		{"country", "DE", []string{"Germany", "DEUTSCHLAND", "Allemagne", "de", "DEU"}},
		{"country", "US", []string{"USA", "U.S.A.", "United States", "america"}},
		{"us_state", "CA", []string{"California", "Calif.", "ca"}},
		{"currency", "EUR", []string{"€", "euro", "EUR"}},
		{"weekday", "tuesday", []string{"Tue", "TUES", "tuesday"}},
		{"month", "september", []string{"Sep", "Sept.", "September"}},
	} {
		for _, name := range c.names {
			if got := meaning(c.dictionary, name); got != c.id {
				t.Errorf("%s means %q among %s, not %s", name, got, c.dictionary, c.id)
			}
		}
	}
	if got := meaning("country", "S.A."); got != "" {
		t.Errorf("S.A. is the country %q", got)
	}
}

// TestLongTextsAreNoNames asks for names of the length that one may have, and of more.
func TestLongTextsAreNoNames(t *testing.T) {
	const kingdom = "United Kingdom of Great Britain and Northern Ireland"
	for n, want := range map[int]bool{64 - len(kingdom): true, 65 - len(kingdom): false} {
		if name := kingdom + strings.Repeat(".", n); Differ(name, "France") != want {
			t.Errorf("%d bytes are told from France: %v", len(name), !want)
		}
	}
}

func TestDiffer(t *testing.T) {
	for _, pair := range [][2]string{{"Zambia", "Gambia"}, {"Andrea", "Andrew"}, {"march", "may"}} {
		if !Differ(pair[0], pair[1]) {
			t.Errorf("%s and %s are names of two things", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"Germany", "Deutschland"}, {"Germany", "Germny"}, {"x", "y"}} {
		if Differ(pair[0], pair[1]) {
			t.Errorf("%s and %s are told apart", pair[0], pair[1])
		}
	}
}
