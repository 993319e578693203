package fakes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/metricsx"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	df "google.golang.org/api/dataflow/v1b3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// Staged is what a job refers to: its graph and the program of its workers.
type Staged struct {
	Graph  *pipepb.Pipeline
	Worker []byte
}

// Fetch reads what a job staged, and compares it with the hashes that the job
// gives, as the service does.
func Fetch(j *df.Job, b *GCS) (Staged, error) {
	var s Staged
	var options struct {
		Options struct {
			PipelineURL       string `json:"pipelineUrl"`
			PipelineProtoHash string `json:"pipelineProtoHash"`
		} `json:"options"`
	}
	if err := json.Unmarshal(j.Environment.SdkPipelineOptions, &options); err != nil {
		return s, err
	}
	graph, err := b.Get(options.Options.PipelineURL)
	if err != nil {
		return s, fmt.Errorf("the graph %s: %w", options.Options.PipelineURL, err)
	}
	if h := hash(graph); h != options.Options.PipelineProtoHash {
		return s, fmt.Errorf("the graph has the hash %s, the job says %s", h, options.Options.PipelineProtoHash)
	}
	s.Graph = &pipepb.Pipeline{}
	if err := proto.Unmarshal(graph, s.Graph); err != nil {
		return s, err
	}
	for _, p := range j.Environment.WorkerPools[0].Packages {
		body, err := b.Get(p.Location)
		if err != nil {
			return s, fmt.Errorf("the file %s, %s: %w", p.Name, p.Location, err)
		}
		if h := hash(body); h != p.Sha256 {
			return s, fmt.Errorf("the file %s has the hash %s, the job says %s", p.Name, h, p.Sha256)
		}
		if p.Name == "worker" {
			s.Worker = body
		}
	}
	if s.Worker == nil {
		return s, errors.New("no program for the workers is staged")
	}
	return s, s.dependencies(b)
}

// dependencies compares what the environments of the graph ask for with what is
// staged.
func (s Staged) dependencies(b *GCS) error {
	for id, e := range s.Graph.GetComponents().GetEnvironments() {
		if len(e.GetDependencies()) == 0 {
			return fmt.Errorf("the environment %s has no program", id)
		}
		for _, d := range e.GetDependencies() {
			var at pipepb.ArtifactUrlPayload
			if err := proto.Unmarshal(d.GetTypePayload(), &at); err != nil {
				return err
			}
			if body, err := b.Get(at.GetUrl()); err != nil || hash(body) != at.GetSha256() {
				return fmt.Errorf("the environment %s needs %s, which is not staged as it says: %v", id, at.GetUrl(), err)
			}
		}
	}
	return nil
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Service runs the jobs that a Dataflow takes: the staged graph with the staged
// program, on a prism of its own.
type Service struct {
	Buckets *GCS
	Env     []string // of the workers
	Logs    io.Writer

	mu   sync.Mutex
	stop map[string]func()
}

// Run is a Dataflow's Run.
func (s *Service) Run(d *Dataflow, id string) {
	d.SetState(id, "JOB_STATE_RUNNING")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s.mu.Lock()
	if s.stop == nil {
		s.stop = map[string]func(){}
	}
	s.stop[id] = stop
	s.mu.Unlock()
	state, err := s.execute(ctx, d, id)
	if err != nil {
		d.Say(id, "JOB_MESSAGE_ERROR", err.Error())
		state = "JOB_STATE_FAILED"
	}
	d.SetState(id, state)
}

// Stop ends a job that runs here.
func (s *Service) Stop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stop := s.stop[id]; stop != nil {
		stop()
	}
}

func (s *Service) execute(ctx context.Context, d *Dataflow, id string) (state string, err error) {
	j := d.Job(id)
	staged, err := Fetch(j, s.Buckets)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "beamline-dataflow-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	pool, err := startPool(dir, staged.Worker, j.Environment.SdkPipelineOptions, s.Env, s.Logs)
	if err != nil {
		return "", err
	}
	defer pool.end()
	// The only change: the pool starts the workers, not a container.
	external, err := proto.Marshal(&pipepb.ExternalPayload{Endpoint: &pipepb.ApiServiceDescriptor{Url: pool.address}})
	if err != nil {
		return "", err
	}
	for _, e := range staged.Graph.GetComponents().GetEnvironments() {
		if e.GetUrn() != "beam:env:docker:v1" {
			return "", fmt.Errorf("the environment is %s", e.GetUrn())
		}
		e.Urn, e.Payload = "beam:env:external:v1", external
	}
	options := &structpb.Struct{}
	if err := protojson.Unmarshal(j.Environment.SdkPipelineOptions, options); err != nil {
		return "", err
	}
	client, err := prism.CreateJobServer(ctx, prism.Options{})
	if err != nil {
		return "", err
	}
	prepared, err := client.Prepare(ctx, &jobpb.PrepareJobRequest{Pipeline: staged.Graph, PipelineOptions: options, JobName: j.Name})
	if err != nil {
		return "", err
	}
	run, err := client.Run(ctx, &jobpb.RunJobRequest{PreparationId: prepared.GetPreparationId(), RetrievalToken: prepared.GetStagingSessionToken()})
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() {
		client.Cancel(context.Background(), &jobpb.CancelJobRequest{JobId: run.GetJobId()})
	})
	defer stop()
	state, err = follow(context.WithoutCancel(ctx), client, run.GetJobId(), func(m *jobpb.JobMessage) {
		importance := "JOB_MESSAGE_BASIC"
		if m.GetImportance() == jobpb.JobMessage_JOB_MESSAGE_ERROR {
			importance = "JOB_MESSAGE_ERROR"
		}
		d.Say(id, importance, m.GetMessageText())
	})
	d.Measure(id, measured(client, run.GetJobId(), staged.Graph))
	return state, err
}

