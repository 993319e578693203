package claims

import (
	"fmt"
	"os"
	"path/filepath"
)

// Simulate trains on a table and evaluates on its held-out records, in a folder that is
// empty. run runs a command line; where it reports that training refuses the table, so
// does Simulate.
func Simulate(dir string, t Table, run func(args ...string) (refused bool, err error)) (v Verdict, refused bool, err error) {
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range map[string][]byte{"train.csv": t.Train, "held.csv": t.Held} {
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			return v, false, fmt.Errorf("claims: %w", err)
		}
	}
	if refused, err = run("train", at("train.csv"), "--target", "y", "--confidence", fmt.Sprint(t.Level), "--out", at("m"), "--quiet"); refused || err != nil {
		return v, refused, err
	}
	if refused, err = run("evaluate", at("held.csv"), "--model", at("m/model"), "--out", at("e"), "--quiet"); err != nil {
		return v, false, err
	} else if refused {
		return v, false, fmt.Errorf("claims: %s: evaluate refuses the records that are held out", t.Name)
	}
	claimed, err := read(at("m/metrics.json"))
	if err != nil {
		return v, false, err
	}
	held, err := read(at("e/metrics.json"))
	return Judge(t, claimed, held), false, err
}
