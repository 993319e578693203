package dataflow

import (
	"debug/elf"
	"fmt"
	"os"
	"regexp"

	"github.com/beamline-go/beamline/internal/fault"
)

// arm are the machine types whose processors are ARM's.
var arm = regexp.MustCompile(`^(t2a|c4a|n4a|a4x)-`)

// binary returns the program that the workers run: this one, unless another is
// named, which it must be where this one is not for Linux.
func (o *Options) binary() (string, error) {
	name := o.Worker
	if name == "" {
		var err error
		if name, err = os.Executable(); err != nil {
			return "", fmt.Errorf("dataflow: %w", err)
		}
	}
	return name, checkBinary(name, arm.MatchString(o.MachineType))
}

// checkBinary refuses a program that the workers could not run: they are
// containers of Linux on amd64, or on arm64.
func checkBinary(name string, arm bool) error {
	want, machine := "amd64", elf.EM_X86_64
	if arm {
		want, machine = "arm64", elf.EM_AARCH64
	}
	hint := "build one with GOOS=linux GOARCH=" + want + " CGO_ENABLED=0 and name it: --runner-option worker_binary=FILE"
	f, err := elf.Open(name)
	if os.IsNotExist(err) {
		return fault.Usagef("worker_binary: %s: no such file", name)
	}
	if err != nil {
		return fault.Usagef("worker_binary: %s is no program for Linux; %s", name, hint)
	}
	defer f.Close()
	if f.Machine != machine {
		return fault.Usagef("worker_binary: %s is a program for %v, and the workers are %s; %s", name, f.Machine, want, hint)
	}
	return nil
}
