// Package store opens, writes and moves files by name: paths of this machine,
// objects of Cloud Storage (gs://bucket/name) and S3 (s3://bucket/name), and files
// of web servers (https://server/name), which can only be read.
//
// A file is written as a whole or not at all. A remote file is read by ranges,
// some of them ahead, and always the version that was there when it was opened.
// Requests that fail for a reason that may pass are tried again with back-off;
// what a user must mend (a bucket that is not there, credentials) is a fault.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

// Info is what is known of a file.
type Info struct {
	Name     string // as it can be opened
	Size     int64
	Version  string // changes with the content
	Modified time.Time
	Dir      bool
}

// Condition is what must hold for a file to be written or removed. The zero
// value asks for nothing.
type Condition struct {
	Absent  bool   // no file of that name may be there
	Version string // the file must be there in this version
}

// ErrCondition says that a condition did not hold.
var ErrCondition = errors.New("the file is there already, or was changed meanwhile")

// backend is a place where files are. Names are complete. A file that is not
// there is an error that is fs.ErrNotExist.
type backend interface {
	stat(ctx context.Context, name string) (Info, error)
	// open returns what reads ranges of the file as it is now.
	open(ctx context.Context, name string) (ranger, Info, error)
	create(ctx context.Context, name string, c Condition) (Writer, error)
	// list returns what is directly in a folder, or all files below it when
	// deep. A folder that is not there is empty where there are no folders.
	list(ctx context.Context, dir string, deep bool) ([]Info, error)
	// move puts one file, or, where there are folders, one of those, in the place
	// of another.
	move(ctx context.Context, from, to string) error
	remove(ctx context.Context, name string, c Condition) error
}

// Writer writes a file that appears with Commit, as a whole, or not at all. One
// of Commit and Abort must be called; Abort after Commit does nothing.
type Writer interface {
	io.Writer
	Commit() error
	Abort()
}

// ranger reads parts of one version of a file. It may be used by several
// goroutines at once.
type ranger interface {
	io.ReaderAt
	io.Closer
}

// scheme is the kind of a name's place: "" for this machine.
func scheme(name string) string {
	if before, _, ok := strings.Cut(name, "://"); ok {
		return before
	}
	return ""
}

// Remote reports whether the name is one of another machine.
func Remote(name string) bool { return scheme(name) != "" }

// schemes are the kinds of remote names that can be used.
var schemes = []string{"gs", "s3", "https", "http"}

// Check refuses names of a kind that is not there, or that name no bucket.
func Check(name string) error {
	s := scheme(name)
	if s == "" {
		return nil
	}
	if s == "kafka" {
		return fault.Usagef("%s: topics are read by beamline stream", redacted(name))
	}
	if !slices.Contains(schemes, s) {
		return fault.Usagef("%s: %s:// is not there yet; one of gs://, s3://, https://, postgres://, sqlite:, bigquery://, or a path", redacted(name), s)
	}
	if s == "https" || s == "http" {
		u, err := url.Parse(name)
		if err != nil {
			return fault.Usagef("%s: it is no URL", redacted(name))
		}
		return checkURL(u)
	}
	bucket, _ := split(name)
	if bucket == "" || strings.ContainsAny(bucket, "@:?#*[ ") {
		return fault.Usagef("%s: behind %s:// stands the name of a bucket, without user or port", redacted(name), s)
	}
	return nil
}

// redacted shows a URL without the user and the query, which may hold secrets.
func redacted(name string) string {
	s, rest, _ := strings.Cut(name, "://")
	rest, _, _ = strings.Cut(rest, "?")
	host, below, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	return s + "://" + strings.TrimSuffix(host+"/"+below, "/")
}

// split returns the bucket and the object of a remote name.
func split(name string) (bucket, object string) {
	_, rest, _ := strings.Cut(name, "://")
	bucket, object, _ = strings.Cut(rest, "/")
	return bucket, object
}

func of(ctx context.Context, name string) (backend, error) {
	if err := Check(name); err != nil {
		return nil, err
	}
	switch scheme(name) {
	case "gs":
		return gcs(ctx)
	case "s3":
		return s3(ctx)
	case "https", "http":
		return webClient, nil
	}
	return local{}, nil
}

// shared is a client that a process makes once, when it is first asked for. One
// that could not be made is made anew the next time.
type shared[T any] struct {
	mu     sync.Mutex
	client *T
}

func (s *shared[T]) get(make func() (*T, error)) (*T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	var err error
	s.client, err = make()
	return s.client, err
}

// Join adds elements to a folder's name.
func Join(dir string, elements ...string) string {
	if s, rest, ok := strings.Cut(dir, "://"); ok {
		return s + "://" + path.Join(append([]string{rest}, elements...)...)
	}
	return filepath.Join(append([]string{dir}, elements...)...)
}

// Base is the last element of a name.
func Base(name string) string {
	if Remote(name) {
		return path.Base(name)
	}
	return filepath.Base(name)
}

