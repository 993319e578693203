package main

import (
	"context"
	"crypto/ed25519"

	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/transforms/artifact"
)

// loadModel reads the artifact in a folder, which must be signed where the spec trusts some
// keys only.
func loadModel(ctx context.Context, s spec.Spec, dir string) (*models.Model, error) {
	name := s.Signing.Trust
	if name == "" {
		return artifact.Load(ctx, dir)
	}
	text, err := taught(ctx, name)
	if err != nil {
		return nil, err
	}
	keys, err := models.TrustedKeys(name, text)
	if err != nil {
		return nil, err
	}
	return artifact.Load(ctx, dir, keys...)
}

// signer reads the key that signs the model to be trained, nil where the spec names none.
func (j *job) signer(ctx context.Context) (ed25519.PrivateKey, error) {
	name := j.spec.Signing.Key
	if name == "" {
		return nil, nil
	}
	text, err := taught(ctx, name)
	if err != nil {
		return nil, err
	}
	return models.SigningKey(name, text)
}
