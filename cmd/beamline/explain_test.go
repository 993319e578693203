package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ruleNames are how rules of rejects and findings are named in the code.
var ruleNames = regexp.MustCompile(`(?m)^(?:const |\s+)(?:[rR]ule[A-Z]\w*|Doubt[A-Z]\w*) += "([a-z_0-9]+)"`)

// TestAllCodesAreExplained looks for the rules that the code has, and asks for each of them.
func TestAllCodesAreExplained(t *testing.T) {
	n := 0
	for _, top := range []string{"internal", "transforms", "models"} {
		err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range ruleNames.FindAllStringSubmatch(string(text), -1) {
				n++
				if s := beamline(t, "explain", m[1]); s.code != 0 || len(s.stdout) < 20 {
					t.Errorf("%s: %s is not explained: %s", path, m[1], s.stderr)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 30 {
		t.Errorf("only %d rules were found", n)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"explain", "3"}, 0, "The data can't be used"},
		{[]string{"explain", "unit"}, 0, "Cleaning takes units"},
		{[]string{"explain", "shfit"}, 2, `did you mean "shift"?`},
		{[]string{"explain"}, 0, "missing_share"},
	} {
		if s := beamline(t, c.args...); int(s.code) != c.code || !strings.Contains(s.stdout+s.stderr, c.says) {
			t.Errorf("%v: exit %d: %s%s", c.args, s.code, s.stdout, s.stderr)
		}
	}
}