// Dir is the name without its last element.
func Dir(name string) string {
	if s, rest, ok := strings.Cut(name, "://"); ok {
		return s + "://" + path.Dir(rest)
	}
	return filepath.Dir(name)
}

// Abs returns the name as any process of this machine finds it, or, of a remote
// file, any process.
func Abs(name string) (string, error) {
	if Remote(name) {
		return name, nil
	}
	return filepath.Abs(name)
}

// Stat tells of a file. It finds no folders in buckets.
func Stat(ctx context.Context, name string) (Info, error) {
	b, err := of(ctx, name)
	if err != nil {
		return Info{}, err
	}
	return b.stat(ctx, name)
}

// Exists reports whether a file is there.
func Exists(ctx context.Context, name string) (bool, error) {
	_, err := Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// ReadFile reads a file of at most limit bytes.
func ReadFile(ctx context.Context, name string, limit int64) ([]byte, error) {
	f, err := Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size > limit {
		return nil, fault.Usagef("%s: the file is larger than %d bytes", name, limit)
	}
	data, err := io.ReadAll(io.LimitReader(f.Reader(), limit+1))
	if err == nil && int64(len(data)) > limit { // it may have grown
		err = fault.Usagef("%s: the file is larger than %d bytes", name, limit)
	}
	return data, err
}

// Create begins a file.
func Create(ctx context.Context, name string, c Condition) (Writer, error) {
	b, err := of(ctx, name)
	if err != nil {
		return nil, err
	}
	return b.create(ctx, name, c)
}

// Write writes a file by what write writes to it.
func Write(ctx context.Context, name string, write func(io.Writer) error) error {
	w, err := Create(ctx, name, Condition{})
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := write(struct{ io.Writer }{w}); err != nil { // a writer that can be closed would be
		return err
	}
	return w.Commit()
}

// WriteFile writes a file with that content, if the condition holds.
func WriteFile(ctx context.Context, name string, data []byte, c Condition) error {
	w, err := Create(ctx, name, c)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Commit()
}

// List returns what is directly in a folder, in the order of its names.
func List(ctx context.Context, dir string) ([]Info, error) { return list(ctx, dir, false) }

// Files returns the files of a folder and of those below it; none of a file.
func Files(ctx context.Context, dir string) ([]Info, error) {
	all, err := list(ctx, dir, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

func list(ctx context.Context, dir string, deep bool) ([]Info, error) {
	b, err := of(ctx, dir)
	if err != nil {
		return nil, err
	}
	all, err := b.list(ctx, dir, deep)
	slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// Glob returns the files whose names match the pattern, in their order. A star
// stands for anything but a slash.
func Glob(ctx context.Context, pattern string) ([]Info, error) {
	if !Remote(pattern) {
		return globLocal(pattern)
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fault.Usagef("%s: %v", pattern, err)
	}
	// All that is below the last folder before the first star is looked at.
	first := strings.IndexAny(pattern, "*?[")
	dir := pattern[:strings.LastIndex(pattern[:max(first, 0)], "/")+1]
	deep := strings.Contains(pattern[first:], "/")
	all, err := list(ctx, strings.TrimSuffix(dir, "/"), deep)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(f Info) bool {
		ok, _ := path.Match(pattern, f.Name)
		return !ok || f.Dir
	}), nil
}

// Move puts a file or a folder in the place of another. In buckets, which have
// no rename, it copies and removes, a folder file by file.
func Move(ctx context.Context, from, to string) error {
	if scheme(from) != scheme(to) {
		return fmt.Errorf("store: %s can't be moved to %s", from, to)
	}
	b, err := of(ctx, from)
	if err != nil {
		return err
	}
	if !Remote(from) {
		return b.move(ctx, from, to)
	}
	below, err := b.list(ctx, from, true)
	if err != nil {
		return err
	}
	if len(below) == 0 {
		return b.move(ctx, from, to)
	}
	if err := RemoveAll(ctx, to); err != nil {
		return err
	}
	for _, f := range below {
		if err := b.move(ctx, f.Name, to+strings.TrimPrefix(f.Name, from)); err != nil {
			return err
		}
	}
	return nil
}

// Remove removes a file, if the condition holds. One that is not there is no
// error.
func Remove(ctx context.Context, name string, c Condition) error {
	b, err := of(ctx, name)
	if err != nil {
		return err
	}
	if err := b.remove(ctx, name, c); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// RemoveAll removes a file, or a folder with all that is in it.
func RemoveAll(ctx context.Context, name string) error {
	if !Remote(name) {
		return os.RemoveAll(name)
	}
	b, err := of(ctx, name)
	if err != nil {
		return err
	}
	below, err := b.list(ctx, name, true)
	if err != nil {
		return err
	}
	for _, f := range append(below, Info{Name: name}) {
		if err := b.remove(ctx, f.Name, Condition{}); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// notExist is the error of a file that is not there.
func notExist(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }
