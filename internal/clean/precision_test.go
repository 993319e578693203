package clean

import "testing"

// TestMeasuredPrecision: what is stated is what was measured, drawn to a half where that is little.
func TestMeasuredPrecision(t *testing.T) {
	for _, x := range []struct {
		of   Measured
		want float64
	}{{Measured{}, 0.5}, {Measured{1, 1}, 0.667}, {Measured{1, 0}, 0.333}, {Measured{98, 98}, 0.99}, {Measured{98, 49}, 0.5}} {
		if got := x.of.Precision(); got != x.want {
			t.Errorf("%+v: %v, want %v", x.of, got, x.want)
		}
	}
	if got := precisionOf("a rule that nobody measured"); got != 0.5 {
		t.Errorf("of nothing %v", got)
	}
	for _, rule := range Names() {
		if m := MeasuredOf(rule); m.Right > float64(m.Columns) || m.Right < 0 {
			t.Errorf("%s: %+v", rule, m)
		}
	}
}
