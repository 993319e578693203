package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

func TestNames(t *testing.T) {
	for name, want := range map[string][3]string{
		"gs://b/x/y.csv": {"gs://b/x/y.csv/z", "gs://b/x", "y.csv"},
		"s3://b/x":       {"s3://b/x/z", "s3://b", "x"},
		"a/b.csv":        {"a/b.csv/z", "a", "b.csv"},
	} {
		if got := [3]string{Join(name, "z"), Dir(name), Base(name)}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"gs://b/x": "", "s3://b": "", "here/x": "", "/x": "",
		"gs://":               "name of a bucket",
		"gs:///x":             "name of a bucket",
		"gs://me:secret@b/x":  "name of a bucket",
		"s3://b:80/x":         "name of a bucket",
		"gs://b*/x":           "name of a bucket",
		"ftp://me:secret@h/x": "ftp:// is not there yet",
	} {
		err := Check(name)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || fault.CodeOf(err) != fault.Usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func write(t *testing.T, name, text string, c Condition) error {
	t.Helper()
	return WriteFile(t.Context(), name, []byte(text), c)
}

func TestAFileIsThereAsAWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "f")
	w, err := Create(t.Context(), name, Condition{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if there, err := Exists(t.Context(), name); there || err != nil {
		t.Errorf("a file that is not complete is there: %v, %v", there, err)
	}
	w.Abort()
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%v is left", entries)
	}
	if err := write(t, name, "whole", Condition{}); err != nil {
		t.Fatal(err)
	}
	if body, err := ReadFile(t.Context(), name, 5); string(body) != "whole" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	if _, err := ReadFile(t.Context(), name, 4); fault.CodeOf(err) != fault.Usage {
		t.Errorf("a file above the limit: %v", err)
	}
	if _, err := ReadFile(t.Context(), name+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestConditions(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := write(t, name, "a", Condition{Absent: true}); err != nil {
		t.Fatal(err)
	}
	if err := write(t, name, "b", Condition{Absent: true}); !errors.Is(err, ErrCondition) {
		t.Errorf("written over: %v", err)
	}
	info, err := Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(t, name, "longer", Condition{Version: info.Version}); err != nil {
		t.Error(err)
	}
	if err := write(t, name, "c", Condition{Version: info.Version}); !errors.Is(err, ErrCondition) {
		t.Errorf("written over another version: %v", err)
	}
	if err := Remove(t.Context(), name, Condition{Version: info.Version}); !errors.Is(err, ErrCondition) {
		t.Errorf("another version was removed: %v", err)
	}
	if body, _ := os.ReadFile(name); string(body) != "longer" {
		t.Errorf("it holds %q", body)
	}
	if err := Remove(t.Context(), name+"x", Condition{}); err != nil {
		t.Errorf("what is not there: %v", err)
	}
}

func TestListGlobMove(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "sub/c.csv", "sub/d.txt"} {
		if err := MakeDir(filepath.Dir(filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
		if err := write(t, filepath.Join(dir, name), name, Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	names := func(all []Info, err error) []string {
		t.Helper()
		var out []string
		for _, f := range all {
			rel, _ := filepath.Rel(dir, f.Name)
			out = append(out, rel)
		}
		if err != nil {
			t.Error(err)
		}
		return out
	}
	if got := names(List(t.Context(), dir)); !slices.Equal(got, []string{"a.csv", "b.csv", "sub"}) {
		t.Errorf("the folder has %q", got)
	}
	if got := names(list(t.Context(), dir, true)); !slices.Equal(got, []string{"a.csv", "b.csv", "sub/c.csv", "sub/d.txt"}) {
		t.Errorf("below the folder are %q", got)
	}
	if got := names(Glob(t.Context(), filepath.Join(dir, "*", "*.csv"))); !slices.Equal(got, []string{"sub/c.csv"}) {
		t.Errorf("the glob finds %q", got)
	}
	if err := MakeDir(filepath.Join(dir, "to/old")); err != nil {
		t.Fatal(err)
	}
	if err := Move(t.Context(), filepath.Join(dir, "sub"), filepath.Join(dir, "to")); err != nil {
		t.Fatal(err)
	}
	if got := names(list(t.Context(), dir, true)); !slices.Equal(got, []string{"a.csv", "b.csv", "to/c.csv", "to/d.txt"}) {
		t.Errorf("after the move there are %q", got)
	}
}

// memory is a remote file whose reads fail now and then.
type memory struct {
	data  []byte
	reads atomic.Int64
}

func (m *memory) Close() error { return nil }

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	m.reads.Add(1)
	return bytes.NewReader(m.data).ReadAt(p, off)
}

// TestReadAhead reads a file of several chunks at random offsets and in order.
func TestReadAhead(t *testing.T) {
	m := &memory{data: make([]byte, 3*chunkSize+12345)}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range m.data {
		m.data[i] = byte(rng.Uint32())
	}
	ctx, stop := context.WithCancel(t.Context())
	f := File{Info{Size: int64(len(m.data))}, &ahead{ctx: ctx, stop: stop, r: m, size: int64(len(m.data)), chunks: map[int64]*chunk{}}}
	for range 50 {
		off, n := rng.Int64N(f.Size), rng.IntN(2*chunkSize)
		p := make([]byte, n)
		got, err := f.ReadAt(p, off)
		want := m.data[off:min(off+int64(n), f.Size)]
		if !bytes.Equal(p[:got], want) || (err == io.EOF) != (got < n) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %d, %v", n, off, got, err)
		}
	}
	m.reads.Store(0)
	all, err := io.ReadAll(f.Reader())
	if err != nil || !bytes.Equal(all, m.data) {
		t.Errorf("%d bytes of %d, %v", len(all), len(m.data), err)
	}
	if n := m.reads.Load(); n > 6 {
		t.Errorf("%d requests for a file of 4 chunks", n)
	}
	f.Close()
	if _, err := f.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("a file that is closed can be read")
	}
}

// TestARangeGoesOnWhereItWasCut has each request give some bytes and fail.
func TestARangeGoesOnWhereItWasCut(t *testing.T) {
	data := []byte("the quick brown fox")
	requests := 0
	request := func(_ context.Context, off, n int64) (io.ReadCloser, error) {
		requests++
		some := data[off : off+min(n, 7)]
		return io.NopCloser(io.MultiReader(bytes.NewReader(some), errorReader{})), nil
	}
	p := make([]byte, len(data))
	if n, err := readRange(t.Context(), "f", p, 0, request); err != nil || string(p[:n]) != string(data) || requests != 3 {
		t.Errorf("%q after %d requests, %v", p[:n], requests, err)
	}
	changed := func(context.Context, int64, int64) (io.ReadCloser, error) { requests++; return nil, changed("f") }
	requests = 0
	if _, err := readRange(t.Context(), "f", p, 0, changed); !errors.Is(err, ErrCondition) || requests != 1 {
		t.Errorf("a file that changed: %v after %d requests", err, requests)
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
