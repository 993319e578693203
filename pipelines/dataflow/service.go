package dataflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/auth"
	df "google.golang.org/api/dataflow/v1b3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/retry"
)

// Requests are given up after callTime, and made again up to so many times when
// the reason may pass.
const (
	callTime   = 30 * time.Second
	attempts   = 6
	firstPause = 500 * time.Millisecond
)

// Service is Dataflow in one region, by the credentials of the environment.
type Service struct {
	jobs            *df.ProjectsLocationsJobsService
	templates       *df.ProjectsLocationsTemplatesService
	project, region string
}

// Connect finds credentials. No request is sent yet.
func Connect(ctx context.Context, o Options) (*Service, error) {
	var options []option.ClientOption
	if o.Endpoint != "" {
		options = append(options, option.WithEndpoint(o.Endpoint))
	}
	s, err := df.NewService(context.WithoutCancel(ctx), options...)
	if err != nil {
		return nil, fault.Usagef("dataflow: no credentials: %s; see gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS", fault.FirstLine(err))
	}
	return &Service{s.Projects.Locations.Jobs, s.Projects.Locations.Templates, o.Project, o.Region}, nil
}

// call makes a request, again where it failed for a reason that may pass.
func call[T any](ctx context.Context, what string, do func(ctx context.Context) (T, error)) (T, error) {
	var r T
	err := retry.Do(ctx, attempts, firstPause, func() (again bool, err error) {
		one, stop := context.WithTimeout(ctx, callTime)
		defer stop()
		if r, err = do(one); err == nil || ctx.Err() != nil {
			return false, errors.Join(err, ctx.Err())
		}
		return passing(err), serviceError(what, err)
	})
	return r, err
}

// passing reports whether what failed may succeed later.
func passing(err error) bool {
	var api *googleapi.Error
	var token *auth.Error
	switch {
	case fault.Is(err):
		return false
	case errors.As(err, &api):
		return api.Code == http.StatusTooManyRequests || api.Code >= http.StatusInternalServerError
	case errors.As(err, &token):
		return token.Response == nil || token.Response.StatusCode >= http.StatusInternalServerError
	}
	return true // the network
}

// serviceError tells what a user can mend from what failed by itself.
func serviceError(what string, err error) error {
	var api *googleapi.Error
	var token *auth.Error
	switch {
	case fault.Is(err):
		return err
	case errors.As(err, &token) && !passing(err):
		return fault.Usagef("dataflow: %s: the credentials are refused: %s", what, fault.FirstLine(err))
	case errors.As(err, &api):
		message := api.Message
		if message == "" {
			message = fault.FirstLine(err)
		}
		switch api.Code {
		case http.StatusUnauthorized, http.StatusForbidden:
			return fault.Usagef("dataflow: the credentials do not allow to %s: %s", what, message)
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed:
			return fault.Usagef("dataflow: could not %s: %s", what, message)
		}
		return fmt.Errorf("dataflow: could not %s: %d %s", what, api.Code, message)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("dataflow: could not %s: no answer in %v", what, callTime)
	}
	return fmt.Errorf("dataflow: could not %s: %s", what, fault.FirstLine(err))
}
