package number

import "testing"

func TestShown(t *testing.T) {
	for _, c := range []struct {
		x      float64
		digits int
		want   string
	}{{1484705, 4, "1484705"}, {0.000012345, 3, "0.0000123"}, {12.3456, 4, "12.35"}, {-0.5, 4, "-0.5"}, {0, 4, "0"}, {1e22, 4, "1e+22"},
		{3e-9, 4, "3e-09"}, {1234.567, 4, "1235"}, {999.96, 4, "1000"}, {2.5, 17, "2.5"}} {
		if got := Shown(c.x, c.digits); got != c.want {
			t.Errorf("%v: %s, want %s", c.x, got, c.want)
		}
	}
}

// TestTrusted writes figures with as many digits as their spread carries.
func TestTrusted(t *testing.T) {
	for _, c := range []struct {
		v, sd float64
		want  string
	}{{.8941, .03783, "0.894 ± 0.038"}, {25855, 5897, "25,900 ± 5,900"}, {13950, 839.9, "13,950 ± 840"}, {1992.4, 22.73, "1,992 ± 23"},
		{1484.705, 1.26, "1,484.7 ± 1.3"}, {-1484.705, 1.26, "-1,484.7 ± 1.3"}, {.1163, .0000021, "0.1163000 ± 0.0000021"}, {5, 0, "5 ± 0"}, {0, .5, "0.00 ± 0.50"}, {9.996, .1, "10.00 ± 0.10"}} {
		value, spread := Trusted(c.v, c.sd)
		if got := value + " ± " + spread; got != c.want {
			t.Errorf("%v ± %v: %s, want %s", c.v, c.sd, got, c.want)
		}
	}
}
