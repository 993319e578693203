package csv

import "testing"

func TestActivates(t *testing.T) {
	for _, c := range []struct {
		old, mended string
		want        bool
	}{
		{" =1+1", "=1+1", true}, {"'@SUM(1)", "@SUM(1)", true}, {" -2+3+cmd", "-2+3+cmd", true}, {" +cmd|x", "+cmd|x", true},
		{" =1+1", "1+1", false}, {"=1 ", "=1", false}, {" -5", "-5", false}, {" -5,000.5", "-5,000.5", false}, {" -3 kg", "-3 kg", false},
		{" - none", "- none", false}, {"x", "", false},
	} {
		if got := Activates(c.old, c.mended); got != c.want {
			t.Errorf("%q to %q: %v", c.old, c.mended, got)
		}
	}
}
