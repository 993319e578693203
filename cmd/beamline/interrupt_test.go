package main

import (
	"io"
	"os"
	"strings"
	"testing"
)

func TestCtrlCAsks(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": false, "Yes\n": false, "\n": true, "n\n": true, "what\n": true, "": false} {
		var asked strings.Builder
		if got := goOn("job 7 is running", strings.NewReader(answer), &asked, nil); got != want {
			t.Errorf("%q: goes on is %v", answer, got)
		}
		if !strings.Contains(asked.String(), "job 7 is running. Cancel it?") {
			t.Errorf("it asks %q", asked.String())
		}
	}
	if goOn("", strings.NewReader("n\n"), io.Discard, nil) {
		t.Error("without a job on a cluster nothing is asked")
	}
	again := make(chan os.Signal, 1)
	again <- os.Interrupt
	silent, _ := io.Pipe()
	if goOn("job 7 is running", silent, io.Discard, again) {
		t.Error("a second signal does not cancel")
	}
}
