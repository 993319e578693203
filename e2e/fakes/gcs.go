package fakes

import (
	"io"
	"strings"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// GCS is fake-gcs-server behind a Proxy.
type GCS struct {
	*Proxy
	server *fakestorage.Server
}

// NewGCS starts the server with these buckets.
func NewGCS(buckets ...string) (*GCS, error) {
	// The public host has no port, or every read fails.
	s, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1", PublicHost: "127.0.0.1", Writer: io.Discard})
	if err != nil {
		return nil, err
	}
	for _, b := range buckets {
		s.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: b})
	}
	p, err := NewProxy(s.URL())
	if err != nil {
		s.Stop()
		return nil, err
	}
	return &GCS{p, s}, nil
}

// Env is what leads a program here.
func (g *GCS) Env() []string {
	return []string{"STORAGE_EMULATOR_HOST=" + strings.TrimPrefix(g.URL, "http://")}
}

// Bucket makes a bucket.
func (g *GCS) Bucket(name string) {
	g.server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: name})
}

// Put writes an object, by its gs:// name.
func (g *GCS) Put(name string, content []byte) {
	bucket, object := parse(name)
	g.server.CreateObject(fakestorage.Object{ObjectAttrs: fakestorage.ObjectAttrs{BucketName: bucket, Name: object}, Content: content})
}

// PutOld writes an object that was last changed at a time.
func (g *GCS) PutOld(name string, content []byte, at time.Time) {
	bucket, object := parse(name)
	g.server.CreateObject(fakestorage.Object{ObjectAttrs: fakestorage.ObjectAttrs{BucketName: bucket, Name: object, Created: at, Updated: at}, Content: content})
}

// Get returns the content of an object.
func (g *GCS) Get(name string) ([]byte, error) {
	bucket, object := parse(name)
	o, err := g.server.GetObject(bucket, object)
	return o.Content, err
}

// Below returns all objects below a gs:// folder, by their names in it.
func (g *GCS) Below(dir string) map[string]string {
	bucket, below := parse(dir)
	out := map[string]string{}
	list, err := g.server.ListObjectsWithOptionsPaginated(bucket, fakestorage.ListOptions{Prefix: below + "/"})
	if err != nil {
		return out
	}
	for _, o := range list.Objects {
		if whole, err := g.server.GetObject(bucket, o.Name); err == nil {
			out[strings.TrimPrefix(o.Name, below+"/")] = string(whole.Content)
		}
	}
	return out
}

// Stop ends it.
func (g *GCS) Stop() {
	g.Proxy.Close()
	g.server.Stop()
}

func parse(name string) (bucket, object string) {
	_, rest, _ := strings.Cut(name, "://")
	bucket, object, _ = strings.Cut(rest, "/")
	return bucket, object
}
