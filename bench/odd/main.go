// Odd runs train, evaluate and score on tables and command lines such as people bring by
// mistake (internal/odd), and lists the answers that no command may give. It exits with 1
// where there are any.
//
//	odd [-n 1000] [-seed 1] [-case I] [-keep DIR] BEAMLINE
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/beamline-go/beamline/internal/odd"
)

func main() {
	n := flag.Int("n", 1000, "how many cases, of three command lines each")
	seed := flag.Uint64("seed", 1, "of the cases")
	one := flag.Int("case", -1, "only this one, and say what it answers")
	keep := flag.String("keep", "", "folder in which the files of the case stay")
	flag.Parse()
	if err := run(*n, *seed, *one, *keep, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "odd:", err)
		os.Exit(1)
	}
}

func run(n int, seed uint64, one int, keep, binary string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	exits, faulty, longest := map[int]int{}, 0, time.Duration(0)
	for i := range n {
		if one >= 0 && i != one {
			continue
		}
		c := odd.Make(i, seed)
		answers, err := answersOf(c, binary, keep)
		if err != nil {
			return err
		}
		for _, a := range answers {
			exits[a.code]++
			longest = max(longest, a.took)
			faults := odd.Faults(a.code, a.stdout, a.stderr, a.took)
			if len(faults) > 0 {
				faulty++
			}
			if len(faults) > 0 || one >= 0 {
				fmt.Printf("%s\n  %q: %q\n  exit %d in %v\n  %.600s\n  %.600s\n", c.Name, a.args, faults, a.code, a.took.Round(time.Millisecond), a.stderr, a.stdout)
			}
		}
	}
	fmt.Printf("%d cases; exit codes %v; the longest took %v; %d answers are at fault\n", n, exits, longest.Round(time.Millisecond), faulty)
	if faulty > 0 {
		return errors.New("there are faults")
	}
	return nil
}

type answer struct {
	args           []string
	code           int
	stdout, stderr string
	took           time.Duration
}

func answersOf(c odd.Case, binary, keep string) (out []answer, err error) {
	dir := keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "odd-*"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	}
	for name, data := range c.Files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	for _, args := range c.Lines {
		ctx, cancel := context.WithTimeout(context.Background(), 2*odd.Longest)
		cmd := exec.CommandContext(ctx, binary, args...)
		var stdout, stderr bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
		begun := time.Now()
		err := cmd.Run()
		cancel()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return nil, err
		}
		out = append(out, answer{args: args, code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), took: time.Since(begun)})
	}
	return out, nil
}
