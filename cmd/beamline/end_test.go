//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
)

// process is the command, to be run as a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), "BEAMLINE_TEST_COMMAND=1", "TMPDIR="+t.TempDir())
	return c
}

// TestEndsWhenTold tells a command to end that waits for a pipe which nobody writes to.
func TestEndsWhenTold(t *testing.T) {
	for sent, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 143} {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()
			pipe := filepath.Join(t.TempDir(), "in.csv")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Skip(err)
			}
			c := process(t, "profile", pipe, "--out", filepath.Join(t.TempDir(), "o"))
			var said bytes.Buffer
			c.Stderr = &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			begin := time.Now()
			if err := c.Process.Signal(sent); err != nil {
				t.Fatal(err)
			}
			err := c.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != want || time.Since(begin) > patience+time.Second {
				t.Errorf("it ends with %v after %v, and says %s", err, time.Since(begin), &said)
			}
		})
	}
}

// TestInputsAreSpared has a command that would write over what it reads.
func TestInputsAreSpared(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "clean.csv")
	if err := os.WriteFile(file, []byte("a,b\n1,2\n3,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, code := runHere("clean " + file + " --format csv --force --out " + dir)
	if code != 2 || !strings.Contains(text, "would be written over") {
		t.Errorf("exit %d: %s", code, text)
	}
	if text, code := runHere("clean " + file + " --format csv --out " + filepath.Join(dir, "o")); code != 0 {
		t.Errorf("exit %d: %s", code, text)
	}
}

// TestSweep removes what killed processes left, and nothing that is in use, just made, or not
// ours.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	make := func(name string, old, held bool) string {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		lock, err := outdir.Hold(path)
		if err != nil {
			t.Fatal(err)
		}
		if held {
			t.Cleanup(func() { lock.Close() })
		} else {
			lock.Close()
		}
		if old {
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	dead := make(tempName+"dead", true, false)
	others := []string{make(tempName+"new", false, false), make(tempName+"held", true, true), make("another", true, false)}
	sweep(dir)
	if _, err := os.Stat(dead); err == nil {
		t.Error("what a killed process left is still there")
	}
	for _, name := range others {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// TestLimitOfTime has a run take longer than its spec allows, and another one that may.
func TestLimitOfTime(t *testing.T) {
	dir := t.TempDir()
	table := hostileTable(t)
	for limit, want := range map[string]int{"1ms": int(fault.Data), "1h": int(fault.Done), "-1s": int(fault.Usage), "soon": int(fault.Usage)} {
		name, out := filepath.Join(dir, "limit.yaml"), filepath.Join(dir, limit)
		if err := os.WriteFile(name, []byte("data: {train: "+table+"}\nlimits: {time: "+limit+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		text, code := runHere("clean " + name + " --quiet --out " + out)
		if code != want || code == int(fault.Data) && !strings.Contains(text, "limits.time") || time.Since(begin) > 20*time.Second {
			t.Errorf("with %s: exit code %d in %v: %s", limit, code, time.Since(begin), text)
		}
		if _, err := os.Stat(filepath.Join(out, "clean.parquet")); (err == nil) != (want == int(fault.Done)) {
			t.Errorf("with %s a table is there: %v", limit, err == nil)
		}
	}
}
