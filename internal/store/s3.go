package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	service "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/beamline-go/beamline/internal/fault"
)

// amazon is S3, or what speaks like it at AWS_ENDPOINT_URL_S3.
type amazon struct{ client *service.Client }

var s3Client shared[service.Client]

func s3(ctx context.Context) (backend, error) {
	client, err := s3Client.get(func() (*service.Client, error) {
		c, err := config.LoadDefaultConfig(context.WithoutCancel(ctx), config.WithLogger(logging.Nop{}),
			config.WithRetryer(func() aws.Retryer { return retry.NewStandard(retries) }))
		if err != nil {
			return nil, fault.Usagef("S3: %s", fault.FirstLine(err))
		}
		if c.Region == "" {
			return nil, fault.Usagef("S3: no region is set; set AWS_REGION")
		}
		return service.NewFromConfig(c, func(o *service.Options) {
			// Servers other than Amazon's rarely have a name for each bucket.
			o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL_S3") != "" || os.Getenv("AWS_ENDPOINT_URL") != ""
			o.DisableLogOutputChecksumValidationSkipped = true
		}), nil
	})
	return amazon{client}, err
}

// retries has answers that were cut off asked for again, beside what the SDK
// tries again by itself.
func retries(o *retry.StandardOptions) {
	o.MaxAttempts = attempts
	o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		if errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()) {
			return aws.TrueTernary
		}
		return aws.UnknownTernary
	}))
}

func (a amazon) stat(ctx context.Context, name string) (Info, error) {
	bucket, object := split(name)
	if object == "" || strings.HasSuffix(object, "/") {
		return Info{}, notExist("stat", name)
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	r, err := a.client.HeadObject(ctx, &service.HeadObjectInput{Bucket: &bucket, Key: &object})
	if err != nil {
		return Info{}, s3Error("stat", name, err)
	}
	return Info{Name: name, Size: aws.ToInt64(r.ContentLength), Version: aws.ToString(r.ETag), Modified: aws.ToTime(r.LastModified)}, nil
}

type s3Ranger struct {
	amazon
	ctx  context.Context
	info Info
}

func (a amazon) open(ctx context.Context, name string) (ranger, Info, error) {
	info, err := a.stat(ctx, name)
	if err != nil {
		return nil, Info{}, err
	}
	return &s3Ranger{a, ctx, info}, info, nil
}

func (r *s3Ranger) ReadAt(p []byte, off int64) (int, error) {
	bucket, object := split(r.info.Name)
	return readRange(r.ctx, r.info.Name, p, off, func(ctx context.Context, off, n int64) (io.ReadCloser, error) {
		span := fmt.Sprintf("bytes=%d-%d", off, off+n-1)
		out, err := r.client.GetObject(ctx, &service.GetObjectInput{Bucket: &bucket, Key: &object, Range: &span, IfMatch: &r.info.Version})
		err = s3Error("read", r.info.Name, err)
		if errors.Is(err, ErrCondition) {
			return nil, changed(r.info.Name)
		}
		if err != nil {
			return nil, err
		}
		return out.Body, nil
	})
}

func (r *s3Ranger) Close() error { return nil }

// partSize is the size of the parts that a large object is sent in; S3 takes
// 10,000 of them, of 5 MiB at least.
const partSize = 16 << 20

// s3Writer sends a small object at once, and a large one in parts.
type s3Writer struct {
	amazon
	ctx            context.Context
	name           string
	bucket, object string
	condition      Condition
	buf            bytes.Buffer
	upload         string // id of an upload in parts
	parts          []types.CompletedPart
	done           bool
}

func (a amazon) create(ctx context.Context, name string, c Condition) (Writer, error) {
	bucket, object := split(name)
	return &s3Writer{amazon: a, ctx: ctx, name: name, bucket: bucket, object: object, condition: c}, nil
}

func (w *s3Writer) Write(p []byte) (int, error) {
	n, _ := w.buf.Write(p)
	for w.buf.Len() >= partSize {
		if err := w.send(w.buf.Next(partSize)); err != nil {
			return n, s3Error("write", w.name, err)
		}
	}
	return n, nil
}

func (w *s3Writer) send(part []byte) error {
	if w.upload == "" {
		begun, err := w.client.CreateMultipartUpload(w.ctx, &service.CreateMultipartUploadInput{Bucket: &w.bucket, Key: &w.object})
		if err != nil {
			return err
		}
		w.upload = aws.ToString(begun.UploadId)
	}
	k := int32(len(w.parts) + 1)
	sent, err := w.client.UploadPart(w.ctx, &service.UploadPartInput{Bucket: &w.bucket, Key: &w.object, UploadId: &w.upload,
		PartNumber: &k, Body: bytes.NewReader(part)})
	if err != nil {
		return err
	}
	w.parts = append(w.parts, types.CompletedPart{ETag: sent.ETag, PartNumber: &k})
	return nil
}

func (w *s3Writer) Commit() error {
	defer w.Abort()
	var match, none *string
	if w.condition.Absent {
		none = aws.String("*")
	}
	if w.condition.Version != "" {
		match = &w.condition.Version
	}
	if w.upload == "" {
		_, err := w.client.PutObject(w.ctx, &service.PutObjectInput{Bucket: &w.bucket, Key: &w.object, IfMatch: match, IfNoneMatch: none,
			Body: bytes.NewReader(w.buf.Bytes())})
		w.done = err == nil
		return s3Error("write", w.name, err)
	}
	if w.buf.Len() > 0 {
		if err := w.send(w.buf.Next(w.buf.Len())); err != nil {
			return s3Error("write", w.name, err)
		}
	}
	_, err := w.client.CompleteMultipartUpload(w.ctx, &service.CompleteMultipartUploadInput{Bucket: &w.bucket, Key: &w.object, UploadId: &w.upload,
		IfMatch: match, IfNoneMatch: none, MultipartUpload: &types.CompletedMultipartUpload{Parts: w.parts}})
	w.done = err == nil
	return s3Error("write", w.name, err)
}

// Abort gives up the parts that were sent, which cost money until then.
func (w *s3Writer) Abort() {
	if w.done || w.upload == "" {
		return
	}
	w.done = true
	ctx, stop := context.WithTimeout(context.WithoutCancel(w.ctx), patience)
	defer stop()
	w.client.AbortMultipartUpload(ctx, &service.AbortMultipartUploadInput{Bucket: &w.bucket, Key: &w.object, UploadId: &w.upload})
}

func (a amazon) list(ctx context.Context, dir string, deep bool) ([]Info, error) {
	bucket, below := split(dir)
	if below = strings.TrimSuffix(below, "/"); below != "" {
		below += "/"
	}
	in := &service.ListObjectsV2Input{Bucket: &bucket, Prefix: &below}
	if !deep {
		in.Delimiter = aws.String("/")
	}
	var out []Info
	for pages := service.NewListObjectsV2Paginator(a.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s3Error("list", dir, err)
		}
		for _, p := range page.CommonPrefixes {
			out = append(out, Info{Name: "s3://" + bucket + "/" + strings.TrimSuffix(aws.ToString(p.Prefix), "/"), Dir: true})
		}
		for _, o := range page.Contents {
			if key := aws.ToString(o.Key); !strings.HasSuffix(key, "/") {
				out = append(out, Info{Name: "s3://" + bucket + "/" + key, Size: aws.ToInt64(o.Size), Version: aws.ToString(o.ETag), Modified: aws.ToTime(o.LastModified)})
			}
		}
	}
	return out, nil
}

