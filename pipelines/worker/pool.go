package worker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc"
)

// pool starts a process for each worker that is asked for. Every task manager
// numbers its workers from 1-1, so an id may be in use more than once.
type pool struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer

	mu      sync.Mutex
	workers map[string][]*exec.Cmd // by id, the oldest first
}

// Serve starts workers for the task managers that ask at the address, until ctx
// is done; then it ends them. ready, if not nil, is told the address.
func Serve(ctx context.Context, address string, ready func(net.Addr)) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	p := &pool{workers: map[string][]*exec.Cmd{}}
	defer p.end()
	server := grpc.NewServer()
	fnpb.RegisterBeamFnExternalWorkerPoolServer(server, p)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	if ready != nil {
		ready(l.Addr())
	}
	if err := server.Serve(l); err != nil && ctx.Err() == nil {
		return fmt.Errorf("worker: %w", err)
	}
	return nil
}

// StartWorker starts a process. What is wrong is part of the answer, as the
// protocol has it.
func (p *pool) StartWorker(ctx context.Context, r *fnpb.StartWorkerRequest) (*fnpb.StartWorkerResponse, error) {
	argv, env, err := command(ctx, r.GetWorkerId(), r.GetProvisionEndpoint().GetUrl(), r.GetControlEndpoint().GetUrl(), r.GetLoggingEndpoint().GetUrl())
	if err != nil {
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	c := exec.Command(argv[0], argv[1:]...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), os.Stderr, os.Stderr
	if err := c.Start(); err != nil {
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	go c.Wait() // it is told to stop, and reaped here
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers[r.GetWorkerId()] = append(p.workers[r.GetWorkerId()], c)
	return &fnpb.StartWorkerResponse{}, nil
}

// StopWorker ends the oldest worker of that id: the request does not say whose it
// is. All task managers stop the workers of a job at about the same time.
func (p *pool) StopWorker(_ context.Context, r *fnpb.StopWorkerRequest) (*fnpb.StopWorkerResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.workers[r.GetWorkerId()]
	if len(all) > 0 {
		all[0].Process.Kill()
		p.workers[r.GetWorkerId()] = all[1:]
	}
	return &fnpb.StopWorkerResponse{}, nil
}

func (p *pool) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, all := range p.workers {
		for _, c := range all {
			c.Process.Kill()
		}
	}
}
