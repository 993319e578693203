package portable

import (
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

func TestShortTellsTheCause(t *testing.T) {
	for message, want := range map[string]string{
		"java.util.concurrent.CompletionException: NoResourceAvailableException\n\tat a.b.C(D.java:1)":    "too few free slots",
		"java.io.InvalidClassException: org.apache.flink.X; local class incompatible":                     "different versions of Beam or Flink",
		"java.lang.RuntimeException: Error\n\tcaused by:\nwrite /x: no space left on device\n\tat a.B(C)": "write /x: no space left on device (a disk of the cluster is full)",
		"job 7: a\nb": "job 7: a: b",
	} {
		if got := Short([]string{message, message}); !strings.Contains(got, want) || strings.Count(got, "job 7") > 1 || strings.Contains(got, "\n") {
			t.Errorf("%q becomes %q", message, got)
		}
	}
	carried := fault.Carry(fault.Dataf("x.csv: %q is too much", "a\nb")).Error()
	if got := Short([]string{"org.apache.X: Error: " + carried + "\n\tat a.B(C)"}); !strings.HasPrefix(got, fault.Mark) {
		t.Errorf("a fault becomes %q", got)
	}
}

func TestBriefErrors(t *testing.T) {
	for text, want := range map[string]string{
		"job failed": "job failed",
		"job 7 failed:\n\tcaused by:\nno space left on device":                                                                                 "job 7 failed: no space left on device",
		"job 7 failed:\nFull error:\nwhile executing\n\tcaused by:\n\tpanic: index out of range goroutine 7 [running]:\nruntime/debug.Stack()": "job 7 failed: panic: index out of range",
	} {
		if got := Brief(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
