//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Bounds of what a hostile file may take.
const (
	hostileTime   = 30 * time.Second
	hostileMemory = 2 << 30 // bytes
)

// survives runs the command as a process, which must end of itself with one of the codes, in
// time, without much memory, and say nothing of Go's.
func survives(t *testing.T, line string, codes ...int) (said string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), hostileTime)
	defer stop()
	c := process(t, append(strings.Fields(line), "--out", filepath.Join(t.TempDir(), "o"))...)
	var text bytes.Buffer
	c.Stdout, c.Stderr = &text, &text
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := context.AfterFunc(ctx, func() { c.Process.Kill() })
	defer kill()
	_ = c.Wait() // the state says how it ended
	if ctx.Err() != nil {
		t.Errorf("%s: it does not end in %v", line, hostileTime)
		return ""
	}
	ok := false
	for _, code := range codes {
		ok = ok || c.ProcessState.ExitCode() == code
	}
	if !ok {
		t.Errorf("%s: exit %d, want one of %v: %.500s", line, c.ProcessState.ExitCode(), codes, &text)
	}
	for _, word := range []string{"fatal error", "goroutine ", "a fault of its own"} {
		if strings.Contains(text.String(), word) {
			t.Errorf("%s says %q: %.500s", line, word, &text)
		}
	}
	if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok && u.Maxrss<<10 > hostileMemory {
		t.Errorf("%s takes %d MB", line, u.Maxrss>>10)
	}
	return text.String()
}

