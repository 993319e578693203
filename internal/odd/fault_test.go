package odd

import (
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	good := `{"ok": true, "exit": 0, "rows": {"read": 3, "used": 2, "refused": 1, "duplicate": 0}}`
	for _, c := range []struct {
		why            string
		code           int
		stdout, stderr string
		took           time.Duration
		faults         int
	}{
		{"all is well", 0, good, "", time.Second, 0},
		{"a file that is broken", 3, `{"ok": false, "exit": 3}`, "train.csv: it is empty", time.Second, 0},
		{"a crash", 1, `{"ok": false, "exit": 1}`, "panic: runtime error", time.Second, 2},
		{"words of the program", 2, `{"ok": false, "exit": 2}`, `strconv.ParseInt: parsing "x"`, time.Second, 1},
		{"no JSON", 0, `{"mean": NaN}`, "", time.Second, 1},
		{"another exit code", 3, good, "no", time.Second, 1},
		{"rows that are lost", 0, `{"ok": true, "exit": 0, "rows": {"read": 3, "used": 2}}`, "", time.Second, 1},
		{"silence", 2, `{"ok": false, "exit": 2}`, "", time.Second, 1},
		{"a hang", 0, good, "", 2 * Longest, 1},
	} {
		if got := Faults(c.code, c.stdout, c.stderr, c.took); len(got) != c.faults {
			t.Errorf("%s: %q", c.why, got)
		}
	}
}

func TestMakeIsRepeatable(t *testing.T) {
	for i := range 50 {
		a, b := Make(i, 1), Make(i, 1)
		for name, data := range a.Files {
			if string(b.Files[name]) != string(data) {
				t.Errorf("case %d: %s differs when it is made again", i, name)
			}
		}
	}
}
