package yamltext

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// laughs are levels of lists, each of ten times the one before.
func laughs(levels int) string {
	var b strings.Builder
	b.WriteString("x0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "x%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), i-1)
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text, wrong string
	}{
		{"plain", "a: [1, {b: 2}]\nc: \"[[[\"\n", ""},
		{"anchors", "a: &x {b: 1}\nc: *x\nd: *x\n", ""},
		{"a few laughs", laughs(4), ""},
		{"many laughs", laughs(9), "aliases make more than"},
		{"laughs beyond numbers", laughs(40), "aliases make more than"},
		{"an alias of itself", "a: &x [*x, *x]\n", ""},
		{"brackets", "a: " + strings.Repeat("[", 100_000), "more than 200 values in each other"},
		{"braces", strings.Repeat("{a: ", 100_000), "more than 200 values in each other"},
		{"lists in a line", strings.Repeat("- ", 100_000) + "x", "more than 200 values in each other"},
		{"keys in a line", strings.Repeat("? ", 100_000) + "x", "more than 200 values in each other"},
		{"tags in a line", "a: " + strings.Repeat("!!x ", 100_000) + "x", "more than 200 values in each other"},
		{"a tag of nobody", "d:\n     !- Anna\n      - Bo\n", "line 2: there is no tag !-"},
		{"tags", "d: !!str 5\ne: !!seq [1]\nf: \"!x\"\n", ""},
		{"brackets in texts", "a:\n" + strings.Repeat("- \"[0, 1)\"\n- '[x'\n", 1000), ""},
		{"a long list", "a:\n" + strings.Repeat("- {a: 1, b: [x, y]}\n", 20_000), ""},
	} {
		begin := time.Now()
		err := Check([]byte(c.text))
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("%s takes %v", c.name, took)
		}
	}
}
