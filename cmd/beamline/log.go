package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/beamline-go/beamline/internal/store"
)

// logFormats are how lines on stderr may be written.
var logFormats = []string{"text", "json"}

// log writes lines to stderr: messages as they are, or, with --log-format json, one object a
// line. --verbose has more of them.
func (o *options) log() *slog.Logger {
	level := slog.LevelInfo
	if o.verbose {
		level = slog.LevelDebug
	}
	if o.quiet || o.json && o.logFormat != "json" {
		level = slog.LevelError
	}
	if o.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(o.stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindString {
				a.Value = slog.StringValue(store.Scrubbed(a.Value.String()))
			}
			return a
		}}))
	}
	return slog.New(plainHandler{out: o.stderr, level: level})
}

// plainHandler writes a message, and what belongs to it behind a colon.
type plainHandler struct {
	out   *os.File
	level slog.Level
}

func (h plainHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h plainHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		_, err := fmt.Fprintln(h.out, painted(h.out, "beamline: "+r.Message))
		return err
	}
	var more []string
	r.Attrs(func(a slog.Attr) bool {
		more = append(more, a.Key+" "+a.Value.String())
		return true
	})
	line := r.Message
	if len(more) > 0 {
		line += ": " + strings.Join(more, ", ")
	}
	_, err := fmt.Fprintln(h.out, shown(line))
	return err
}

func (h plainHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h plainHandler) WithGroup(string) slog.Handler { return h }
