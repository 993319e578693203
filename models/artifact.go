package models

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// Format is the version of the artifact's layout. A reader refuses any other.
const Format = 1

// The files of an artifact, beside those of its members.
const (
	ManifestFile = "manifest.json" // lists the others
	modelFile    = "model.json"
	spreadName   = "spread"
)

// manifest lists the files of an artifact, so that a changed byte is noticed.
type manifest struct {
	Format  int               `json:"format"`
	ModelID string            `json:"model_id"`
	Files   map[string]string `json:"files"` // SHA-256 by name

	digest string // of the file that was read
}

// Bounds of the files of an artifact that are read, in bytes.
const (
	maxFile     = 2 << 30  // of a member
	maxManifest = 64 << 20 // of those that describe it
)

// Files returns the content of the artifact by file name, and sets the ID.
func (m *Model) Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	files[modelFile] = append(body, '\n')
	for i, member := range m.Members {
		put(files, memberName(i, member.Name), member.result.Text, member.result.Binary)
	}
	if m.Interval != nil {
		put(files, spreadName, m.spreadResult.Text, m.spreadResult.Binary)
	}
	list := manifest{Format: Format, Files: map[string]string{}}
	for name, data := range files {
		list.Files[name] = digest(data)
	}
	list.ModelID = list.id()
	m.ID = list.ModelID
	if body, err = json.MarshalIndent(list, "", "  "); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	files[ManifestFile] = append(body, '\n')
	m.digest = digest(files[ManifestFile])
	return files, nil
}

func memberName(i int, name string) string { return fmt.Sprintf("member-%d-%s", i+1, name) }

func put(files map[string][]byte, name string, text, binary []byte) {
	files[name+".json"] = append(slices.Clone(text), '\n')
	if binary != nil {
		files[name+".bin"] = binary
	}
}

