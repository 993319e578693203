package fakes

import (
	"bytes"
	"io"
	"net/http/httptest"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// S3 is gofakes3 behind a Proxy.
type S3 struct {
	*Proxy
	server *httptest.Server
	memory *s3mem.Backend
}

// NewS3 starts the server with these buckets.
func NewS3(buckets ...string) (*S3, error) {
	memory := s3mem.New()
	for _, b := range buckets {
		if err := memory.CreateBucket(b); err != nil {
			return nil, err
		}
	}
	server := httptest.NewServer(gofakes3.New(memory, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	p, err := NewProxy(server.URL)
	if err != nil {
		server.Close()
		return nil, err
	}
	return &S3{p, server, memory}, nil
}

// Env is what leads a program here.
func (s *S3) Env() []string {
	return []string{"AWS_ENDPOINT_URL_S3=" + s.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent"}
}

// Put writes an object, by its s3:// name.
func (s *S3) Put(name string, content []byte) {
	bucket, object := parse(name)
	s.memory.PutObject(bucket, object, map[string]string{}, bytes.NewReader(content), int64(len(content)), nil)
}

// Below returns all objects below an s3:// folder, by their names in it.
func (s *S3) Below(dir string) map[string]string {
	bucket, below := parse(dir)
	prefix := gofakes3.NewFolderPrefix(below + "/")
	prefix.HasDelimiter = false
	out := map[string]string{}
	list, err := s.memory.ListBucket(bucket, &prefix, gofakes3.ListBucketPage{})
	if err != nil {
		return out
	}
	for _, o := range list.Contents {
		whole, err := s.memory.GetObject(bucket, o.Key, nil)
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(whole.Contents)
		whole.Contents.Close()
		out[strings.TrimPrefix(o.Key, below+"/")] = string(body)
	}
	return out
}

// Stop ends it.
func (s *S3) Stop() {
	s.Proxy.Close()
	s.server.Close()
}