// follow reads the messages of a job to its end.
func follow(ctx context.Context, client jobpb.JobServiceClient, id string, say func(*jobpb.JobMessage)) (state string, err error) {
	stream, err := client.GetMessageStream(ctx, &jobpb.JobMessagesRequest{JobId: id})
	if err != nil {
		return "", err
	}
	last := jobpb.JobState_UNSPECIFIED
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return "JOB_STATE_" + last.String(), nil
		}
		if err != nil {
			return "", err
		}
		if x := m.GetMessageResponse(); x != nil {
			say(x)
		}
		if x := m.GetStateResponse(); x != nil {
			last = x.GetState()
			if last == jobpb.JobState_DONE || last == jobpb.JobState_CANCELLED {
				return "JOB_STATE_" + last.String(), nil
			}
		}
	}
}

// measured returns the user's counters as the service gives them.
func measured(client jobpb.JobServiceClient, id string, graph *pipepb.Pipeline) []*df.MetricUpdate {
	r, err := client.GetJobMetrics(context.Background(), &jobpb.GetJobMetricsRequest{JobId: id})
	if err != nil {
		return nil
	}
	var out []*df.MetricUpdate
	all := metricsx.FromMonitoringInfos(graph, r.GetMetrics().GetAttempted(), r.GetMetrics().GetCommitted())
	for _, c := range all.AllMetrics().Counters() {
		out = append(out, &df.MetricUpdate{Kind: "Sum", Scalar: max(c.Committed, c.Attempted), Name: &df.MetricStructuredName{Name: c.Key.Name,
			Origin: "user", Context: map[string]string{"step": c.Key.Step, "namespace": c.Key.Namespace}}})
	}
	return out
}

// workers is a pool that starts the staged program for each worker that is
// asked for, with the arguments that the container's boot gives it.
type workers struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer
	dir, address string
	env          []string
	logs         io.Writer
	server       *grpc.Server

	mu      sync.Mutex
	running map[string]*exec.Cmd
}

func startPool(dir string, program, options []byte, env []string, logs io.Writer) (*workers, error) {
	if err := os.WriteFile(filepath.Join(dir, "worker"), program, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "options.json"), options, 0o600); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &workers{dir: dir, address: l.Addr().String(), env: env, logs: logs, server: grpc.NewServer(), running: map[string]*exec.Cmd{}}
	fnpb.RegisterBeamFnExternalWorkerPoolServer(w.server, w)
	go w.server.Serve(l)
	return w, nil
}

func (w *workers) StartWorker(_ context.Context, r *fnpb.StartWorkerRequest) (*fnpb.StartWorkerResponse, error) {
	c := exec.Command(filepath.Join(w.dir, "worker"), "--worker=true", "--id="+r.GetWorkerId(),
		"--logging_endpoint="+r.GetLoggingEndpoint().GetUrl(), "--control_endpoint="+r.GetControlEndpoint().GetUrl(), "--semi_persist_dir="+w.dir)
	c.Dir, c.Stdout, c.Stderr = w.dir, w.logs, w.logs
	c.Env = append([]string{"PIPELINE_OPTIONS_FILE=" + filepath.Join(w.dir, "options.json"), "PATH=/usr/bin:/bin", "HOME=" + w.dir, "TMPDIR=" + w.dir}, w.env...)
	if err := c.Start(); err != nil {
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[r.GetWorkerId()] = c
	return &fnpb.StartWorkerResponse{}, nil
}

func (w *workers) StopWorker(_ context.Context, r *fnpb.StopWorkerRequest) (*fnpb.StopWorkerResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kill(r.GetWorkerId())
	return &fnpb.StopWorkerResponse{}, nil
}

func (w *workers) kill(id string) {
	if c := w.running[id]; c != nil {
		c.Process.Kill()
		c.Wait()
		delete(w.running, id)
	}
}

func (w *workers) end() {
	w.server.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.running {
		w.kill(id)
	}
}
