package portable

import "testing"

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
