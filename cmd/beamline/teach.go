package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"

	"github.com/goccy/go-yaml"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/yamltext"
)

// maxTaught bounds the files by which a person teaches cleaning.
const maxTaught = 64 << 20

// cleanOptions are what the spec says about cleaning, with what its files hold.
func (j *job) cleanOptions(ctx context.Context) (clean.Options, error) {
	c := j.spec.Clean
	o := clean.Options{Off: c.Off, Rules: c.Rules, Maps: c.Maps, Precision: c.Precision}
	if err := o.Validate(); err != nil {
		return o, err
	}
	if c.Labels != "" {
		text, err := taught(ctx, c.Labels)
		if err == nil {
			o.Labels, err = clean.ReadLabels(c.Labels, bytes.NewReader(text))
		}
		if err != nil {
			return o, err
		}
	}
	if c.Reviewed != "" {
		text, err := taught(ctx, c.Reviewed)
		if err == nil {
			o.Accepted, o.Rejected, err = clean.ReadReview(c.Reviewed, bytes.NewReader(text))
		}
		if err != nil {
			return o, err
		}
	}
	if c.Constraints != "" {
		text, err := taught(ctx, c.Constraints)
		if err != nil {
			return o, err
		}
		err = yamltext.Check(text)
		if err == nil {
			err = yaml.UnmarshalWithOptions(text, &o.Constraints, yaml.Strict())
		}
		if err != nil {
			return o, fault.Usagef("%s: %v", c.Constraints, err)
		}
	}
	return o, nil
}

func taught(ctx context.Context, name string) ([]byte, error) {
	text, err := store.ReadFile(ctx, name, maxTaught)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Usagef("%s: no such file", name)
	}
	return text, err
}
