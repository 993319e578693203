package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/beamline-go/beamline/internal/progress"
)

// onInterrupt calls cancel when the process is told to end. While a job runs on a
// cluster, and there is somebody to ask, Ctrl-C asks first.
func onInterrupt(cancel func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for s := range signals {
			somebody := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))
			if s == os.Interrupt && somebody && goOn(progress.Remote(), os.Stdin, os.Stderr, signals) {
				continue
			}
			cancel()
			signal.Stop(signals) // the next one ends the process
			return
		}
	}()
	return func() { signal.Stop(signals) }
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
