package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/spec"
)

// memoryLook is how often it is looked at what memory is taken.
const memoryLook = 20 * time.Millisecond

// takes is the memory that this process takes from the system, in bytes.
func takes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}

// boundMemory ends the process where it takes more than a limit, before the system ends it,
// or the machine stands still: what a file is made into is not known before it is read. What
// is returned takes the bound off.
func boundMemory(limit spec.Bytes, end func(error)) (stop func()) {
	if limit == 0 {
		return func() {}
	}
	// The collector works harder before it comes to that.
	before := debug.SetMemoryLimit(int64(limit) / 10 * 9)
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(memoryLook)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if takes() <= int64(limit) {
				continue
			}
			if debug.FreeOSMemory(); takes() > int64(limit) {
				end(&fault.Fault{Code: fault.Data, Message: fmt.Sprintf("the run needs more than %s of memory; nothing was written. Set limits.memory in the spec if there is more, or read less at a time", limit)})
				return
			}
		}
	}()
	return func() {
		close(done)
		debug.SetMemoryLimit(before)
	}
}

// memoryOf is the limit of a spec, or three quarters of what this machine, or the container
// that this process is in, has; 0 where that can't be told.
func memoryOf(s spec.Spec) spec.Bytes {
	if s.Limits.Memory > 0 {
		return s.Limits.Memory
	}
	return machineMemory() / 4 * 3
}

// endAtOnce says what is wrong and ends the process, tidied.
func (o *options) endAtOnce(err error) {
	o.log().Error(err.Error(), "exit", int(fault.CodeOf(err)))
	tidyTemp()
	os.Exit(int(fault.CodeOf(err)))
}
