package dataflow

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"

	"github.com/beamline-go/beamline/e2e/fakes"
)

var rewrite = flag.Bool("rewrite", false, "write the golden graph again")

// TestGraph compares the graph of score with the one that is written down: the
// names of its steps, which a running stream is updated by and a person reads,
// and the coders of what flows between them.
func TestGraph(t *testing.T) {
	r := newRig(t)
	r.done(t, "train", "gs://lake/beamline.yaml", "--out", "gs://lake/m")
	r.service.Run = func(d *fakes.Dataflow, id string) { d.SetState(id, "JOB_STATE_CANCELLED") }
	r.beamline(t.Context(), append([]string{"score", "gs://lake/in/test.csv", "--model", "gs://lake/m/model", "--out", "gs://lake/s"}, r.options("max_num_workers=1")...)...)
	ids := r.service.IDs()
	if len(ids) != 1 {
		t.Fatalf("the jobs are %q", ids)
	}
	staged, err := fakes.Fetch(r.service.Job(ids[0]), r.gcs)
	if err != nil {
		t.Fatal(err)
	}
	got := render(staged.Graph)
	golden := filepath.Join("testdata", "score.graph")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the graph is not the one of %s; if it is to be another, write it with go test ./dataflow -run Graph -rewrite\n%s", golden, difference(string(want), got))
	}
}

// render writes a line for each step and each collection.
func render(p *pipepb.Pipeline) string {
	c := p.GetComponents()
	var lines []string
	for _, t := range c.GetTransforms() {
		if len(t.GetSubtransforms()) == 0 {
			lines = append(lines, fmt.Sprintf("step %s: %s", t.GetUniqueName(), t.GetSpec().GetUrn()))
		}
		for _, out := range slices.Sorted(maps.Keys(t.GetOutputs())) {
			if len(t.GetSubtransforms()) == 0 {
				lines = append(lines, fmt.Sprintf("     %s/%s: %s", t.GetUniqueName(), out, coder(c, c.GetPcollections()[t.GetOutputs()[out]].GetCoderId())))
			}
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[5:], b[5:]) })
	return strings.Join(lines, "\n") + "\n"
}

// coder writes a coder with those inside of it; of one of Go's types the digest
// of what it is made of.
func coder(c *pipepb.Components, id string) string {
	x := c.GetCoders()[id]
	out := strings.TrimSuffix(strings.TrimPrefix(x.GetSpec().GetUrn(), "beam:coder:"), ":v1")
	if body := x.GetSpec().GetPayload(); len(body) > 0 {
		out += fmt.Sprintf("#%.4x", sha256.Sum256(body))
	}
	var inside []string
	for _, k := range x.GetComponentCoderIds() {
		inside = append(inside, coder(c, k))
	}
	if len(inside) > 0 {
		out += "<" + strings.Join(inside, ", ") + ">"
	}
	return out
}

// difference lists the lines that only one of two texts has.
func difference(a, b string) string {
	var out []string
	in := func(text string) map[string]bool {
		lines := map[string]bool{}
		for line := range strings.Lines(text) {
			lines[line] = true
		}
		return lines
	}
	one, other := in(a), in(b)
	for _, line := range slices.Sorted(maps.Keys(one)) {
		if !other[line] {
			out = append(out, "- "+line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(other)) {
		if !one[line] {
			out = append(out, "+ "+line)
		}
	}
	return strings.Join(out, "")
}
