package models

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
)

// SignatureFile holds the signature of the manifest, which names the digests of all other
// files: the 64 bytes of Ed25519 (RFC 8032), as "openssl pkeyutl -sign -rawin" writes them.
const SignatureFile = "manifest.sig"

// maxKeys bounds a file of keys, in bytes.
const maxKeys = 1 << 20

// Sign returns the content of SignatureFile for an artifact whose files read returns, as
// LoadFrom has it.
func Sign(read func(name string, limit int64) ([]byte, error), key ed25519.PrivateKey) ([]byte, error) {
	manifest, err := read(ManifestFile, maxManifest)
	if err != nil {
		return nil, err
	}
	return ed25519.Sign(key, manifest), nil
}

// trusted refuses a manifest that none of the keys signed.
func trusted(dir string, manifest []byte, read func(name string, limit int64) ([]byte, error), keys []ed25519.PublicKey) error {
	signature, err := read(SignatureFile, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("%s: the model is not signed, and only models with a trusted signature are to be used", dir)
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(keys, func(k ed25519.PublicKey) bool { return ed25519.Verify(k, manifest, signature) }) {
		return fault.Usagef("%s: the model is signed by none of the trusted keys, or was changed since", dir)
	}
	return nil
}

// SigningKey reads a private key: PKCS #8 in PEM, as "openssl genpkey -algorithm ed25519"
// writes it. Errors say that it is in name, and nothing of what is there.
func SigningKey(name string, text []byte) (ed25519.PrivateKey, error) {
	if block, _ := pem.Decode(text); block != nil && block.Type == "PRIVATE KEY" {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := key.(ed25519.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, fault.Usagef("%s: no private key of Ed25519 in PEM is there; openssl genpkey -algorithm ed25519 makes one", name)
}

// TrustedKeys reads public keys, one after the other: PKIX in PEM, as "openssl pkey -pubout"
// writes them.
func TrustedKeys(name string, text []byte) (keys []ed25519.PublicKey, err error) {
	if len(text) > maxKeys {
		return nil, fault.Usagef("%s: the file is larger than %d bytes", name, maxKeys)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		public, ok := key.(ed25519.PublicKey)
		if err != nil || !ok || block.Type != "PUBLIC KEY" {
			return nil, fault.Usagef("%s: key %d is no public key of Ed25519; openssl pkey -pubout makes one of a private key", name, len(keys)+1)
		}
		keys = append(keys, public)
	}
	if len(keys) == 0 {
		return nil, fault.Usagef("%s: no public key in PEM is there; openssl pkey -pubout makes one of a private key", name)
	}
	return keys, nil
}
