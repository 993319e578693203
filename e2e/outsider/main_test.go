package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOutsider trains with the command, and asks the pipeline for the predictions that
// the command gives.
func TestOutsider(t *testing.T) {
	beamline, err := filepath.Abs("../../bin/beamline")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(beamline); err != nil {
		t.Skip("bin/beamline is not there: make build")
	}
	houses, dir := "../../testdata/houses/", t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	run(beamline, "train", houses+"train.csv", "--target", "SalePrice", "--key", "Id", "--models", "ridge", "--folds", "3", "--out", dir)
	run(beamline, "score", houses+"test.csv", "--out", dir, "--key", "Id", "--format", "parquet")
	program := filepath.Join(dir, "outsider")
	run("go", "build", "-o", program, ".")
	for _, runner := range []string{"prism", "direct"} {
		output := filepath.Join(dir, runner+".parquet")
		run(program, "--input", houses+"test.csv", "--model", filepath.Join(dir, "model"), "--key", "Id", "--output", output, "--runner", runner)
		got, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(dir, "predictions.parquet"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("on %s: %d bytes, and the command writes %d, %v", runner, len(got), len(want), err)
		}
	}
}
