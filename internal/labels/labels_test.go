package labels

import "testing"

func TestOf(t *testing.T) {
	for _, c := range []struct {
		domain     []string
		text, want string
	}{
		{[]string{"0", "1"}, "1.0", "1"}, {[]string{"0", "1"}, "True", "1"}, {[]string{"0", "1"}, "false", "0"},
		{[]string{"False", "True"}, "1", "True"}, {[]string{"False", "True"}, "TRUE", "True"}, {[]string{"False", "True"}, "0.0", "False"},
		{[]string{"No", "Yes"}, "YES ", "Yes"}, {[]string{"No", "Yes"}, "no.", "No"}, {[]string{"No", "Yes"}, "1", ""},
		{[]string{"0", "1", "2"}, "true", ""}, {[]string{"0", "1", "2"}, "2.00", "2"}, {[]string{"01", "1"}, "01", "01"}, {[]string{"a", "b"}, "c", ""},
	} {
		if got := Of(c.domain)[Key(c.text)]; got != c.want {
			t.Errorf("%q among %q is %q, want %q", c.text, c.domain, got, c.want)
		}
	}
}
