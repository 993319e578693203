// Package dataflow runs pipelines on Google Cloud Dataflow. It differs from the
// SDK's launcher in that bucket, credentials and program are checked first, that
// every request has a time-out and is made again where that can help, that the
// state, the messages and the counters of the job are followed to its end, and
// that only a job that is done is a success.
package dataflow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/protox"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow/dataflowlib"
	df "google.golang.org/api/dataflow/v1b3"
	"google.golang.org/api/googleapi"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines/portable"
)

// launchTime bounds all that is done before a job is there.
const launchTime = 10 * time.Minute

// Run runs a pipeline and follows its job to the end. started is told the id of
// the job. With a template location the job is written there, and not run.
func Run(ctx context.Context, p *beam.Pipeline, o Options, started func(id string)) error {
	if err := o.CheckLaunch(); err != nil {
		return err
	}
	s, err := Connect(ctx, o)
	if err != nil {
		return err
	}
	id, err := s.launch(ctx, p, o)
	if err != nil || o.TemplateLocation != "" {
		return err
	}
	started(id)
	progress.Elsewhere("job "+id+" runs", 0)
	return s.Wait(ctx, id)
}

// launch stages what the job needs and creates it.
func (s *Service) launch(ctx context.Context, p *beam.Pipeline, o Options) (id string, err error) {
	ctx, stop := context.WithTimeout(ctx, launchTime)
	defer stop()
	binary, err := o.binary()
	if err != nil {
		return "", err
	}
	graph, streaming, err := translate(ctx, p, o.ContainerImage)
	if err != nil {
		return "", err
	}
	if o.Streaming = streaming; streaming {
		o.Experiments = append(o.Experiments, "enable_streaming_engine", "enable_windmill_service")
	}
	running, err := s.first(ctx, o)
	if err != nil {
		return "", err
	}
	job, err := stage(ctx, graph, binary, o)
	if err != nil {
		return "", err
	}
	if o.Update {
		job.ReplaceJobId = running
	}
	if o.TemplateLocation != "" {
		return "", writeTemplate(ctx, o.TemplateLocation, job)
	}
	return s.create(ctx, job)
}

// first asks the service for the running job of that name: it proves that the
// service answers, and that the name is free or, for an update, in use.
func (s *Service) first(ctx context.Context, o Options) (running string, err error) {
	if o.Update && !o.Streaming {
		return "", fault.Usagef("runner.options: update is for a stream, and this job is a batch, which ends by itself")
	}
	if o.TemplateLocation != "" {
		return "", nil
	}
	jobs, err := s.List(ctx, true)
	if err != nil {
		return "", err
	}
	for _, j := range jobs {
		if j.Name == o.Name {
			running = j.Id
		}
	}
	switch {
	case o.Update && running == "":
		return "", fault.Usagef("dataflow: no job named %q runs, so there is none to update", o.Name)
	case !o.Update && running != "":
		return "", sameName(o.Name, running)
	}
	return running, nil
}

func sameName(name, id string) error {
	return fault.Usagef("dataflow: a job named %q runs already: %s; wait for it, end it with beamline jobs cancel, or choose another job_name", name, id)
}

// translate turns the pipeline into the graph that is sent.
func translate(ctx context.Context, p *beam.Pipeline, image string) (g *pipepb.Pipeline, streaming bool, err error) {
	edges, nodes, err := p.Build()
	if err != nil {
		return nil, false, fmt.Errorf("dataflow: %w", err)
	}
	if err := portable.RemoteLogs(); err != nil {
		return nil, false, err
	}
	hooks.SerializeHooksToOptions()
	environment, err := graphx.CreateEnvironment(ctx, "beam:env:docker:v1", func(context.Context) string { return image })
	if err != nil {
		return nil, false, fmt.Errorf("dataflow: %w", err)
	}
	if g, err = graphx.Marshal(edges, &graphx.Options{Environment: environment}); err != nil {
		return nil, false, fmt.Errorf("dataflow: %w", err)
	}
	return g, !graph.Bounded(nodes), nil
}

