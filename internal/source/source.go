// Package source finds the files behind the arguments of a command, and opens
// them.
package source

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/progress"
)

// File is one file of a table, as the user named it.
type File string

// suffixes of the files that a folder is searched for.
var suffixes = []string{".csv", ".tsv", ".txt", ".data", ".csv.gz", ".tsv.gz", ".txt.gz"}

// later are formats that are recognised, so that the error can say so.
var later = map[string]string{
	".parquet": "Parquet", ".avro": "Avro", ".json": "JSON", ".jsonl": "JSON Lines", ".ndjson": "JSON Lines",
	".xlsx": "Excel", ".arrow": "Arrow", ".zst": "zstd", ".bz2": "bzip2", ".zip": "zip",
}

// Expand returns the files that the arguments name: files, folders (their data
// files, not those of folders inside), and globs; each in the order of its name.
func Expand(args []string) ([]File, error) {
	var files []File
	for _, arg := range args {
		found, err := expand(arg)
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

func expand(arg string) ([]File, error) {
	if u, err := url.Parse(arg); err == nil && u.Scheme != "" && u.Host != "" {
		return nil, fault.Usagef("%s: reading from %s:// is not there yet; copy the file to this machine", u.Redacted(), u.Scheme)
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return folder(arg)
	case err == nil:
		return []File{File(arg)}, known(arg)
	case strings.ContainsAny(arg, "*?["):
		return glob(arg)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Usagef("%s: no such file or folder%s", arg, neighbour(arg))
	case errors.Is(err, fs.ErrPermission):
		return nil, fault.Usagef("%s: permission denied", arg)
	}
	return nil, fault.Usagef("%v", err)
}

// known refuses a format that is not read yet.
func known(name string) error {
	if format, ok := later[strings.ToLower(filepath.Ext(name))]; ok {
		return fault.Usagef("%s: %s files are not read yet; convert it to CSV", name, format)
	}
	return nil
}

func folder(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Usagef("%v", err)
	}
	var files []File
	for _, e := range entries {
		if !e.IsDir() && hasData(e.Name()) {
			files = append(files, File(filepath.Join(dir, e.Name())))
		}
	}
	if len(files) == 0 {
		return nil, fault.Usagef("%s: the folder holds no data files (%s)", dir, strings.Join(suffixes, ", "))
	}
	return files, nil
}

func hasData(name string) bool {
	low := strings.ToLower(name)
	return !strings.HasPrefix(name, ".") &&
		slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(low, s) })
}

func glob(pattern string) ([]File, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fault.Usagef("%s: %v", pattern, err)
	}
	var files []File
	for _, n := range names {
		if info, err := os.Stat(n); err == nil && !info.IsDir() {
			if err := known(n); err != nil {
				return nil, err
			}
			files = append(files, File(n))
		}
	}
	if len(files) == 0 {
		return nil, fault.Usagef("%s: no file matches", pattern)
	}
	return files, nil
}

// neighbour names the file of the same folder whose name is nearest, as a hint.
func neighbour(name string) string {
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return ""
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	if near := fault.Nearest(filepath.Base(name), names); near != "" {
		return fmt.Sprintf(", did you mean %q?", filepath.Join(filepath.Dir(name), near))
	}
	return ""
}

// magic begins a gzip member.
var magic = []byte{0x1f, 0x8b}

// Gzipped reports whether the file is compressed, by its first bytes.
func (f File) Gzipped() (bool, error) {
	r, err := os.Open(string(f))
	if err != nil {
		return false, openError(err)
	}
	defer r.Close()
	head := make([]byte, len(magic))
	_, err = io.ReadFull(r, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return false, nil
	}
	return bytes.Equal(head, magic), err
}

// Raw opens the bytes of the file as they are on disk.
func (f File) Raw() (*os.File, error) {
	r, err := os.Open(string(f))
	if err != nil {
		return nil, openError(err)
	}
	return r, nil
}

// Size is the number of bytes of the file on disk.
func (f File) Size() (int64, error) {
	info, err := os.Stat(string(f))
	if err != nil {
		return 0, openError(err)
	}
	return info.Size(), nil
}

// Digest returns the SHA-256 of the bytes on disk, in hexadecimal, and how many
// they are.
func (f File) Digest(ctx context.Context) (sha string, n int64, err error) {
	r, err := f.Raw()
	if err != nil {
		return "", 0, err
	}
	defer r.Close()
	h := sha256.New()
	n, err = io.CopyBuffer(h, progress.Reader(ctx, r), make([]byte, 1<<20))
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func openError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return fault.Usagef("%v", err)
	}
	return err
}

// Text opens the decompressed content of the file.
func (f File) Text() (io.ReadCloser, error) {
	zipped, err := f.Gzipped()
	if err != nil {
		return nil, err
	}
	r, err := f.Raw()
	if err != nil || !zipped {
		return r, err
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(r, 256<<10))
	if err != nil {
		r.Close()
		return nil, fault.Dataf("%s: the gzip file is damaged: %v", f, err)
	}
	return &unzipped{z, r, f}, nil
}

type unzipped struct {
	*gzip.Reader
	file io.Closer
	name File
}

// Read says which file is damaged, and that it is the data's fault.
func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = fault.Dataf("%s: the gzip file is damaged: %v", u.name, err)
	}
	return n, err
}

func (u *unzipped) Close() error { return errors.Join(u.Reader.Close(), u.file.Close()) }

// Sample returns up to n bytes from the beginning of the content, and whether
// they are all of it.
func (f File) Sample(n int) (sample []byte, whole bool, err error) {
	r, err := f.Text()
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	sample, err = io.ReadAll(io.LimitReader(r, int64(n)+1))
	if err != nil {
		return nil, false, err
	}
	if len(sample) > n {
		return sample[:n], false, nil
	}
	return sample, true, nil
}
