package serve

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/stream"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact/artifacttest"
)

func scorer(t *testing.T) *Scorer {
	t.Helper()
	m, err := artifacttest.Prices()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(m, nil, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStep has a result for each record, aside where it can't be used, and the same one
// whatever it comes with.
func TestStep(t *testing.T) {
	s := scorer(t)
	var all []stream.Record
	for i := range 5000 {
		value := fmt.Sprintf(`{"flat": "n%d", "area": %d}`, i, 10+i%50)
		if i%100 == 7 {
			value = `{"area": `
		}
		all = append(all, stream.Record{Topic: "flats", Partition: int32(i % 3), Offset: int64(i / 3), Key: fmt.Append(nil, i), Value: []byte(value)})
	}
	r, confirm, err := s.Step(all)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Made) != 4950 || len(r.Refused) != 50 {
		t.Fatalf("%d made, %d refused", len(r.Made), len(r.Refused))
	}
	if total := s.Total(); len(total.Files) != 0 {
		t.Errorf("counted before it is published: %+v", total)
	}
	confirm()
	if rows := s.Total().Files[0]; rows.Read != 5000 || rows.Used != 4950 || rows.Refused != 50 {
		t.Errorf("%+v", rows)
	}
	by := map[string]string{}
	for _, x := range r.Made {
		by[string(x.Key)] = string(x.Value)
	}
	for _, i := range []int{0, 1, 2, 1234, 4999} {
		one, _, err := s.Step(all[i : i+1])
		if err != nil || len(one.Made) != 1 || string(one.Made[0].Value) != by[fmt.Sprint(i)] {
			t.Errorf("record %d alone is %v, %v, among others %s", i, one, err, by[fmt.Sprint(i)])
		}
	}
	x := r.Refused[0]
	if !slices.ContainsFunc(x.Headers, func(h stream.Header) bool { return h.Name == HeaderRule && string(h.Value) == "bad_json" }) || string(x.Value) != `{"area": ` {
		t.Errorf("%q, %q", x.Value, x.Headers)
	}
}

// TestLongRecords are refused, and kept as far as rejects are.
func TestLongRecords(t *testing.T) {
	m, err := artifacttest.Prices()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(m, nil, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	long := `{"area": 12, "note": "` + strings.Repeat("x", 2*table.MaxRejectInput) + `"}`
	r, _, err := s.Step([]stream.Record{{Topic: "flats", Value: []byte(long)}, {Topic: "flats", Offset: 1, Value: []byte(`{"area": 12}`)}})
	if err != nil || len(r.Made) != 1 || len(r.Refused) != 1 || len(r.Refused[0].Value) != mostKept {
		t.Errorf("%d made, %d refused, %v", len(r.Made), len(r.Refused), err)
	}
}

// TestScoringFails puts the record aside by which scoring fails, and stops where all do.
func TestScoringFails(t *testing.T) {
	s := scorer(t)
	sound := s.score
	s.score = func(m *models.Scorer, b table.Batch, c *tally.Tally) (models.Scored, error) {
		for i := range b.Len() {
			if b.Text(b.Index("area")).Value(i) == "13" {
				return models.Scored{}, errors.New("a fault of its own")
			}
		}
		return sound(m, b, c)
	}
	var all []stream.Record
	for i := range 3000 {
		area := 20
		if i == 5 || i == 2999 {
			area = 13
		}
		all = append(all, stream.Record{Topic: "flats", Offset: int64(i), Value: fmt.Appendf(nil, `{"area": %d}`, area)})
	}
	r, confirm, err := s.Step(all)
	if err != nil || len(r.Made) != 2998 || len(r.Refused) != 2 || string(r.Refused[1].Headers[1].Value) != ruleFailed {
		t.Fatalf("%d made, %d refused, %v", len(r.Made), len(r.Refused), err)
	}
	confirm()
	if total := s.Total(); total.Files[0].Used != 2998 || total.Refused[ruleFailed] != 2 {
		t.Errorf("%+v", total)
	}
	if _, _, err := s.Step([]stream.Record{all[5], all[2999]}); err == nil {
		t.Error("all records fail, and nothing is said")
	}
}

// TestWindow ends windows: each has the records since the last, and the columns that moved
// among them.
func TestWindow(t *testing.T) {
	m, err := artifacttest.Prices()
	if err != nil {
		t.Fatal(err)
	}
	var areas []float64
	for i := range 1000 {
		areas = append(areas, float64(10+i%90))
	}
	m.Seen = []drift.Reference{drift.Quantities("area", areas)}
	s, err := NewScorer(m, nil, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	step := func(n int, value string) {
		t.Helper()
		var all []stream.Record
		for i := range n {
			all = append(all, stream.Record{Topic: "flats", Offset: int64(i), Value: []byte(value)})
		}
		_, confirm, err := s.Step(all)
		if err != nil {
			t.Fatal(err)
		}
		confirm()
	}
	step(500, `{"area": 100000}`)
	step(1, `{"area"`)
	first := s.Window()
	if first.Rows != (tally.Rows{Read: 501, Used: 500, Refused: 1}) || !slices.ContainsFunc(first.Shifts, func(x drift.Shift) bool { return x.Column == "area" }) {
		t.Errorf("the first window is %+v", first)
	}
	step(2, `{"area": 20}`)
	if w := s.Window(); w.Rows.Used != 2 || len(w.Shifts) > 0 {
		t.Errorf("the second window is %+v", w)
	}
	if w := s.Window(); w.Rows.Read != 0 || s.Total().Files[0].Used != 502 {
		t.Errorf("the third window is %+v", w)
	}
}

func BenchmarkStep(b *testing.B) {
	m, err := artifacttest.Prices()
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewScorer(m, nil, "", 0)
	if err != nil {
		b.Fatal(err)
	}
	all := make([]stream.Record, 10_000)
	for i := range all {
		all[i] = stream.Record{Topic: "flats", Offset: int64(i), Value: fmt.Appendf(nil, `{"area": %d}`, 20+i%90)}
	}
	for b.Loop() {
		if _, _, err := s.Step(all); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(all))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
