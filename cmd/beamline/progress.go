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

// lineEvery is how often a stage that takes long says how far it is, where there is no
// terminal.
const lineEvery = 30 * time.Second

// showProgress shows a line on a terminal until the function that it returns is called, and
// what stages tell. Elsewhere each stage says when it is done, and, where it takes long, how
// far it is.
func (o *options) showProgress() (stop func()) {
	progress.Told() // what nobody asked for
	if o.quiet || o.json {
		return func() {}
	}
	var bar *progressbar.ProgressBar
	if term.IsTerminal(int(o.stderr.Fd())) {
		bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(o.stderr), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(20))
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		begun, stage, said := time.Now(), "", time.Now()
		for {
			select {
			case <-quit:
				o.tell(bar)
				if bar != nil {
					bar.Finish()
				}
				return
			case <-tick.C:
			}
			o.tell(bar)
			if now := progress.Current(); now != stage {
				stage, begun, said = now, time.Now(), time.Now()
				if bar != nil {
					bar.Reset()
				}
			}
			switch took := time.Since(begun); {
			case bar != nil:
				advance(bar, stage, took)
			case time.Since(said) >= lineEvery:
				said = time.Now()
				o.log().Info(far(stage, took))
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

// share is how much of the stage is done, by pieces of work where there are any, or else by
// the bytes that were read; all is 0 where that can't be told.
func share() (done, all int64) {
	if done, all = progress.Pieces(); all == 0 {
		_, bytes := progress.Counts()
		done, all = bytes, progress.Expected()
	}
	return min(done, all), all
}

// Time that is left is said once so much is done in so long: what comes first is seldom like
// the rest.
const (
	fewestDone = 0.1
	soonest    = 5 * time.Second
)

// left says how long a stage may still take; it is empty where that can't be told yet.
func left(done, all int64, took time.Duration) string {
	if all == 0 || done >= all || took < soonest || float64(done) < fewestDone*float64(all) {
		return ""
	}
	rest := time.Duration(float64(took) * float64(all-done) / float64(done))
	return ", about " + rest.Round(max(time.Second, rest.Round(time.Minute)/10)).String() + " left"
}

// far is a line about how far a stage is.
func far(stage string, took time.Duration) string {
	rows, _ := progress.Counts()
	line := fmt.Sprintf("%s: %s records", stage, grouped(rows))
	if what := progress.Remote(); what != "" {
		line = fmt.Sprintf("%s: %s, %s records read", stage, what, grouped(rows))
	}
	done, all := share()
	if all > 0 {
		line += fmt.Sprintf(", %d %%", 100*done/all)
	}
	return line + ", " + took.Round(time.Second).String() + left(done, all, took)
}

// advance shows on a terminal how far the stage is.
func advance(bar *progressbar.ProgressBar, stage string, took time.Duration) {
	rows, bytes := progress.Counts()
	if what := progress.Remote(); what != "" {
		bar.Describe(fmt.Sprintf("%s: %s, %s records read", stage, what, grouped(rows)))
		bar.Add(1)
		return
	}
	done, all := share()
	bar.Describe(fmt.Sprintf("%s: %s records, %.0f MB/s, %s%s", stage, grouped(rows), float64(bytes)/1e6/took.Seconds(), took.Round(time.Second), left(done, all, took)))
	if all == 0 {
		bar.Add(1) // a wheel that turns
		return
	}
	bar.ChangeMax64(all)
	bar.Set64(done)
}
