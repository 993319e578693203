// Package files finds the files behind the arguments of a command, and reads the tables
// in them.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/store"
)

// Path is the name of a file of a table, as the user gave it.
type Path string

// MarshalJSON keeps the bytes of names that are no UTF-8, which some file systems have.
func (f Path) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(f)) {
		return json.Marshal(string(f))
	}
	return json.Marshal(rawName{[]byte(f)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Path) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '{' {
		var raw rawName
		err := json.Unmarshal(text, &raw)
		*f = Path(raw.Bytes)
		return err
	}
	return json.Unmarshal(text, (*string)(f))
}

type rawName struct{ Bytes []byte }

// suffixes of the files that a folder is searched for; behind each may stand one
// of packed.
var (
	suffixes = append(format.Suffixes(), ".xlsx")
	packed   = []string{".gz", ".zst", ".bz2", ".lz4", ".sz", ".zip"}
)

// Expand returns the files that the arguments name: files, folders (their data
// files, and those of folders inside that are partitions, such as month=11), and
// globs; each in the order of its name.
func Expand(ctx context.Context, args []string) ([]Path, error) {
	var files []Path
	for _, arg := range args {
		found, err := expand(ctx, arg)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fault.Usagef("no data is named: give a file, a folder or a glob")
	}
	return files, nil
}

func expand(ctx context.Context, arg string) ([]Path, error) {
	name, _ := Path(arg).split()
	info, err := store.Stat(ctx, name)
	switch {
	case err == nil && info.Dir:
		return folder(ctx, arg)
	case err == nil:
		return []Path{Path(arg)}, nil
	case strings.ContainsAny(arg, "*?[") && !store.Web(arg):
		return glob(ctx, arg)
	case errors.Is(err, fs.ErrNotExist) && store.Remote(arg):
		return folder(ctx, arg)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Usagef("%s: no such file or folder%s", arg, neighbour(ctx, arg))
	}
	return nil, openError(err)
}

func folder(ctx context.Context, dir string) ([]Path, error) {
	files, entries, err := gather(ctx, dir)
	switch {
	case err != nil:
		return nil, openError(err)
	case entries == 0 && store.Remote(dir):
		return nil, fault.Usagef("%s: no such file or folder%s", dir, neighbour(ctx, dir))
	case len(files) == 0:
		return nil, fault.Usagef("%s: the folder holds no data files (%s)", dir, strings.Join(suffixes, ", "))
	}
	return files, nil
}

// gather finds the data files of a folder and of its partitions, and says how many
// entries it has.
func gather(ctx context.Context, dir string) (files []Path, entries int, err error) {
	all, err := store.List(ctx, dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range all {
		switch name := store.Base(e.Name); {
		case e.Dir && partition.MatchString(name):
			below, _, err := gather(ctx, e.Name)
			if err != nil {
				return nil, 0, err
			}
			files = append(files, below...)
		case !e.Dir && hasData(name):
			files = append(files, Path(e.Name))
		}
	}
	return files, len(all), nil
}

func hasData(name string) bool {
	low := strings.ToLower(name)
	for _, p := range packed {
		low = strings.TrimSuffix(low, p)
	}
	return !strings.HasPrefix(name, ".") &&
		slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(low, s) })
}

func glob(ctx context.Context, pattern string) ([]Path, error) {
	names, err := store.Glob(ctx, pattern)
	if err != nil {
		return nil, openError(err)
	}
	var files []Path
	for _, n := range names {
		files = append(files, Path(n.Name))
	}
	if len(files) == 0 {
		return nil, fault.Usagef("%s: no file matches", pattern)
	}
	return files, nil
}

// neighbour names the file of the same folder whose name is nearest, as a hint.
func neighbour(ctx context.Context, name string) string {
	entries, err := store.List(ctx, store.Dir(name))
	if err != nil {
		return ""
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = store.Base(e.Name)
	}
	if near := fault.Nearest(store.Base(name), names); near != "" {
		return fmt.Sprintf(", did you mean %q?", store.Join(store.Dir(name), near))
	}
	return ""
}

// Stat tells of the file as it is stored.
func (f Path) Stat(ctx context.Context) (store.Info, error) {
	name, _ := f.split()
	return store.Stat(ctx, name)
}

// Raw opens the bytes of the file as they are stored.
func (f Path) Raw(ctx context.Context) (*store.File, error) {
	name, _ := f.split()
	r, err := store.Open(ctx, name)
	if err != nil {
		return nil, openError(err)
	}
	return r, nil
}

// Digest returns the SHA-256 of the stored bytes, in hexadecimal, and how many
// they are.
func (f Path) Digest(ctx context.Context) (sha string, n int64, err error) {
	r, err := f.Raw(ctx)
	if err != nil {
		return "", 0, err
	}
	defer r.Close()
	h := sha256.New()
	n, err = io.CopyBuffer(h, progress.Reader(ctx, io.NopCloser(r.Reader())), make([]byte, 1<<20))
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func openError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, path.ErrBadPattern) ||
		errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENAMETOOLONG) {
		return fault.Usagef("%v", err)
	}
	return err
}

// Text opens the decompressed content of the file.
func (f Path) Text(ctx context.Context) (io.ReadCloser, error) {
	r, _, err := f.text(ctx)
	return r, err
}

// text opens the decompressed content, and reports whether the file is compressed.
func (f Path) text(ctx context.Context) (content io.ReadCloser, packed bool, err error) {
	r, err := f.Raw(ctx)
	if err != nil {
		return nil, false, err
	}
	how, err := packing(r)
	if how == nil && f.Page() {
		how = &page
	}
	if err != nil {
		r.Close()
		return nil, false, err
	}
	if how != nil {
		content, err = f.unpack(r, how)
		return content, true, err
	}
	return struct {
		io.Reader
		io.Closer
	}{r.Reader(), r}, false, nil
}

// Sample is the beginning of a file's content.
type Sample struct {
	Text   []byte
	Whole  bool   // it is all of the content
	Packed bool   // the file is compressed, and can only be read from its beginning
	Later  []byte // parts from behind that, where the file can be read anywhere
}

// laterParts is from how many places behind the beginning a sample has parts.
const laterParts = 4

// later returns n bytes from each of several places behind the beginning.
func (f Path) later(ctx context.Context, beginning, n int64) ([]byte, error) {
	r, err := f.Raw(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.Size < beginning+laterParts*n {
		return nil, nil
	}
	var parts []byte
	for i := range int64(laterParts) {
		part := make([]byte, n)
		at := beginning + (r.Size-beginning-n)*(i+1)/laterParts
		if _, err := r.ReadAt(part, at); err != nil && err != io.EOF {
			return nil, err
		}
		parts = append(append(parts, part...), '\n')
	}
	return parts, nil
}

// Sample returns up to n bytes from the beginning of the content. What is damaged
// behind its first byte is left for those who read on.
func (f Path) Sample(ctx context.Context, n int) (Sample, error) {
	r, packed, err := f.text(ctx)
	if err != nil {
		return Sample{}, err
	}
	defer r.Close()
	kept := Keep(r)
	text, err := io.ReadAll(io.LimitReader(kept, int64(n)+1))
	if damage := kept.Damage(); damage != nil && len(text) == 0 {
		err = damage
	}
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Text: text[:min(len(text), n)], Whole: len(text) <= n && kept.Damage() == nil, Packed: packed}
	if !packed && !s.Whole {
		s.Later, err = f.later(ctx, int64(n), 16<<10)
	}
	return s, err
}
