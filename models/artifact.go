package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
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
}

// maxFile bounds the files of an artifact that are read.
const (
	maxFile     = 4 << 30
	maxManifest = 16 << 20
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
// was changed, and says which.
func Load(dir string) (*Model, error) {
	return LoadFrom(dir, func(name string, limit int64) ([]byte, error) {
		return readFile(filepath.Join(dir, name), limit)
	})
}

// LoadFrom reads an artifact whose files, of at most limit bytes, read returns;
// one that is not there is an error that is fs.ErrNotExist. Errors say that the
// artifact is in dir.
func LoadFrom(dir string, read func(name string, limit int64) ([]byte, error)) (*Model, error) {
	list, err := readManifest(dir, read)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, want := range list.Files {
		if filepath.Base(name) != name {
			return nil, fault.Usagef("%s: the manifest names %q, which is outside of the artifact", dir, name)
		}
		data, err := read(name, maxFile)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.Usagef("%s/%s: the file is missing from the model", dir, name)
		}
		if err != nil {
			return nil, err
		}
		if digest(data) != want {
			return nil, fault.Usagef("%s/%s: the file was changed since the model was written: its SHA-256 is %s, the manifest says %s", dir, name, digest(data), want)
		}
		files[name] = data
	}
	m := &Model{}
	if err := json.Unmarshal(files[modelFile], m); err != nil {
		return nil, fault.Usagef("%s/%s: %v", dir, modelFile, err)
	}
	for i := range m.Members {
		name := memberName(i, m.Members[i].Name)
		m.Members[i].result.Text, m.Members[i].result.Binary = body(files[name+".json"]), files[name+".bin"]
	}
	m.spreadResult.Text, m.spreadResult.Binary = body(files[spreadName+".json"]), files[spreadName+".bin"]
	m.ID = list.ModelID
	if err := m.Schema.Validate(); err != nil {
		return nil, fault.Usagef("%s: %v", dir, err)
	}
	if err := m.prepare(); err != nil {
		return nil, fault.Usagef("%s: %v", dir, err)
	}
	return m, nil
}

// body takes the line end off that put added.
func body(data []byte) []byte { return data[:max(len(data)-1, 0)] }

func readManifest(dir string, read func(name string, limit int64) ([]byte, error)) (manifest, error) {
	var list manifest
	name := dir + "/" + ManifestFile
	data, err := read(ManifestFile, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return list, fault.Usagef("%s: no model is there; train one first, or name its folder with --model", dir)
	}
	if err != nil {
		return list, err
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
