package pipelines

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"golang.org/x/sys/unix"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// TestPrismIsLocal asks the kernel which device the socket is bound to on which
// prism takes jobs.
func TestPrismIsLocal(t *testing.T) {
	name := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(name, []byte("a,b\n1,2\n3,4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := tableio.Open(t.Context(), []string{name}, csv.Settings{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Learn(context.Background(), Runner{Name: "prism", Splits: 1}, &table, t.TempDir(), Options{}); err != nil {
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
