package worker

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"sync"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// TokenVariable is the variable of the environment that holds the token of a pool: a
// pool that has one starts workers for jobs whose launcher has the same.
const TokenVariable = "BEAMLINE_POOL_TOKEN"

// tokenParam is the parameter of an external environment that carries the token: runners
// pass the parameters on to the pool with each worker that they ask for.
const tokenParam = "beamline_token"

// External is the payload of an environment whose workers are asked for at an address,
// with a token, if there is one.
func External(address, token string) ([]byte, error) {
	e := &pipepb.ExternalPayload{Endpoint: &pipepb.ApiServiceDescriptor{Url: address}}
	if token != "" {
		e.Params = map[string]string{tokenParam: token}
	}
	return proto.Marshal(e)
}

// shows reports whether a request carries the token.
func shows(r *fnpb.StartWorkerRequest, token string) bool {
	return subtle.ConstantTimeCompare([]byte(r.GetParams()[tokenParam]), []byte(token)) == 1
}

// loopback makes this process the worker of a job that it launched itself.
type loopback struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer

	token string
	ctx   context.Context // ends with the job
	mu    sync.Mutex
	known map[string]bool // the workers by id
}

// Loopback listens on the loopback device for the runner of one job, which is to ask for
// workers with the token: others of the machine reach the address too, and a worker does
// what it is told. stop ends the workers.
func Loopback() (address, token string, stop func(), err error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", "", func() {}, err
	}
	ctx, end := context.WithCancel(context.Background())
	b := &loopback{token: rand.Text(), ctx: ctx, known: map[string]bool{}}
	server := grpc.NewServer()
	fnpb.RegisterBeamFnExternalWorkerPoolServer(server, b)
	go server.Serve(l)
	return l.Addr().String(), b.token, func() { end(); server.Stop() }, nil
}

// StartWorker works for a runner. What is wrong is part of the answer, as the protocol
// has it.
func (b *loopback) StartWorker(_ context.Context, r *fnpb.StartWorkerRequest) (*fnpb.StartWorkerResponse, error) {
	if !shows(r, b.token) {
		return &fnpb.StartWorkerResponse{Error: "this worker is of another job"}, nil
	}
	id := r.GetWorkerId()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known[id] {
		return &fnpb.StartWorkerResponse{Error: fmt.Sprintf("the worker %q is there already", id)}, nil
	}
	b.known[id] = true
	ctx := grpcx.WriteWorkerID(b.ctx, id)
	go harness.MainWithOptions(ctx, r.GetLoggingEndpoint().GetUrl(), r.GetControlEndpoint().GetUrl(), capabilities(ctx, r.GetProvisionEndpoint().GetUrl()))
	return &fnpb.StartWorkerResponse{}, nil
}

// StopWorker does nothing: who stops a worker shows no token, and workers end with the
// job, or when the runner lets go of them.
func (*loopback) StopWorker(context.Context, *fnpb.StopWorkerRequest) (*fnpb.StopWorkerResponse, error) {
	return &fnpb.StopWorkerResponse{}, nil
}

// capabilities asks a runner what it can do; one that does not say can do what all can.
func capabilities(ctx context.Context, provision string) (o harness.Options) {
	if provision == "" {
		return o
	}
	ctx, stop := context.WithTimeout(ctx, provisionTime)
	defer stop()
	if info, err := tools.ProvisionInfo(ctx, provision); err == nil {
		o.StatusEndpoint, o.RunnerCapabilities = info.GetStatusEndpoint().GetUrl(), info.GetRunnerCapabilities()
	}
	return o
}
