package runners

import (
	"context"
	"fmt"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

// startPrism starts prism's job server and keeps it to the loopback device. It
// listens on every address and has no option for another, so that anyone on the
// network could send it a job; but its socket is one of the first files of this
// process, and can be bound. Where it can't be, on kernels before 5.7, prism
// starts by itself with the first job, as it does elsewhere.
func startPrism(ctx context.Context) error {
	before := listening()
	if _, err := prism.CreateJobServer(ctx, prism.Options{}); err != nil {
		return fmt.Errorf("prism: %w", err)
	}
	for fd, port := range listening() {
		if before[fd] == port {
			continue
		}
		if syscall.BindToDevice(fd, "lo") != nil {
			return nil
		}
		*jobopts.Endpoint, *jobopts.EnvironmentType = fmt.Sprintf("localhost:%d", port), "loopback"
	}
	return nil
}

// listening returns the ports of this process's listening sockets by file.
func listening() map[int]int {
	const files = 1024
	out := map[int]int{}
	for fd := range files {
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