func (a amazon) move(ctx context.Context, from, to string) error {
	bucket, object := split(from)
	toBucket, toObject := split(to)
	source := bucket + "/" + (&url.URL{Path: object}).EscapedPath()
	if _, err := a.client.CopyObject(ctx, &service.CopyObjectInput{Bucket: &toBucket, Key: &toObject, CopySource: &source}); err != nil {
		return s3Error("move", from, err)
	}
	return a.remove(ctx, from, Condition{})
}

func (a amazon) remove(ctx context.Context, name string, c Condition) error {
	bucket, object := split(name)
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	in := &service.DeleteObjectInput{Bucket: &bucket, Key: &object}
	if c.Version != "" {
		in.IfMatch = &c.Version
	}
	_, err := a.client.DeleteObject(ctx, in)
	return s3Error("remove", name, err)
}

// s3Error tells what a user can mend from what failed by itself.
func s3Error(op, name string, err error) error {
	var api smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api) && api.ErrorCode() == "NoSuchBucket":
		return noBucket(name)
	case errors.As(err, &response):
		switch response.HTTPStatusCode() {
		case http.StatusNotFound:
			return notExist(op, name)
		case http.StatusUnauthorized, http.StatusForbidden:
			return forbidden(op, name, fault.FirstLine(err))
		case http.StatusPreconditionFailed, http.StatusConflict:
			return fmt.Errorf("%s: %w", name, ErrCondition)
		}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: S3 did not answer", name)
	case strings.Contains(err.Error(), "failed to refresh cached credentials"), strings.Contains(err.Error(), "static credentials are empty"):
		return fault.Usagef("%s: no credentials for S3: %s", name, fault.FirstLine(err))
	}
	return fmt.Errorf("%s: %s: %w", name, op, err)
}
