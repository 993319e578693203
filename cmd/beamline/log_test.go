package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestLogs has lines for machines on stderr, and more of them on request.
func TestLogs(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(60))
	s := done(t, "train", "flats.csv", "--target", "price", "--models", "ridge", "-v", "--log-format", "json", "-o", "m")
	seen := map[string]int{}
	for line := range strings.Lines(s.stderr) {
		var x struct{ Level, Msg, Stage string }
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		seen[x.Level+" "+x.Stage]++
	}
	if seen["DEBUG train"] != 2 || seen["INFO "] != 1 {
		t.Errorf("%v of %s", seen, s.stderr)
	}
	var x struct {
		Msg  string
		Exit int
	}
	if s := beamline(t, "profile", "gone.csv", "--log-format", "json"); json.Unmarshal([]byte(s.stderr), &x) != nil || x.Exit != 2 || !strings.Contains(x.Msg, "gone.csv") {
		t.Error(s.stderr)
	}
	if s := done(t, "profile", "flats.csv", "-o", "p", "-q"); s.stdout+s.stderr != "" {
		t.Errorf("it is quiet, and says %s%s", s.stdout, s.stderr)
	}
	if _, err := os.Stat("p/report.html"); err != nil {
		t.Error(err)
	}
	for args, says := range map[string]string{"--version": "beamline " + version, "completion bash": "bash completion", "man": ".TH BEAMLINE 1", "help score": "Usage:\n  beamline score"} {
		if s := done(t, strings.Fields(args)...); !strings.Contains(s.stdout, says) {
			t.Errorf("%s: %.200s", args, s.stdout)
		}
	}
}
