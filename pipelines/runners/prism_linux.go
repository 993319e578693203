package runners

import (
	"os"
	"strconv"
	"syscall"
)

// keepLocal binds the socket that listens on the port to the loopback device: prism
// listens on every address, and has no option for another. Kernels before 5.7 refuse it;
// then strangers of the network reach a port that does not answer them.
func keepLocal(port string) {
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
		own := 0
		switch a, _ := syscall.Getsockname(fd); a := a.(type) {
		case *syscall.SockaddrInet6:
			own = a.Port
		case *syscall.SockaddrInet4:
			own = a.Port
		}
		if strconv.Itoa(own) == port {
			_ = syscall.BindToDevice(fd, "lo")
		}
	}
}
