package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/beamline-go/beamline/internal/progress"
)

// shown says which stage the progress line is about.
func (j *job) shown(stage string) {
	progress.Reset()
	progress.Stage(stage)
}

// showProgress shows a line on a terminal until the function that it returns is
// called, and what stages tell. Elsewhere it shows only that.
func (o *options) showProgress() (stop func()) {
	progress.Told() // what nobody asked for
	if o.quiet || o.json {
		return func() {}
	}
	var bar *progressbar.ProgressBar
	if term.IsTerminal(int(o.stderr.Fd())) {
		bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(o.stderr), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(20))
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		begun, stage := time.Now(), ""
		for {
			select {
			case <-quit:
				o.tell(bar)
				if bar != nil {
					bar.Finish()
				}
				return
			case <-tick.C:
				o.tell(bar)
				if bar == nil {
					continue
				}
				if now := progress.Current(); now != stage {
					stage, begun = now, time.Now()
					bar.Reset()
				}
				advance(bar, stage, time.Since(begun))
			}
		}
	}()
	return func() { close(quit); <-done }
}

// tell shows what stages told, above the line of a terminal.
func (o *options) tell(bar *progressbar.ProgressBar) {
	for _, line := range progress.Told() {
		if bar != nil {
			bar.Clear()
		}
		o.log().Info(line)
	}
}

// advance shows how far the stage is: pieces of work where there are any, or
// else the bytes that were read.
func advance(bar *progressbar.ProgressBar, stage string, took time.Duration) {
	rows, bytes := progress.Counts()
	if what := progress.Remote(); what != "" {
		bar.Describe(fmt.Sprintf("%s: %s, %s records read", stage, what, grouped(rows)))
		bar.Add(1)
		return
	}
	bar.Describe(fmt.Sprintf("%s: %s records, %.0f MB/s", stage, grouped(rows), float64(bytes)/1e6/took.Seconds()))
	done, all := progress.Pieces()
	if all == 0 {
		done, all = bytes, progress.Expected()
	}
	if all == 0 {
		bar.Add(1) // a wheel that turns
		return
	}
	bar.ChangeMax64(all)
	bar.Set64(min(done, all))
}
