package main

import (
	"os"
	"strings"
	"testing"
)

func TestShown(t *testing.T) {
	for line, want := range map[string]string{
		"a plain line, ä 表":              "a plain line, ä 表",
		"two\n\tlines":                   "two\n\tlines",
		"\x1b]0;owned\x07\x1b[31mred":    `\x1b]0;owned\x07\x1b[31mred`,
		"bytes \x9b31m and \xff, \ufffd": `bytes \x9b31m and \xff, ` + "\ufffd",
		"a\rb\u0085c\u202egnp.exe\u2066": `a\x0db\x85c\u202egnp.exe\u2066`,
	} {
		if got := shown(line); got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
	}
	if got := shown(strings.Repeat("ä", 10_000)); len(got) > longestLine+10 || !strings.HasSuffix(got, "ä …") {
		t.Errorf("a long line has %d bytes and ends in %q", len(got), got[len(got)-8:])
	}
}

// TestNamesOnATerminal has names of columns that would do things to it.
func TestNamesOnATerminal(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/t.csv"
	if err := os.WriteFile(file, []byte("\x1b[2Jid,\x1b]0;owned\x07y\n1,2\n2,x\n3,4\n4,5\n5,6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"profile " + file + " --out " + dir + "/o", "train " + file + " --target zz --out " + dir + "/o"} {
		text, _ := runHere(line)
		if strings.ContainsAny(text, "\x1b\x07") {
			t.Errorf("%s says %q", line, text)
		}
	}
}

// TestFullOutput has a standard output that can't be written.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	said, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	if code := execute(t.Context(), []string{"profile", "testdata/houses/train.csv", "--out", t.TempDir() + "/o", "--json"}, full, said); code == 0 {
		t.Error("it ends well")
	}
	text, _ := os.ReadFile(said.Name())
	if !strings.Contains(string(text), "the standard output can't be written") {
		t.Errorf("it says %s", text)
	}
}
