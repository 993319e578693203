package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/beamline-go/beamline/internal/spec"
)

// machineMemory is the memory of this machine, or of the container that this process is in,
// if that has less.
func machineMemory() spec.Bytes {
	all := int64(0)
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			all = kb << 10
		}
	}
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, _ := os.ReadFile(name)
		if own, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && own > 0 && (all == 0 || own < all) {
			all = own
		}
	}
	return spec.Bytes(all)
}