func digest(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// id is a digest of the names and digests of all files.
func (m manifest) id() string {
	names := make([]string, 0, len(m.Files))
	for n := range m.Files {
		names = append(names, n)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintln(h, n, m.Files[n])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Load reads an artifact. It refuses one of another format, or with a byte that
// was changed, and says which. Where keys are named, one of them must have signed it.
func Load(dir string, keys ...ed25519.PublicKey) (*Model, error) {
	return LoadFrom(dir, func(name string, limit int64) ([]byte, error) {
		return readFile(filepath.Join(dir, name), limit)
	}, keys...)
}

// LoadFrom reads an artifact whose files, of at most limit bytes, read returns;
// one that is not there is an error that is fs.ErrNotExist. Errors say that the
// artifact is in dir. Where keys are named, one of them must have signed it.
func LoadFrom(dir string, read func(name string, limit int64) ([]byte, error), keys ...ed25519.PublicKey) (m *Model, err error) {
	defer harmless(dir, &err)
	list, err := readManifest(dir, read, keys)
	if err != nil {
		return nil, err
	}
	r := partReader{dir: dir, list: list, left: maps.Clone(list.Files), read: read}
	text, err := r.part(modelFile, maxManifest)
	if err != nil {
		return nil, err
	}
	m = &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fault.Usagef("%s/%s: %v", dir, modelFile, err)
	}
	m.ID, m.digest = list.ModelID, list.digest
	for i := range m.Members {
		if m.Members[i].result, err = r.result(memberName(i, m.Members[i].Name)); err != nil {
			return nil, err
		}
	}
	if m.Interval != nil {
		if m.spreadResult, err = r.result(spreadName); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.left)) {
		return nil, fault.Usagef("%s: the manifest names %q, which is no part of the model", dir, name)
	}
	if err := m.Schema.Validate(); err != nil {
		return nil, fault.Usagef("%s: %v", dir, err)
	}
	if err := m.prepare(); err != nil {
		return nil, fault.Usagef("%s: %v", dir, err)
	}
	return m, m.try(dir)
}

// harmless makes a fault of what the parts of an artifact, which somebody else may have
// written, make a program trip over.
func harmless(dir string, err *error) {
	if p := recover(); p != nil {
		*err = fault.Usagef("%s: the model is damaged, its parts don't fit together: %v", dir, p)
	}
}

// try predicts a record that has nothing, and one that has the first value of each column,
// so that parts that don't fit together are found before they are used.
func (m *Model) try(dir string) error {
	names := m.Schema.Names()
	empty, first := make([]string, len(names)), make([]string, len(names))
	for i, c := range m.Schema.Columns {
		if len(c.Domain) > 0 {
			first[i] = c.Domain[0]
		} else if c.Range != nil {
			first[i] = number.Format(c.Range.Min)
		}
	}
	for _, cells := range [][]string{empty, first} {
		b := table.Batch{First: 1, Record: vector.Record(names, cells)}
		if scored, err := m.Batch(b); err != nil {
			return fault.Usagef("%s: the model can't predict: %v", dir, err)
		} else if !finite(scored.Values) || !finite(scored.Probabilities) {
			return fault.Usagef("%s: the model is damaged: it predicts what is no number", dir)
		}
	}
	return nil
}

func finite(values []float64) bool {
	return !slices.ContainsFunc(values, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// partReader reads the files that an artifact needs.
type partReader struct {
	dir  string
	list manifest
	left map[string]string // not read yet
	read func(name string, limit int64) ([]byte, error)
}

// part reads a file that the manifest lists.
func (r partReader) part(name string, limit int64) ([]byte, error) {
	want, ok := r.list.Files[name]
	if !ok {
		return nil, fault.Usagef("%s: the manifest does not name %s, a part of the model", r.dir, name)
	}
	delete(r.left, name)
	data, err := r.read(name, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Usagef("%s/%s: the file is missing from the model", r.dir, name)
	}
	if err != nil {
		return nil, err
	}
	if got := digest(data); got != want {
		return nil, fault.Usagef("%s/%s: the file was changed since the model was written: its SHA-256 is %s, the manifest says %s", r.dir, name, got, want)
	}
	return data, nil
}

// result reads what was written of a fitted learner.
func (r partReader) result(name string) (out training.Result, err error) {
	if filepath.Base(name) != name {
		return out, fault.Usagef("%s: a member is called %q", r.dir, name)
	}
	text, err := r.part(name+".json", maxFile)
	if err != nil {
		return out, err
	}
	out.Text = body(text)
	if _, ok := r.list.Files[name+".bin"]; ok {
		out.Binary, err = r.part(name+".bin", maxFile)
	}
	return out, err
}

// body takes the line end off that put added.
func body(data []byte) []byte { return data[:max(len(data)-1, 0)] }

func readManifest(dir string, read func(name string, limit int64) ([]byte, error), keys []ed25519.PublicKey) (manifest, error) {
	var list manifest
	name := dir + "/" + ManifestFile
	data, err := read(ManifestFile, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return list, fault.Usagef("%s: no model is there; train one first, or name its folder with --model", dir)
	}
	if err != nil {
		return list, err
	}
	if len(keys) > 0 {
		if err := trusted(dir, data, read, keys); err != nil {
			return list, err
		}
	}
	list.digest = digest(data)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return list, fault.Usagef("%s: %v", name, err)
	}
	for key := range fields { // the library takes them in any case, and of two one
		if !slices.Contains([]string{"format", "model_id", "files"}, key) {
			return list, fault.Usagef("%s: it has a key %q that no manifest has", name, key)
		}
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return list, fault.Usagef("%s: %v", name, err)
	}
	switch {
	case list.Format > Format:
		return list, fault.Usagef("%s: the model has format %d, this version of beamline reads format %d; use a later version", name, list.Format, Format)
	case list.Format < Format:
		return list, fault.Usagef("%s: the model has format %d, this version of beamline reads format %d; train it again", name, list.Format, Format)
	case list.id() != list.ModelID:
		return list, fault.Usagef("%s: the file was changed since the model was written", name)
	}
	return list, nil
}

func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fault.Usagef("%s: the file is larger than %d bytes", name, limit)
	}
	return os.ReadFile(name)
}
