//go:build linux

package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/beamline-go/beamline/e2e/program"
)

// TestPorts has another user of the machine try every port that a command opens in its
// life: nobody but the command's own runner is to be answered.
func TestPorts(t *testing.T) {
	stranger := newStranger(t)
	data := filepath.Join("testdata", "houses", "train.csv")
	server := silentJobServer(t)
	for _, c := range []struct {
		name  string
		ports int // that it opens at least
		env   []string
		args  []string
	}{
		{"direct", 0, nil, []string{"run", "testdata/houses/beamline.yaml"}},
		{"prism", 2, nil, []string{"train", data, "--target", "SalePrice", "--models", "ridge,gbdt", "--runner=prism"}},
		{"prism cleans", 2, nil, []string{"clean", data, "--runner=prism"}},
		{"flink loopback", 1, nil, []string{"clean", data, "--runner=flink", "--runner-option", "endpoint=" + server, "--runner-option", "environment=loopback"}},
		{"pool", 1, []string{"BEAMLINE_POOL_TOKEN=a token"}, []string{"worker", "pool", ":0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			if args[0] != "worker" {
				args = append(args, "--out", filepath.Join(t.TempDir(), "out"))
			}
			ports := stranger.watch(t, c.env, args)
			if len(ports) < c.ports || c.ports == 0 && len(ports) > 0 {
				t.Errorf("it listened on %v", ports)
			}
			for _, p := range ports {
				if !strings.Contains(p.said, "reached") || strings.Count(p.said, "\n") > 1 {
					t.Errorf("%s:\n%s", p.address, p.said)
				}
			}
		})
	}
}

// stranger is a program that another user runs.
type stranger struct{ path string }

func newStranger(t *testing.T) stranger {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "stranger-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := stranger{filepath.Join(dir, "stranger")}
	if err := os.WriteFile(s.path, body, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // others may enter it
		t.Fatal(err)
	}
	return s
}

// port is where a command listened, and what a stranger was told there.
type port struct {
	address, said string
}

// nobody is the user that strangers are, where this one may choose.
const nobody = 65534

// try calls an address as the other user.
func (s stranger) try(address string) string {
	c := exec.Command(s.path, "-test.run", "^TestStranger$", "-test.count=1")
	c.Dir, c.Env = "/", []string{"STRANGER_TRIES=" + address}
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := c.Output()
	said := strings.TrimSuffix(string(out), "PASS\n")
	if err != nil {
		return fmt.Sprint(said, "the stranger ended: ", err, "\n\n")
	}
	return said
}

// watch runs a command to its end, or for some seconds, and tries every port that it
// opens meanwhile.
func (s stranger) watch(t *testing.T, env, args []string) (ports []port) {
	t.Helper()
	c := exec.Command(program.Path, args...)
	c.Dir, c.Env = program.Root, append(os.Environ(), env...)
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	known := map[string]bool{}
	var tries sync.WaitGroup
	var mu sync.Mutex
	deadline := time.After(8 * time.Second)
	for {
		for _, address := range listening(c.Process.Pid) {
			if known[address] {
				continue
			}
			known[address] = true
			tries.Go(func() {
				p := port{address: address, said: s.try(address)}
				mu.Lock()
				defer mu.Unlock()
				ports = append(ports, p)
			})
		}
		select {
		case err := <-ended:
			tries.Wait()
			if err != nil {
				t.Errorf("%v: %v\n%s", args, err, said.String())
			}
			return ports
		case <-deadline:
			tries.Wait()
			c.Process.Signal(os.Interrupt)
			<-ended
			return ports
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// listening are the addresses on which a process takes connections.
func listening(pid int) (addresses []string) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	own := map[string]bool{}
	files, _ := os.ReadDir(proc + "fd")
	for _, f := range files {
		to, _ := os.Readlink(proc + "fd/" + f.Name())
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		body, _ := os.ReadFile(proc + "net/" + table)
		for line := range strings.Lines(string(body)) {
			const local, state, inode, listens = 1, 3, 9, "0A"
			f := strings.Fields(line)
			if len(f) > inode && f[state] == listens && own[f[inode]] {
				_, hex, _ := strings.Cut(f[local], ":")
				n, _ := strconv.ParseUint(hex, 16, 16)
				addresses = append(addresses, net.JoinHostPort("127.0.0.1", fmt.Sprint(n)))
			}
		}
	}
	return addresses
}

// TestStranger is the program of the other user: it tries to have a job run, and a worker
// started, and says on standard output what answered.
func TestStranger(t *testing.T) {
	address := os.Getenv("STRANGER_TRIES")
	if address == "" {
		t.Skip("it is run by TestPorts")
	}
	if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
		c.Close()
		fmt.Println("reached as user", os.Getuid())
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
	defer stop()
	var all sync.WaitGroup
	for name, secure := range map[string]credentials.TransportCredentials{
		"without a key": insecure.NewCredentials(), "with TLS": credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})} {
		c, err := grpc.NewClient(address, grpc.WithTransportCredentials(secure))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all.Go(func() { tryJobs(ctx, name, jobpb.NewJobServiceClient(c)) })
		all.Go(func() { tryWorkers(ctx, name, fnpb.NewBeamFnExternalWorkerPoolClient(c)) })
	}
	all.Go(func() {
		client := http.Client{Timeout: 2 * time.Second}
		if r, err := client.Get("http://" + address); err == nil {
			body, _ := io.ReadAll(io.LimitReader(r.Body, 100))
			fmt.Printf("http: %s %q\n", r.Status, body)
		}
	})
	all.Wait()
}

// tryJobs asks for the list of jobs, and for a job whose environment is a program.
func tryJobs(ctx context.Context, name string, c jobpb.JobServiceClient) {
	if r, err := c.GetJobs(ctx, &jobpb.GetJobsRequest{}); err == nil {
		fmt.Printf("jobs, %s: %v\n", name, r)
	}
	command, _ := proto.Marshal(&pipepb.ProcessPayload{Command: "/bin/true"})
	p := &pipepb.Pipeline{Components: &pipepb.Components{Environments: map[string]*pipepb.Environment{"go": {Urn: "beam:env:process:v1", Payload: command}}}}
	if r, err := c.Prepare(ctx, &jobpb.PrepareJobRequest{Pipeline: p, JobName: "stranger"}); err == nil {
		fmt.Printf("a job, %s: %v\n", name, r)
	}
}

// tryWorkers asks for a worker that does what this program says.
func tryWorkers(ctx context.Context, name string, c fnpb.BeamFnExternalWorkerPoolClient) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer l.Close()
	called := make(chan bool, 1)
	go func() {
		if _, err := l.Accept(); err == nil {
			called <- true
		}
	}()
	here := &pipepb.ApiServiceDescriptor{Url: l.Addr().String()}
	r, err := c.StartWorker(ctx, &fnpb.StartWorkerRequest{WorkerId: "stranger", ControlEndpoint: here, LoggingEndpoint: here, ProvisionEndpoint: here})
	if err == nil && r.GetError() == "" {
		fmt.Printf("a worker, %s: %v\n", name, r)
	}
	select {
	case <-called:
		fmt.Printf("a worker calls, %s\n", name)
	case <-time.After(time.Second):
	}
}

// silentJobServer takes jobs and never ends one.
func silentJobServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	jobpb.RegisterJobServiceServer(g, silent{})
	go g.Serve(l)
	t.Cleanup(g.Stop)
	return l.Addr().String()
}

type silent struct {
	jobpb.UnimplementedJobServiceServer
}

func (silent) Prepare(ctx context.Context, _ *jobpb.PrepareJobRequest) (*jobpb.PrepareJobResponse, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
