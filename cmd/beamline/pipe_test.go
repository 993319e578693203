//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestPipes reads tables from the standard input and from a named pipe, and writes to the
// standard output; the bytes are those of files.
func TestPipes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(120))
	done(t, "train", "flats.csv", "--target", "price", "--models", "ridge")
	done(t, "score", "flats.csv")
	done(t, "clean", "flats.csv", "--format", "csv", "--out", "c")
	piped := func(args ...string) spoken {
		in, err := os.Open("flats.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		was := os.Stdin
		os.Stdin = in
		defer func() { os.Stdin = was }()
		return beamline(t, args...)
	}
	for _, c := range []struct {
		args []string
		file string // whose bytes come out
	}{{[]string{"score", "-"}, "out/predictions.csv"}, {[]string{"clean", "-"}, "c/clean.csv"}} {
		want, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		if s := piped(c.args...); s.code != 0 || s.stdout != string(want) || !strings.Contains(s.stderr, "120 records") {
			t.Errorf("%v: exit %d, %d bytes of %d: %s", c.args, s.code, len(s.stdout), len(want), s.stderr)
		}
	}
	if s := piped("score", "-", "--out", "o", "--model", "out/model"); s.code != 0 || !strings.Contains(s.stdout, "o/predictions.csv") {
		t.Errorf("exit %d: %s%s", s.code, s.stdout, s.stderr)
	}
	if err := syscall.Mkfifo("pipe.csv", 0o600); err != nil {
		t.Skip(err)
	}
	go func() {
		if to, err := os.OpenFile("pipe.csv", os.O_WRONLY, 0); err == nil {
			to.WriteString(flats(120))
			to.Close()
		}
	}()
	if s := done(t, "profile", "pipe.csv", "--out", "p"); !strings.Contains(s.stdout, "120 records of 4 columns") {
		t.Error(s.stdout)
	}
}
