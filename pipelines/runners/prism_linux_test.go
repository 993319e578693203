package runners

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"golang.org/x/sys/unix"
)

// TestPrismIsLocal asks the kernel which device the socket is bound to on which
// prism takes jobs.
func TestPrismIsLocal(t *testing.T) {
	beam.Init()
	r, err := New("prism", nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	beam.Impulse(s)
	if err := r.Run(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	found := false
	for fd, port := range listening() {
		if !strings.HasSuffix(*jobopts.Endpoint, fmt.Sprint(":", port)) {
			continue
		}
		found = true
		if device, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE); err != nil || device != "lo" {
			t.Errorf("prism listens on %q, %v", device, err)
		}
	}
	if !found {
		t.Errorf("no socket listens on %s", *jobopts.Endpoint)
	}
}
