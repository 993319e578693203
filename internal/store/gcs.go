package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"

	"github.com/beamline-go/beamline/internal/fault"
)

// patience bounds a request that moves no data.
const patience = 30 * time.Second

// uploadChunk is held in memory for each file that is written.
const uploadChunk = 4 << 20

// buckets is Cloud Storage, by the credentials of the environment.
type buckets struct{ client *storage.Client }

var gcsClient shared[storage.Client]

func gcs(ctx context.Context) (backend, error) {
	c, err := gcsClient.get(func() (*storage.Client, error) {
		c, err := storage.NewClient(context.WithoutCancel(ctx))
		if err != nil {
			return nil, fault.Usagef("Cloud Storage: no credentials: %s; see gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS", fault.FirstLine(err))
		}
		// Each write is of a whole object, so that it can be made again.
		c.SetRetry(storage.WithPolicy(storage.RetryAlways), storage.WithMaxAttempts(attempts),
			storage.WithBackoff(gax.Backoff{Initial: firstPause, Max: 4 * time.Second}))
		return c, nil
	})
	return buckets{c}, err
}

func (b buckets) object(name string) *storage.ObjectHandle {
	bucket, object := split(name)
	return b.client.Bucket(bucket).Object(object)
}

func gcsInfo(a *storage.ObjectAttrs) Info {
	return Info{Name: "gs://" + a.Bucket + "/" + a.Name, Size: a.Size, Version: strconv.FormatInt(a.Generation, 10), Modified: a.Updated}
}

func (b buckets) stat(ctx context.Context, name string) (Info, error) {
	if _, object := split(name); object == "" || strings.HasSuffix(object, "/") {
		return Info{}, notExist("stat", name)
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	a, err := b.object(name).Attrs(ctx)
	if err != nil {
		return Info{}, gcsError("stat", name, err)
	}
	return gcsInfo(a), nil
}

type gcsRanger struct {
	ctx    context.Context
	name   string
	object *storage.ObjectHandle
}

func (b buckets) open(ctx context.Context, name string) (ranger, Info, error) {
	info, err := b.stat(ctx, name)
	if err != nil {
		return nil, Info{}, err
	}
	generation, err := strconv.ParseInt(info.Version, 10, 64)
	if err != nil {
		return nil, Info{}, fmt.Errorf("%s: %w", name, err)
	}
	return &gcsRanger{ctx, name, b.object(name).Generation(generation).ReadCompressed(true)}, info, nil
}

func (r *gcsRanger) ReadAt(p []byte, off int64) (int, error) {
	return readRange(r.ctx, r.name, p, off, func(ctx context.Context, off, n int64) (io.ReadCloser, error) {
		body, err := r.object.NewRangeReader(ctx, off, n)
		if errors.Is(err, storage.ErrObjectNotExist) {
			return nil, changed(r.name)
		}
		if err != nil {
			return nil, gcsError("read", r.name, err)
		}
		return body, nil
	})
}

func (r *gcsRanger) Close() error { return nil }

// changed says that the version of a file that was opened is there no more.
func changed(name string) error {
	return fmt.Errorf("%s changed while it was read: %w", name, ErrCondition)
}

type gcsWriter struct {
	*storage.Writer
	name  string
	abort func()
}

func (b buckets) create(ctx context.Context, name string, c Condition) (Writer, error) {
	o := b.object(name)
	if where, ok := conditions(c); ok {
		o = o.If(where)
	}
	ctx, abort := context.WithCancel(ctx)
	w := o.NewWriter(ctx)
	w.ChunkSize = uploadChunk
	return &gcsWriter{w, name, abort}, nil
}

func conditions(c Condition) (where storage.Conditions, any bool) {
	if c.Absent {
		return storage.Conditions{DoesNotExist: true}, true
	}
	generation, err := strconv.ParseInt(c.Version, 10, 64)
	return storage.Conditions{GenerationMatch: generation}, err == nil
}

func (w *gcsWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, gcsError("write", w.name, err)
}

func (w *gcsWriter) Commit() error {
	err := gcsError("write", w.name, w.Writer.Close())
	w.abort()
	return err
}

// Abort ends the upload; a canceled one leaves no object.
func (w *gcsWriter) Abort() { w.abort() }

func (b buckets) list(ctx context.Context, dir string, deep bool) ([]Info, error) {
	bucket, below := split(dir)
	if below = strings.TrimSuffix(below, "/"); below != "" {
		below += "/"
	}
	q := &storage.Query{Prefix: below}
	if !deep {
		q.Delimiter = "/"
	}
	var out []Info
	it := b.client.Bucket(bucket).Objects(ctx, q)
	for {
		a, err := it.Next()
		switch {
		case errors.Is(err, iterator.Done):
			return out, nil
		case err != nil:
			return nil, gcsError("list", dir, err)
		case a.Prefix != "":
			out = append(out, Info{Name: "gs://" + bucket + "/" + strings.TrimSuffix(a.Prefix, "/"), Dir: true})
		case !strings.HasSuffix(a.Name, "/"): // what a console leaves to show a folder
			a.Bucket = bucket
			out = append(out, gcsInfo(a))
		}
	}
}

func (b buckets) move(ctx context.Context, from, to string) error {
	if _, err := b.object(to).CopierFrom(b.object(from)).Run(ctx); err != nil {
		return gcsError("move", from, err)
	}
	return b.remove(ctx, from, Condition{})
}

func (b buckets) remove(ctx context.Context, name string, c Condition) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	o := b.object(name)
	if where, ok := conditions(c); ok {
		o = o.If(where)
	}
	return gcsError("remove", name, o.Delete(ctx))
}

// gcsError tells what a user can mend from what failed by itself.
func gcsError(op, name string, err error) error {
	var api *googleapi.Error
	var token *auth.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrBucketNotExist):
		return noBucket(name)
	case errors.Is(err, storage.ErrObjectNotExist):
		return notExist(op, name)
	case errors.As(err, &token) && token.Response != nil && token.Response.StatusCode < http.StatusInternalServerError:
		return fault.Usagef("%s: the credentials are refused: %s", name, fault.FirstLine(token))
	case errors.As(err, &api):
		switch api.Code {
		case http.StatusUnauthorized, http.StatusForbidden:
			return forbidden(op, name, fault.FirstLine(api))
		case http.StatusPreconditionFailed:
			return fmt.Errorf("%s: %w", name, ErrCondition)
		case http.StatusNotFound: // objects have an error of their own
			return noBucket(name)
		}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: Cloud Storage did not answer", name)
	}
	return fmt.Errorf("%s: %s: %w", name, op, err)
}

func noBucket(name string) error {
	bucket, _ := split(name)
	return fault.Usagef("%s://%s: there is no such bucket", scheme(name), bucket)
}

func forbidden(op, name, message string) error {
	return fault.Usagef("%s: the credentials do not allow to %s it: %s", name, op, message)
}
