//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
)

// fatalCalls are the system calls at which a command is killed: those by which it reads,
// writes, orders and locks what is on the disk.
const fatalCalls = "openat,read,pread64,write,pwrite64,fsync,?fdatasync,?rename,renameat,?renameat2,?unlink,unlinkat,?mkdir,mkdirat,ftruncate,flock,fcntl,close,newfstatat,getdents64"

// publishing are those by which results come to their places.
var publishing = []string{"renameat", "unlinkat", "fsync"}

// TestKilledAtSystemCalls kills each command at system calls that are chosen at random,
// into a folder that was not there and over the results of another table: what is there
// are the old results, the new ones, or a journal that says they are being changed. The
// same command then works at once, leaves the bytes of one that was not killed, and
// nothing beside them. KILLS says how many there are in all.
func TestKilledAtSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace to kill at system calls")
	}
	kills := 240
	if testing.Short() {
		kills = 24
	}
	if n, err := strconv.Atoi(os.Getenv("KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	model, schema := filepath.Join(dir, "trained", "model"), filepath.Join(dir, "profiled", "schema.yaml")
	program.Done(t, nil, "train", "testdata/houses/train.csv", "--target", "SalePrice", "--models", "ridge", "--quiet", "--out", filepath.Dir(model))
	program.Done(t, nil, "profile", "testdata/houses/train.csv", "--quiet", "--out", filepath.Dir(schema))
	const table, other = "testdata/houses/train.csv", "testdata/houses/holdout.csv"
	commands := []faulted{
		{"profile", []string{"profile", table}, []string{"profile", other}},
		{"clean", []string{"clean", table}, []string{"clean", other}},
		{"clean csv", []string{"clean", table, "--format", "csv", "--shards", "3"}, []string{"clean", other, "--format", "csv"}},
		{"dedupe", []string{"dedupe", table, "--key", "Id"}, []string{"dedupe", other, "--key", "Id"}},
		{"validate", []string{"validate", table, "--schema", schema}, []string{"validate", other, "--schema", schema}},
		{"score", []string{"score", "testdata/houses/test.csv", "--model", model}, []string{"score", other, "--model", model}},
		{"evaluate", []string{"evaluate", other, "--model", model}, []string{"evaluate", table, "--model", model}},
		{"train", []string{"train", table, "--target", "SalePrice", "--models", "ridge"}, []string{"train", other, "--target", "SalePrice", "--models", "ridge"}},
	}
	for i, c := range commands {
		t.Run(c.name, func(t *testing.T) {
			c.kill(t, strace, kills/len(commands), rand.New(rand.NewPCG(uint64(i), 21)))
		})
	}
}

// faulted is a command that is killed, and one that left other results where it writes.
type faulted struct {
	name        string
	args, other []string
}

func (c faulted) kill(t *testing.T, strace string, kills int, rng *rand.Rand) {
	dir := t.TempDir()
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o755); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "TMPDIR="+temporary)
	run := func(args []string, out string) {
		t.Helper()
		if said, code := program.Run(t.Context(), env, append(slices.Clone(args), "--quiet", "--force", "--out", out)...); code != 0 && code != 5 {
			t.Fatalf("%v: exit code %d: %s", args, code, said)
		}
	}
	out := filepath.Join(dir, "out")
	run(c.args, out)
	want := program.Outputs(t, out)
	counts := c.count(t, strace, env, out)
	calls := slices.Sorted(maps.Keys(counts))
	ended := map[string]int{}
	runs := 0
	for done := 0; done < kills; {
		if runs++; runs > 20*kills {
			t.Fatalf("%d kills in %d runs", done, runs)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		old := map[string]string{}
		if done%2 == 1 {
			run(c.other, out)
			old = program.Outputs(t, out)
		}
		// strace counts the calls of each thread. Those that publish come one after the other.
		call, among := calls[rng.IntN(len(calls))], 10
		if rng.IntN(2) == 0 {
			call, among = publishing[rng.IntN(len(publishing))], 2
		}
		when := 1 + rng.IntN(1+counts[call]/among)
		k := exec.Command(strace, append(append([]string{"-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=" + call,
			"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, when), program.Path}, c.args...), "--quiet", "--force", "--out", out)...)
		k.Dir, k.Env = program.Root, env
		said, err := k.CombinedOutput()
		if err == nil || k.ProcessState.ExitCode() == 5 {
			continue // it came to its end
		}
		if k.ProcessState.ExitCode() >= 0 {
			t.Fatalf("%s %d: exit code %d: %s", call, when, k.ProcessState.ExitCode(), said)
		}
		done++
		at := fmt.Sprintf("killed at %s %d", call, when)
		ended[c.left(t, at, out, old, want)]++
		abandon(t, temporary)
		run(c.args, out)
		if got := results(t, out); !maps.Equal(got, want) {
			t.Errorf("%s: the next run leaves %v, want %v", at, differing(got, want), len(want))
		}
		if left, _ := filepath.Glob(filepath.Join(temporary, "*")); len(left) > 0 {
			t.Errorf("%s: the next run leaves %v", at, left)
		}
	}
	t.Logf("%d kills in %d runs: %v", kills, runs, ended)
}

// abandon makes what is left in a temporary folder an hour old: what was just made may be
// about to be locked.
func abandon(t *testing.T, temporary string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(temporary, "*"))
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Hour)
	for _, name := range left {
		if err := os.Chtimes(name, before, before); err != nil {
			t.Fatal(err)
		}
	}
}

// left says what a killed command left in its folder, which must be whole.
func (c faulted) left(t *testing.T, at, out string, old, want map[string]string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(out, ".beamline-journal")); err == nil {
		return "a journal"
	}
	got := results(t, out)
	_, run := os.Stat(filepath.Join(out, "run.json"))
	switch {
	case maps.Equal(got, old) && (run == nil) == (len(old) > 0):
		return "old"
	case maps.Equal(got, want) && run == nil:
		return "new"
	}
	t.Errorf("%s: neither the old results nor the new ones: %v of the old, %v of the new, run.json: %v", at, differing(got, old), differing(got, want), run)
	return "a mix"
}

// results are the outputs in a folder without what a run has beside them.
func results(t *testing.T, out string) map[string]string {
	t.Helper()
	if _, err := os.Stat(out); err != nil {
		return map[string]string{}
	}
	files := program.Outputs(t, out)
	for name := range files {
		if strings.HasPrefix(name, ".beamline-") {
			delete(files, name)
		}
	}
	return files
}

func differing(a, b map[string]string) (names []string) {
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, "no "+name)
		}
	}
	slices.Sort(names)
	return names
}

// count returns how often the command makes each of the calls.
func (c faulted) count(t *testing.T, strace string, env []string, out string) map[string]int {
	t.Helper()
	table := filepath.Join(t.TempDir(), "calls")
	k := exec.Command(strace, append(append([]string{"-f", "-qq", "--seccomp-bpf", "-c", "-o", table, "-e", "trace=" + fatalCalls, program.Path}, c.args...), "--quiet", "--force", "--out", out)...)
	k.Dir, k.Env = program.Root, env
	if said, err := k.CombinedOutput(); err != nil && k.ProcessState.ExitCode() != 5 {
		t.Skipf("strace does not work here: %v: %s", err, said)
	}
	body, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(body)) {
		const calls = 3
		f := strings.Fields(line)
		if len(f) < calls+2 || f[len(f)-1] == "total" {
			continue
		}
		if n, err := strconv.Atoi(f[calls]); err == nil {
			counts[f[len(f)-1]] = n
		}
	}
	return counts
}
