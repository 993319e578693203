package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// measured is what a command took: seconds, and megabytes.
type measured struct{ wall, cpu, peak float64 }

// once runs beamline as a user would, in a process of its own.
func once(args ...string) (measured, error) {
	c := exec.Command(binary, args...)
	begun := time.Now()
	said, err := c.CombinedOutput()
	m := measured{wall: time.Since(begun).Seconds()}
	if err != nil {
		return m, fmt.Errorf("%v: %w\n%s", args, err, said)
	}
	m.cpu = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		m.peak = float64(u.Maxrss) * 1024 / 1e6
	}
	return m, nil
}

// told runs a command that prints JSON, with more of an environment, and reads that.
func told(to any, env []string, args ...string) error {
	c := exec.Command(args[0], args[1:]...)
	c.Env, c.Stderr = append(os.Environ(), env...), os.Stderr
	said, err := c.Output()
	if err == nil {
		err = json.Unmarshal(said, to)
	}
	if err != nil {
		return fmt.Errorf("%v: %w", args, err)
	}
	return nil
}
