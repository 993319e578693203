package worker

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// TestPoolRefuses asks a pool for workers that would do what another machine says, and for
// more than it may run.
func TestPoolRefuses(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	at := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, ":0", "", 0, func(a net.Addr) { at <- a }) }()
	address := <-at
	if ip := address.(*net.TCPAddr).IP; !ip.IsLoopback() {
		t.Errorf("it listens on %v", address)
	}
	c, err := grpc.NewClient(address.String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call, done := context.WithTimeout(ctx, 20*time.Second)
	defer done()
	for endpoint, want := range map[string]string{"192.0.2.1:9": "neither of this machine", "nonsense": "is no address", "127.0.0.1:9": "127.0.0.1:9"} {
		e := &pipepb.ApiServiceDescriptor{Url: endpoint}
		r, err := fnpb.NewBeamFnExternalWorkerPoolClient(c).StartWorker(call, &fnpb.StartWorkerRequest{WorkerId: "1-1", ControlEndpoint: e, LoggingEndpoint: e, ProvisionEndpoint: e})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.GetError(), want) && !strings.Contains(r.GetError(), "workers run already") {
			t.Errorf("%s: %q, want %q", endpoint, r.GetError(), want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
