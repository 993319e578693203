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

// TestLoopbackRefuses asks the worker of a job to work for another, with no token, a part
// of it, and another; with its own it calls back.
func TestLoopbackRefuses(t *testing.T) {
	address, token, stop, err := Loopback()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	called := make(chan bool, 9)
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
			called <- true
		}
	}()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
	defer end()
	here := &pipepb.ApiServiceDescriptor{Url: l.Addr().String()}
	for _, shown := range []string{"", token[1:], strings.Repeat("A", len(token)), token} {
		r, err := fnpb.NewBeamFnExternalWorkerPoolClient(c).StartWorker(ctx, &fnpb.StartWorkerRequest{WorkerId: "1", ControlEndpoint: here, LoggingEndpoint: here, Params: map[string]string{tokenParam: shown}})
		if err != nil {
			t.Fatal(err)
		}
		if (r.GetError() == "") != (shown == token) {
			t.Errorf("with %q it says %q", shown, r.GetError())
		}
		select {
		case <-called:
			if shown != token {
				t.Errorf("with %q a worker calls", shown)
			}
		case <-time.After(300 * time.Millisecond):
			if shown == token {
				t.Error("no worker calls")
			}
		}
	}
}

// TestPoolWantsItsToken asks a pool that has a token for a worker without it.
func TestPoolWantsItsToken(t *testing.T) {
	p := &pool{token: "secret", most: 0}
	for shown, want := range map[string]string{"": TokenVariable, "secre": TokenVariable, "secret": "workers run already"} {
		r, err := p.StartWorker(t.Context(), &fnpb.StartWorkerRequest{WorkerId: "1-1", Params: map[string]string{tokenParam: shown}})
		if err != nil || !strings.Contains(r.GetError(), want) {
			t.Errorf("with %q: %v, %v", shown, r, err)
		}
	}
}
