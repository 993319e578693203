package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// keyPair writes a key and its public half to files.
func keyPair(t *testing.T, dir, name string) (private, public string) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, kind string, der []byte, err error) string {
		if err == nil {
			name = filepath.Join(dir, name)
			err = os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	der, err := x509.MarshalPKCS8PrivateKey(priv)
	private = file(name+".pem", "PRIVATE KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(pub)
	return private, file(name+".pub", "PUBLIC KEY", der, err)
}

// TestSigning scores with models that are signed, by others, not at all, and with one that
// was changed by somebody who computed its digests again.
func TestSigning(t *testing.T) {
	dir := t.TempDir()
	private, public := keyPair(t, dir, "ours")
	_, other := keyPair(t, dir, "theirs")
	ours, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	both := filepath.Join(dir, "both.pub")
	if err := os.WriteFile(both, append(theirs, ours...), 0o600); err != nil {
		t.Fatal(err)
	}
	table, out := hostileTable(t), filepath.Join(dir, "o")
	train := "train " + table + " --target price --models ridge --quiet --out " + out
	if text, code := runHere(train + " --signing-key " + private); code != 0 {
		t.Fatal(text)
	}
	try := func(what, keys string, want int, says string) {
		t.Helper()
		for _, command := range []string{"score ", "evaluate "} {
			text, code := runHere(command + table + " --quiet --force --out " + filepath.Join(dir, "s") + " --model " + filepath.Join(out, "model") + keys)
			if code != want || !strings.Contains(text, says) {
				t.Errorf("%s with a model that is %s: exit code %d, %s", command, what, code, text)
			}
		}
	}
	try("signed", " --trust "+public, 0, "")
	try("signed by one of two", " --trust "+both, 0, "")
	try("signed, which nobody asks for", "", 0, "")
	try("signed by another", " --trust "+other, 2, "by none of the trusted keys")
	try("signed", " --trust "+private, 2, "no public key")
	model := filepath.Join(out, "model")
	files := filesOf(t, model)
	signature := files[models.SignatureFile]
	delete(files, models.SignatureFile)
	const part = "model.json"
	changed := resigned(files, part, append(files[part], '\n'))
	for name, body := range changed {
		if err := os.WriteFile(filepath.Join(model, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	try("changed", "", 0, "")
	try("changed", " --trust "+public, 2, "or was changed since")
	if err := os.WriteFile(filepath.Join(model, models.SignatureFile), signature[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	try("signed in part", " --trust "+public, 2, "or was changed since")
	if err := os.Remove(filepath.Join(model, models.SignatureFile)); err != nil {
		t.Fatal(err)
	}
	try("not signed", " --trust "+public, 2, "is not signed")
	for key, want := range map[string]string{public: "no private key", "nowhere.pem": "no such file"} {
		if text, code := runHere(train + " --force --signing-key " + key); code != 2 || !strings.Contains(text, want) {
			t.Errorf("a key in %s: exit code %d, %s", key, code, text)
		}
	}
}

// TestReplacedModel puts another model in the place of the one that was looked at, before
// workers read it.
func TestReplacedModel(t *testing.T) {
	ctx, table, dir := t.Context(), hostileTable(t), t.TempDir()
	model := func(learner string) (string, *models.Model) {
		out := filepath.Join(dir, learner)
		if text, code := runHere("train " + table + " --target price --models " + learner + " --quiet --out " + out); code != 0 {
			t.Fatal(text)
		}
		m, err := artifact.Load(ctx, filepath.Join(out, "model"))
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(out, "model"), m
	}
	place, m := model("ridge")
	other, _ := model("tree")
	read, err := tableio.Open(ctx, []string{table}, csv.Settings{}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	direct, err := runners.New("direct", nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	r := pipelines.Launcher{Runner: direct, Splits: 1, Shards: 1}
	for _, at := range []string{place, other} {
		_, err := pipelines.Score(ctx, r, read, m, at, t.TempDir(), "csv")
		_, _, everr := pipelines.Evaluate(ctx, r, read, m, at, t.TempDir(), 1)
		for _, err := range []error{err, everr} {
			if (err == nil) != (at == place) || err != nil && !strings.Contains(err.Error(), "was replaced while it was used") {
				t.Errorf("%s: %v", at, err)
			}
		}
	}
}
