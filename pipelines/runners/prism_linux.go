package runners

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"github.com/beamline-go/beamline/internal/fault"
)

// startPrism starts prism's job server and keeps it to the loopback device. It
// listens on every address and has no option for another, so that anyone on the
// network could send it a job; but its socket is a file of this process, and can be
// bound. Where it can't be, on kernels before 5.7, prism is refused.
func startPrism(ctx context.Context) error {
	before := listening()
	if _, err := prism.CreateJobServer(ctx, prism.Options{}); err != nil {
		return fmt.Errorf("prism: %w", err)
	}
	bound := false
	for fd, port := range listening() {
		if before[fd] == port {
			continue
		}
		if err := syscall.BindToDevice(fd, "lo"); err != nil {
			return fault.Usagef("prism would take jobs from the network, and can't be kept from it (%v); --runner=direct opens no port", err)
		}
		*jobopts.Endpoint, *jobopts.EnvironmentType = fmt.Sprintf("localhost:%d", port), "loopback"
		bound = true
	}
	if !bound {
		return fault.Usagef("prism would take jobs from the network: its socket is not found; --runner=direct opens no port")
	}
	return nil
}

// listening returns the ports of this process's listening sockets by file.
func listening() map[int]int {
	out := map[int]int{}
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		fd, err := strconv.Atoi(f.Name())
		if err != nil {
			continue
		}
		accepts, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
		if err != nil || accepts != 1 {
			continue
		}
		switch a, _ := syscall.Getsockname(fd); a := a.(type) {
		case *syscall.SockaddrInet6:
			out[fd] = a.Port
		case *syscall.SockaddrInet4:
			out[fd] = a.Port
		}
	}
	return out
}
