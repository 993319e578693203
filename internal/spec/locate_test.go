package spec

import (
	"strings"
	"testing"
)

// TestLocate finds what a fault is about in a spec.
func TestLocate(t *testing.T) {
	text := []byte("goal:\n  target: price\n  metric: acc\n  confidence: 2\ndata:\n  train: [a.csv, gone.csv]\n  key: target\nmodels: [ridge, gdbt]\n")
	for _, c := range []struct{ fault, want string }{
		{"goal.confidence: 2 does not lie between 0 and 1", "b.yaml:4:15: goal.confidence: 2 does not"},
		{`unknown metric "acc", did you mean "auc"?`, `b.yaml:3:11: unknown metric "acc"`},
		{`models: unknown model "gdbt", did you mean "gbdt"?`, `b.yaml:8:17: models: unknown`},
		{"gone.csv: no such file", "b.yaml:6:18: gone.csv: no such"},
		{`a.csv: the key "target" is not a column`, "b.yaml:7:8: a.csv: the key"},
		{"models: no learner is left", "b.yaml:8:9: models: no"},
		{`--folds takes a whole number, not "x"`, "--folds takes"},
		{"the network is down", "the network is down"},
		{"b.yaml:1:1: wrong already", "b.yaml:1:1: wrong already"},
	} {
		if got := Locate("b.yaml", text, c.fault); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.fault, got, c.want)
		}
	}
	if got := Locate("b.yaml", []byte("[no: yaml"), "models: x"); got != "models: x" {
		t.Error(got)
	}
}
