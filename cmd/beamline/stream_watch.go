package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
	"github.com/beamline-go/beamline/pipelines/worker"
	"github.com/beamline-go/beamline/serve"
)

// streamWatch says how a stream goes: in lines, and to Prometheus.
type streamWatch struct {
	*options
	scorer *serve.Scorer
	topic  string
	model  string
	behind atomic.Int64
	end    chan struct{}
	last   atomic.Pointer[serve.Window] // the last one that ended

	steps *metrics.PrometheusHistogram
}

// stepBounds are those of the histogram of what a step takes, in seconds.
var stepBounds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// step is the scorer's, with a clock.
func (w *streamWatch) step(records []stream.Record) (stream.Results, func(), error) {
	begun := time.Now()
	made, confirm, err := w.scorer.Step(records)
	if w.steps != nil && len(records) > 0 {
		w.steps.UpdateDuration(begun)
	}
	return made, confirm, err
}

// watch says from time to time how far the stream is, and what columns shifted within each
// window, until it is told to end.
func (w *streamWatch) watch() {
	told, window := time.NewTicker(streamTold), time.NewTicker(w.window)
	defer told.Stop()
	defer window.Stop()
	last, begun := int64(0), time.Now()
	for {
		select {
		case <-w.end:
			if w.last.Load() == nil || time.Since(begun) > w.window/2 { // of a short one less is known
				w.closeWindow()
			}
			return
		case <-window.C:
			w.closeWindow()
			begun = time.Now()
		case <-told.C:
			rows := w.scorer.Total().Rows()
			if rows.Read > last {
				w.log().Info(fmt.Sprintf("%s records scored, %s refused, %s a second, about %s behind", grouped(rows.Used), grouped(rows.Refused),
					grouped((rows.Read-last)*int64(time.Second)/int64(streamTold)), grouped(w.behind.Load())))
			}
			last = rows.Read
		}
	}
}

func (w *streamWatch) closeWindow() {
	x := w.scorer.Window()
	w.last.Store(&x)
	for _, s := range x.Shifts {
		w.log().Warn(fmt.Sprintf("%s %s within the last %s records: expected %s, seen %s", s.Column, s.Rule, grouped(x.Rows.Used), s.Expected, s.Seen))
	}
}

// Bounds of who asks for the page of metrics.
const (
	metricsTime   = 10 * time.Second
	metricsHeader = 16 << 10 // bytes
)

// serve opens the page for Prometheus, where one is asked for. It closes when the stream ends.
func (w *streamWatch) serve() error {
	if w.metrics == "" {
		return nil
	}
	l, err := net.Listen("tcp", worker.Local(w.metrics))
	if err != nil {
		return fault.Usagef("--metrics: %v", err)
	}
	set := metrics.NewSet()
	w.steps = set.NewPrometheusHistogramExt("beamline_stream_step_seconds", stepBounds)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /metrics", func(to http.ResponseWriter, _ *http.Request) {
		to.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.write(to)
		set.WritePrometheus(to)
		metrics.WriteProcessMetrics(to)
	})
	server := &http.Server{Handler: pages, ReadTimeout: metricsTime, WriteTimeout: metricsTime, IdleTimeout: time.Minute, MaxHeaderBytes: metricsHeader}
	w.log().Info(fmt.Sprintf("metrics are at http://%s/metrics", l.Addr()))
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.log().Error(fmt.Sprintf("the page of metrics: %v", err))
		}
	}()
	go func() {
		<-w.end
		server.Close()
	}()
	return nil
}

// promLabel writes a label of Prometheus: its value has backslashes before backslashes, quotes
// and ends of lines.
func promLabel(name, value string) string {
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(value, "\ufffd")) + `"`
}

// write writes what is known of the stream.
func (w *streamWatch) write(to io.Writer) {
	t := w.scorer.Total()
	rows, topic := t.Rows(), promLabel("topic", w.topic)
	metrics.WriteGaugeUint64(to, "beamline_model_info{"+promLabel("model_id", w.model)+","+promLabel("version", version)+"}", 1)
	metrics.WriteCounterUint64(to, `beamline_stream_records_total{`+topic+`,outcome="used"}`, uint64(rows.Used))
	metrics.WriteCounterUint64(to, `beamline_stream_records_total{`+topic+`,outcome="refused"}`, uint64(rows.Refused))
	metrics.WriteGaugeUint64(to, "beamline_stream_behind_records{"+topic+"}", uint64(max(w.behind.Load(), 0)))
	for _, rule := range slices.Sorted(maps.Keys(t.Refused)) {
		metrics.WriteCounterUint64(to, "beamline_stream_refused_total{"+topic+","+promLabel("rule", rule)+"}", uint64(t.Refused[rule]))
	}
	for _, rule := range slices.Sorted(maps.Keys(t.Repaired)) {
		metrics.WriteCounterUint64(to, "beamline_stream_repaired_cells_total{"+topic+","+promLabel("rule", rule)+"}", uint64(t.Repaired[rule]))
	}
	if last := w.last.Load(); last != nil {
		metrics.WriteGaugeUint64(to, "beamline_stream_window_records{"+topic+"}", uint64(last.Rows.Used))
		for _, s := range last.Shifts {
			metrics.WriteGaugeFloat64(to, "beamline_stream_shifted{"+topic+","+promLabel("column", s.Column)+","+promLabel("rule", s.Rule)+"}", s.Share)
		}
	}
}
