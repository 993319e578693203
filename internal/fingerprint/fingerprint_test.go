package fingerprint

import "testing"

func TestOf(t *testing.T) {
	for _, same := range [][]string{
		{"New York", "new york", "NEW-YORK", "New  York."},
		{"Zürich", "zurich", "Z\u0075\u0308rich"},
		{"1 000 m", "1 000 M"},
		{"O'Hara", "o\u2019hara"},
	} {
		for _, s := range same {
			if Of(s) != Of(same[0]) {
				t.Errorf("%q has the fingerprint %q, and %q %q", s, Of(s), same[0], Of(same[0]))
			}
		}
	}
	for _, other := range [][2]string{{"1 000", "10 00"}, {"1000", "1 000"}, {"Paris", "Pars"}} {
		if Of(other[0]) == Of(other[1]) {
			t.Errorf("%q and %q have one fingerprint", other[0], other[1])
		}
	}
}

func TestTrivial(t *testing.T) {
	for s, want := range map[string]bool{"O'Hara & Co.": true, "a-b": true, "50 %": false, "C++": false, "#7": false, "": true} {
		if Trivial(s) != want {
			t.Errorf("what is dropped of %q is trivial: %v", s, !want)
		}
	}
}

func TestPlain(t *testing.T) {
	for s, want := range map[string]string{"Zürich": "Zurich", "plain": "plain", "Ångström": "Angstrom", "": ""} {
		if got := Plain(s); got != want {
			t.Errorf("Plain(%q) is %q", s, got)
		}
	}
}
