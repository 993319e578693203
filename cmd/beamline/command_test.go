package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

// exampleFiles are the files that examples name: tables of houses, cut short.
func exampleFiles(t *testing.T) {
	houses := func(name string, records int) []byte {
		text, err := os.ReadFile(filepath.Join("testdata", "houses", name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfterN(text, []byte("\n"), records+2)
		return bytes.Join(lines[:records+1], nil)
	}
	files := map[string][]byte{"houses.csv": houses("train.csv", 120), "more.csv": houses("holdout.csv", 60), "new.csv": houses("test.csv", 20),
		"beamline.yaml": []byte("goal: {target: SalePrice}\ndata: {train: houses.csv, labelled: more.csv, score: new.csv, key: Id}\nmodels: [ridge, tree]\nsplit: {folds: 3}\n")}
	dir := t.TempDir()
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// TestExamples runs the examples of each command's help, one after the other. What they
// need of other commands, a model, is there.
func TestExamples(t *testing.T) {
	exampleFiles(t)
	if out, code := runHere("train houses.csv --target SalePrice --key Id --models tree --folds 3 --quiet"); code != 0 {
		t.Fatal(out)
	}
	for _, c := range commands() {
		if c.body == nil {
			continue
		}
		if len(c.examples) != 3 || len(c.flags) > 16 {
			t.Errorf("%s has %d examples, and help shows %d flags", c.name, len(c.examples), len(c.flags))
		}
	}
	for _, c := range commands() {
		for _, example := range c.examples {
			args, ok := strings.CutPrefix(example, "beamline ")
			if !ok || !strings.HasPrefix(args, c.name) {
				t.Errorf("%q is no example of %s", example, c.name)
			}
			if !strings.Contains(args, "--force") && c.name != "init" && c.takes("force") {
				args += " --force" // the folder is that of the example before
			}
			if strings.HasPrefix(args, "init") {
				os.Remove("beamline.yaml.was")
				os.Rename("beamline.yaml", "beamline.yaml.was")
			}
			out, code := runHere(args)
			if c.name == "init" {
				os.Rename("beamline.yaml.was", "beamline.yaml")
			}
			if code != 0 && (code != int(fault.Unexpected) || c.name != "validate") { // that finds something
				t.Errorf("%s: exit code %d: %s", example, code, out)
			}
		}
	}
}

// words are those of a command line; what stands in quotes of either kind is one.
func words(line string) (args []string) {
	word, quote, begun := "", rune(0), false
	for _, c := range line + " " {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case c == quote && quote != 0:
			quote = 0
		case quote == 0 && c == ' ':
			if begun {
				args = append(args, word)
			}
			word, begun = "", false
		default:
			word, begun = word+string(c), true
		}
	}
	return args
}

// runHere runs a command line of words, and of texts in quotes.
func runHere(line string) (out string, code int) {
	args := words(line)
	r, w, err := os.Pipe()
	if err != nil {
		return err.Error(), 1
	}
	done := make(chan string)
	go func() {
		var b bytes.Buffer
		b.ReadFrom(r)
		done <- b.String()
	}()
	got := execute(context.Background(), args, w, w)
	w.Close()
	return <-done, int(got)
}

// TestFlagsAreRefused gives commands flags that they don't use, and flags that are not
// there.
func TestFlagsAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"dedupe x.csv --target y":          "dedupe does not use --target; it is a flag of init, profile, clean, train, run",
		"score x.csv --folds=3":            "score does not use --folds; it is a flag of train, run",
		"profile x.csv --shards 2":         "profile does not use --shards; it is a flag of validate, clean, dedupe, score, run",
		"version --json":                   "version does not use --json",
		"jobs list --out x":                "jobs list does not use --out",
		"train x.csv --metrik rmse":        `unknown flag --metrik, did you mean "--metric"?`,
		"clean x.csv --zzzzzz":             "unknown flag --zzzzzz; see beamline clean --help",
		"train x.csv --target y --folds x": `--folds takes a whole number, not "x"`,
		"worker poool":                     `worker: unknown command "poool", did you mean "pool"?`,
	} {
		if out, code := runHere(line); code != int(fault.Usage) || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d: %s", line, code, out)
		}
	}
}

// TestAllFlagsAreUsed finds flags that no command takes, and commands that take one
// twice.
func TestAllFlagsAreUsed(t *testing.T) {
	for name := range defineFlag {
		if len(takers(name)) == 0 {
			t.Errorf("no command takes --%s", name)
		}
	}
	for _, c := range commands() {
		seen := map[string]bool{}
		for _, name := range append(append([]string{}, c.flags...), c.others()...) {
			if seen[name] || defineFlag[name] == nil {
				t.Errorf("%s: --%s is there twice, or not defined", c.name, name)
			}
			seen[name] = true
		}
	}
}
