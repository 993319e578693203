package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	storage "cloud.google.com/go/bigquery/storage/apiv1"
	"github.com/googleapis/gax-go/v2"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/retry"
)

// tries is how often the service is asked that fails for a reason that may pass.
const tries = 5

// firstWait is how long the first wait between two tries is, which tests cut short; each
// later one is twice as long.
var firstWait = 300 * time.Millisecond

// service returns a client of the service itself. Who it is follows from the application
// default credentials; a service that is not Google's gets none of them.
func (n name) service(ctx context.Context) (*rest.Service, error) {
	var o []option.ClientOption
	if n.Options.Endpoint != "" {
		at, err := url.Parse(n.Options.Endpoint)
		if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return nil, fault.Usagef("%s: endpoint is no address such as http://127.0.0.1:9050", n.Given)
		}
		o = []option.ClientOption{option.WithEndpoint(strings.TrimSuffix(at.String(), "/") + "/bigquery/v2/"), option.WithoutAuthentication()}
	}
	s, err := rest.NewService(ctx, o...)
	if err != nil {
		return nil, n.named(err)
	}
	return s, nil
}

// storageOptions are those of the clients of the Storage APIs.
func (n name) storageOptions() ([]option.ClientOption, error) {
	if n.Options.Endpoint == "" {
		return nil, nil
	}
	if n.Options.Storage == "" {
		return nil, fault.Usagef("%s: an endpoint has its Storage APIs elsewhere; say where with storage=HOST:PORT", n.Given)
	}
	return []option.ClientOption{option.WithEndpoint(n.Options.Storage), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}, nil
}

func (n name) reading(ctx context.Context) (*storage.BigQueryReadClient, error) {
	o, err := n.storageOptions()
	if err != nil {
		return nil, err
	}
	c, err := storage.NewBigQueryReadClient(ctx, o...)
	return c, n.named(err)
}

func (n name) writing(ctx context.Context) (*storage.BigQueryWriteClient, error) {
	o, err := n.storageOptions()
	if err != nil {
		return nil, err
	}
	c, err := storage.NewBigQueryWriteClient(ctx, o...)
	return c, n.named(err)
}

// alone makes a call of the Storage APIs once: the clients try again for ten minutes, in
// pauses of ten seconds, and patiently does in its own way.
var alone = gax.WithRetry(func() gax.Retryer { return nil })

// patiently does what may be done twice again while it fails for a reason that may pass.
func patiently(ctx context.Context, do func() error) error {
	return retry.Do(ctx, tries, firstWait, func() (bool, error) {
		err := do()
		return passing(err), err
	})
}

// reasons of errors after which trying again helps; see the table of errors of BigQuery.
var reasons = []string{"backendError", "internalError", "jobBackendError", "jobInternalError", "rateLimitExceeded", "jobRateLimitExceeded", "tableUnavailable"}

// passing reports whether trying again may help.
func passing(err error) bool {
	var answer *googleapi.Error
	switch {
	case err == nil, fault.Is(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.As(err, &answer):
		return answer.Code >= http.StatusInternalServerError || answer.Code == http.StatusTooManyRequests || slices.Contains(reasons, reasonOf(err))
	}
	var failed *jobError
	if errors.As(err, &failed) {
		return slices.Contains(reasons, failed.Reason)
	}
	if s, ok := status.FromError(err); ok {
		return slices.Contains([]codes.Code{codes.Unavailable, codes.Internal, codes.Aborted, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Unknown}, s.Code())
	}
	var lost *url.Error // the service could not be reached
	return errors.As(err, &lost) && !errors.Is(err, context.Canceled)
}

// codeOf is the code of an answer of the service, or 0.
func codeOf(err error) int {
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

// reasonOf is why the service refuses, in its words.
func reasonOf(err error) string {
	var answer *googleapi.Error
	if errors.As(err, &answer) && len(answer.Errors) > 0 {
		return answer.Errors[0].Reason
	}
	return ""
}

// named brings the name into an error. What the user can mend is the user's fault.
func (n name) named(err error) error {
	if err == nil || fault.Is(err) {
		return err
	}
	var failed *jobError
	switch code := codeOf(err); {
	case slices.Contains([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, code) && !slices.Contains(reasons, reasonOf(err)):
		var answer *googleapi.Error
		errors.As(err, &answer)
		return fault.Usagef("%s: %s", n.Given, answer.Message)
	case errors.As(err, &failed) && slices.Contains([]string{"accessDenied", "notFound", "invalid", "invalidQuery", "bytesBilledLimitExceeded", "duplicate"}, failed.Reason):
		return fault.Usagef("%s: %s", n.Given, failed.Message)
	}
	if s, ok := status.FromError(err); ok {
		switch s.Code() {
		case codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated, codes.NotFound:
			return fault.Usagef("%s: %s", n.Given, s.Message())
		}
	}
	if strings.Contains(err.Error(), "could not find default credentials") {
		return fault.Usagef("%s: there are no credentials; run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS", n.Given)
	}
	return fmt.Errorf("%s: %w", n.Given, err)
}
