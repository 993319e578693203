package runners

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// TestPrismIsClosed runs a job on prism, and calls it as one who has not its key, or has
// another one.
func TestPrismIsClosed(t *testing.T) {
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
	endpoint, err := prismEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	other, err := ownKey()
	if err != nil {
		t.Fatal(err)
	}
	other.InsecureSkipVerify = true
	for name, c := range map[string]credentials.TransportCredentials{"no key": insecure.NewCredentials(),
		"no certificate": credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}), "another key": credentials.NewTLS(other)} {
		conn, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(c))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		if r, err := jobpb.NewJobServiceClient(conn).GetJobs(ctx, &jobpb.GetJobsRequest{}); err == nil {
			t.Errorf("with %s prism says %v", name, r)
		}
	}
	ss, err := exec.LookPath("ss")
	if err != nil {
		t.Skip("there is no ss to ask which device the port is of")
	}
	out, err := exec.Command(ss, "-ltnH").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(endpoint)
	for line := range bytes.Lines(out) {
		if at := strings.Fields(string(line))[3]; strings.HasSuffix(at, ":"+port) && !strings.HasSuffix(at, "%lo:"+port) && !strings.HasPrefix(at, "127.") {
			t.Errorf("prism listens on %s", at)
		}
	}
}