// TestRealHostileCases reads the files that were made to exhaust memory or time.
func TestRealHostileCases(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures memory, and takes some")
	}
	data := os.Getenv("BEAMLINE_DATA")
	dir := filepath.Join(data, "../cases/hostile")
	if _, err := os.Stat(dir); data == "" || err != nil {
		t.Skip("set BEAMLINE_DATA to the folder of the real data, beside which the cases are")
	}
	at := func(pattern string) []string {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		if len(found) == 0 {
			t.Errorf("nothing matches %s", pattern)
		}
		return found
	}
	for _, pattern := range []string{"parquet-arrow-schema-oom/*.parquet", "dict-amplification/dictamp.*", "avro-schema-amplification/*.avro",
		"json-path-amplification/*.jsonl", "xlsx-many-sheets/*.xlsx", "terminal-escape/*.jsonl", "formula-activation/*.csv"} {
		for _, name := range at(pattern) {
			t.Run(filepath.Base(name), func(t *testing.T) { survives(t, "profile "+name, 0, 2, 3) })
		}
	}
	small := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(small, []byte("a,b\n1,2\n3,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range at("yaml-bombs/*.yaml") {
		for _, line := range []string{"run " + name, "clean " + small + " --rules " + name, "clean " + small + " --schema " + name} {
			survives(t, line, 2)
		}
	}
}

// TestHostileFiles makes others of their kinds.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures memory, and takes some")
	}
	dir := t.TempDir()
	file := func(name string, write func(b *bytes.Buffer)) string {
		var b bytes.Buffer
		write(&b)
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	header := func(n int) func(b *bytes.Buffer) {
		return func(b *bytes.Buffer) {
			for row := range 4 {
				for k := range n {
					if k > 0 {
						b.WriteByte(',')
					}
					fmt.Fprint(b, []string{"c", "", "", ""}[row], k+row)
				}
				b.WriteByte('\n')
			}
		}
	}
	late := file("late.jsonl", func(b *bytes.Buffer) {
		for i := range 12_000 {
			fmt.Fprintf(b, "{\"a\":%d,\"pad\":\"%s\"}\n", i, strings.Repeat("p", 90))
		}
		for i := range 20_000 {
			fmt.Fprintf(b, "{\"a\":1,\"%d%s\":1}\n", i, strings.Repeat("z", 1000))
		}
	})
	text := survives(t, "profile "+late, 0)
	if !strings.Contains(text, "anomalies") && !strings.Contains(text, "report") {
		t.Errorf("it says %s", text)
	}
	survives(t, "profile "+file("names.jsonl", func(b *bytes.Buffer) {
		b.WriteString(strings.Repeat(`{"`+strings.Repeat("n", 8000)+`":`, 60) + `{"x":1` + strings.Repeat(`,"y":1`, 1000) + "}" + strings.Repeat("}", 60) + "\n{\"a\":1}\n")
	}), 0, 3)
	survives(t, "profile "+file("wide.csv", header(15_000)), 0)
	if text := survives(t, "profile "+file("wider.csv", header(30_000)), 3); !strings.Contains(text, "limits.columns") {
		t.Errorf("it says %s", text)
	}
	bomb := file("bomb.csv.gz", func(b *bytes.Buffer) {
		w := gzip.NewWriter(b)
		w.Write([]byte("a,b\n"))
		line := bytes.Repeat([]byte("1,2\n"), 25_000)
		for range 200 {
			w.Write(line)
		}
		w.Close()
	})
	spec := file("limits.yaml", func(b *bytes.Buffer) {
		fmt.Fprintf(b, "data: {train: %q}\ngoal: {target: b}\nlimits: {expanded: 5MB}\n", bomb)
	})
	if text := survives(t, "run "+spec, 3); !strings.Contains(text, "limits.expanded") {
		t.Errorf("it says %s", text)
	}
	spec = file("memory.yaml", func(b *bytes.Buffer) {
		fmt.Fprintf(b, "data: {train: %q}\ngoal: {target: c5}\nlimits: {memory: 80MB}\n", file("wide2.csv", header(15_000)))
	})
	if text := survives(t, "run "+spec, 3); !strings.Contains(text, "limits.memory") {
		t.Errorf("it says %s", text)
	}
}

// TestSpreadsheetSafe marks what a spreadsheet would compute, and nothing else.
func TestSpreadsheetSafe(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(name, []byte("a,b,c\n=1+1,-5,\"=A1,2\"\n@x,-6.5,y\n-2+3+cmd,7, =z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{
		"--spreadsheet-safe":       "a,b,c\n'=1+1,-5,\"'=A1,2\"\n'@x,-6.5,y\n'-2+3+cmd,7,\" =z\"\n",
		"--spreadsheet-safe=false": "a,b,c\n=1+1,-5,\"=A1,2\"\n@x,-6.5,y\n-2+3+cmd,7,\" =z\"\n",
	} {
		out := filepath.Join(dir, flag)
		if s := beamline(t, "clean", name, "--format", "csv", flag, "--out", out); s.code != 0 {
			t.Fatal(s.stderr)
		}
		if got, err := os.ReadFile(filepath.Join(out, "clean.csv")); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", flag, err, got)
		}
	}
}

// TestInitKeepsNamesInTheirLine has a file whose name goes on in the next line of the spec.
func TestInitKeepsNamesInTheirLine(t *testing.T) {
	dir := t.TempDir()
	train, score := filepath.Join(dir, "train.csv"), filepath.Join(dir, "te\n  confidence: 0.5\n  #x.csv")
	for name, text := range map[string]string{train: "id,a,y\n1,2,3\n2,3,4\n3,4,5\n", score: "id,a\n4,5\n5,6\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if s := beamline(t, "init", train, score, "--out", dir); s.code != 0 {
		t.Fatal(s.stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "beamline.yaml"))
	if err != nil || strings.Contains(string(text), "\n  confidence: 0.5") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestTooFewFiles has a process that may open hardly any.
func TestTooFewFiles(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sh", "-c", "ulimit -n 10; exec \"$0\" profile testdata/houses/train.csv --out \"$1\"", self, filepath.Join(t.TempDir(), "o"))
	c.Env = append(os.Environ(), "BEAMLINE_TEST_COMMAND=1")
	text, _ := c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); code != 0 && code != 1 || bytes.Contains(text, []byte("goroutine ")) {
		t.Errorf("exit %d: %s", code, text)
	}
}