// stage puts the program and the graph in the bucket, each under its own hash so
// that one that is there is not sent again, and returns the job.
func stage(ctx context.Context, g *pipepb.Pipeline, binary string, o Options) (*df.Job, error) {
	worker, sha, err := stageFile(ctx, o.Staging, binary)
	if err != nil {
		return nil, err
	}
	o.WorkerHash = sha
	artifact := protox.MustEncode(&pipepb.ArtifactUrlPayload{Url: worker, Sha256: sha})
	if err := graphx.UpdateDefaultEnvWorkerType(graphx.URNArtifactURLType, artifact, g); err != nil {
		return nil, fmt.Errorf("dataflow: %w", err)
	}
	body := protox.MustEncode(g)
	hash := digest(body)
	model := store.Join(o.Staging, "graph-"+hash)
	if err := store.WriteFile(ctx, model, body, store.Condition{}); err != nil {
		return nil, fault.Wrap(err, "dataflow")
	}
	o.Options = beam.PipelineOptions.Export()
	job, err := dataflowlib.Translate(ctx, g, &o.JobOptions, worker, model, hash)
	if err != nil {
		return nil, fault.Usagef("dataflow: %v", err)
	}
	return job, nil
}

func digest(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// stageFile puts a file in the bucket, unless it is there. The last element of
// its name must be worker.
func stageFile(ctx context.Context, staging, name string) (url, sha string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", "", fmt.Errorf("dataflow: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return "", "", fmt.Errorf("dataflow: %w", err)
	}
	sha = hex.EncodeToString(h.Sum(nil))
	url = store.Join(staging, sha, "worker")
	switch there, err := store.Stat(ctx, url); {
	case err == nil && there.Size == size:
		return url, sha, writable(ctx, staging)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", "", err
	}
	err = store.Write(ctx, url, func(w io.Writer) error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(w, f)
		return err
	})
	return url, sha, fault.Wrap(err, "dataflow")
}

// writable finds out whether the bucket takes files.
func writable(ctx context.Context, staging string) error {
	name := store.Join(staging, "probe-"+rand.Text())
	if err := store.WriteFile(ctx, name, nil, store.Condition{}); err != nil {
		return err
	}
	return store.Remove(ctx, name, store.Condition{})
}

// writeTemplate leaves the job where jobs can be launched from it.
func writeTemplate(ctx context.Context, name string, job *df.Job) error {
	body, err := json.MarshalIndent(job, "", "  ")
	if err != nil {
		return fmt.Errorf("dataflow: %w", err)
	}
	return store.WriteFile(ctx, name, body, store.Condition{})
}

// create creates the job. The request has an id of its own, so that one whose
// answer was lost can be made again.
func (s *Service) create(ctx context.Context, job *df.Job) (string, error) {
	job.ClientRequestId = rand.Text()
	made, err := call(ctx, "create the job", func(ctx context.Context) (*df.Job, error) {
		made, err := s.jobs.Create(s.project, s.region, job).Context(ctx).Do()
		var api *googleapi.Error
		if errors.As(err, &api) && api.Code == http.StatusConflict {
			return s.mine(ctx, job)
		}
		return made, err
	})
	if err != nil {
		return "", err
	}
	if made.ClientRequestId != "" && made.ClientRequestId != job.ClientRequestId {
		return "", sameName(job.Name, made.Id) // the service answers with the job that runs
	}
	return made.Id, nil
}

// mine returns the running job of that name where an earlier request of this
// process made it.
func (s *Service) mine(ctx context.Context, job *df.Job) (*df.Job, error) {
	jobs, err := s.List(ctx, true)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if j.Name != job.Name {
			continue
		}
		if j.ClientRequestId == job.ClientRequestId {
			return j, nil
		}
		return nil, sameName(job.Name, j.Id)
	}
	return nil, fmt.Errorf("the service says that a job named %q runs, and lists none", job.Name)
}
