package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/progress"
)

// patience is how long a process that was told to end may take for it.
const patience = 4 * time.Second

// onInterrupt calls cancel when the process is told to end, and ends it, tidied, if it does
// not end of itself. While a job runs on a cluster, and there is somebody to ask, Ctrl-C asks
// first. What is returned makes the exit code of what the command ends with.
func onInterrupt(cancel func()) (ended func(fault.Code) fault.Code) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	var by atomic.Int64 // the code of the signal that came
	go func() {
		for s := range signals {
			somebody := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))
			if s == os.Interrupt && somebody && goOn(progress.Remote(), os.Stdin, os.Stderr, signals) {
				continue
			}
			code := fault.Interrupted
			if s != os.Interrupt {
				code = fault.Terminated
			}
			by.Store(int64(code))
			cancel()
			select {
			case <-time.After(patience):
			case <-signals: // again
			}
			tidyTemp()
			fmt.Fprintln(os.Stderr, "beamline: interrupted; the results are those of before, or whole")
			os.Exit(int(code))
		}
	}()
	return func(code fault.Code) fault.Code {
		if code == fault.Interrupted && by.Load() != 0 {
			return fault.Code(by.Load())
		}
		return code
	}
}

// goOn asks whether a job on a cluster, of which job says how it is, is to be
// cancelled, and reports whether it is not. A second signal cancels it, and so
// does an input that is at its end.
func goOn(job string, in io.Reader, out io.Writer, signals <-chan os.Signal) bool {
	if job == "" {
		return false
	}
	fmt.Fprintf(out, "\n%s. Cancel it? [y/N] ", job)
	lines := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil {
			line = "yes"
		}
		lines <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case line := <-lines:
		return line != "y" && line != "yes"
	case <-signals:
		return false
	}
}
