package worker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"
)

// pool starts a process for each worker that is asked for. Every task manager
// numbers its workers from 1-1, so an id may be in use more than once.
type pool struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer

	token   string // that is to be shown, or empty
	most    int
	mu      sync.Mutex
	running int
	workers map[string][]*exec.Cmd // by id, the oldest first
}

// Local is an address of this machine alone, where one names none: ":50000" is all of them
// to the library.
func Local(address string) string {
	if strings.HasPrefix(address, ":") {
		return "127.0.0.1" + address
	}
	return address
}

// Serve starts workers for the task managers that ask at the address, until ctx
// is done; then it ends them. No more than most run at a time, and each works for the
// machine that asked for it, or for this one. Where there is a token, jobs must carry it.
// ready, if not nil, is told the address.
func Serve(ctx context.Context, address, token string, most int, ready func(net.Addr)) error {
	l, err := net.Listen("tcp", Local(address))
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	p := &pool{token: token, most: most, workers: map[string][]*exec.Cmd{}}
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
	if p.token != "" && !shows(r, p.token) {
		return &fnpb.StartWorkerResponse{Error: "this pool works for jobs that carry its token: launch them with its " + TokenVariable}, nil
	}
	for _, e := range []string{r.GetProvisionEndpoint().GetUrl(), r.GetControlEndpoint().GetUrl(), r.GetLoggingEndpoint().GetUrl(), r.GetArtifactEndpoint().GetUrl()} {
		if err := near(ctx, e); err != nil {
			return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
		}
	}
	if !p.take() {
		return &fnpb.StartWorkerResponse{Error: fmt.Sprintf("%d workers run already, the most that there may be", p.most)}, nil
	}
	ctx, stop := context.WithTimeout(ctx, startTime)
	defer stop()
	argv, env, err := command(ctx, r.GetWorkerId(), r.GetProvisionEndpoint().GetUrl(), r.GetControlEndpoint().GetUrl(), r.GetLoggingEndpoint().GetUrl())
	if err != nil {
		p.give()
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	c := exec.Command(argv[0], argv[1:]...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), os.Stderr, os.Stderr
	if err := c.Start(); err != nil {
		p.give()
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	go func() { // it is told to stop, and reaped here
		c.Wait()
		p.give()
	}()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers[r.GetWorkerId()] = append(p.workers[r.GetWorkerId()], c)
	return &fnpb.StartWorkerResponse{}, nil
}

// startTime is how long the machine that asks may take to say what the worker is to do.
const startTime = time.Minute

// take makes room for one more worker, if there is some.
func (p *pool) take() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running >= p.most {
		return false
	}
	p.running++
	return true
}

func (p *pool) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
}

// near refuses an endpoint on a machine that is neither this one nor the one that asks: a
// worker does what it is told there.
func near(ctx context.Context, endpoint string) error {
	if endpoint == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		return fmt.Errorf("the endpoint %q is no address", endpoint)
	}
	asks, ok := peer.FromContext(ctx)
	if !ok {
		asks = &peer.Peer{}
	}
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return fmt.Errorf("the endpoint %q: %w", endpoint, err)
	}
	own, _ := net.InterfaceAddrs()
	here := func(ip net.IP) bool {
		return ip.IsLoopback() || slices.ContainsFunc(own, func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			return ok && n.IP.Equal(ip)
		})
	}
	for _, a := range found {
		if from, ok := asks.Addr.(*net.TCPAddr); !here(a.IP) && !(ok && a.IP.Equal(from.IP)) {
			return fmt.Errorf("the endpoint %q is neither of this machine nor of the one that asks", endpoint)
		}
	}
	return nil
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
