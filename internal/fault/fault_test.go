package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestFaultSurvivesARunner(t *testing.T) {
	for _, message := range []string{"plain", `names "a" and \b`, "two\nlines"} {
		err := Dataf("%s", message)
		flat := errors.New("bundle failed: " + Carry(fmt.Errorf("step: %w", err)).Error() + " while executing")
		got := From(flat)
		if got.Error() != message || CodeOf(flat) != Data {
			t.Errorf("%q came back as %q with code %d", message, got, CodeOf(flat))
		}
	}
}

func TestCodeOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Code
	}{
		{nil, Done},
		{errors.New("disk"), Internal},
		{fmt.Errorf("x: %w", Usagef("y")), Usage},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("CodeOf(%v) = %d, want %d", c.err, got, c.want)
		}
	}
	if err := errors.New("disk"); Carry(err) != err || From(err) != err {
		t.Error("an error without a code was changed")
	}
}

func TestNearest(t *testing.T) {
	names := []string{"metric", "models", "name"}
	for in, want := range map[string]string{"metrik": "metric", "Metric": "metric", "nmae": "name", "xyzzy": "", "m": ""} {
		if got := Nearest(in, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}
