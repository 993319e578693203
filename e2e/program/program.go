// Package program runs the binary under test.
package program

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Root is the root of the tree, where the binary was built, and where it runs.
var Root = func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}()

// Path is the binary.
var Path = filepath.Join(Root, "bin", "beamline")

// Run runs the binary with an environment, that of this process when nil, and
// interrupts it when ctx is done. It returns what it said and its exit code.
func Run(ctx context.Context, env []string, args ...string) (said string, code int) {
	c := exec.CommandContext(ctx, Path, args...)
	c.Dir, c.Env = Root, env
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	out, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		return err.Error(), -1
	}
	return string(out), c.ProcessState.ExitCode()
}

// Done runs the binary and fails the test if it fails.
func Done(t *testing.T, env []string, args ...string) string {
	t.Helper()
	said, code := Run(t.Context(), env, args...)
	if code != 0 {
		t.Fatalf("beamline %s: exit %d\n%s", strings.Join(args, " "), code, said)
	}
	return said
}

// Outputs are the files below a folder by their names in it, but for run.json,
// which holds the clock.
func Outputs(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		body, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Data is a table of the tree's testdata.
func Data(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(Root, "testdata/houses", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Spec is a spec that is quick to train, of the generated tables in a folder.
func Spec(in string) string {
	return `goal: {target: SalePrice, metric: rmsle}
data: {train: ` + in + `/train.csv, labelled: ` + in + `/holdout.csv, score: ` + in + `/test.csv, key: Id}
models: [ridge, gbdt: {trees: 30, rate: 0.2}]
split: {folds: 3}
`
}

// Killed runs the binary and kills it after a while. It reports whether that came before
// its end.
func Killed(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	c := exec.Command(Path, args...)
	c.Dir = Root
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("it ended by itself: %v", err)
		}
		return false
	case <-time.After(after):
		c.Process.Signal(syscall.SIGKILL)
		<-ended
		return true
	}
}
