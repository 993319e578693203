//go:build !linux

package main

import "github.com/beamline-go/beamline/internal/spec"

// machineMemory can't be told here.
func machineMemory() spec.Bytes { return 0 }
