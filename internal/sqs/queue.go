// Package sqs reads and writes queues of Amazon SQS, or of what speaks like it at
// AWS_ENDPOINT_URL_SQS.
package sqs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Queue is a queue, as an address names it: sqs://eu-central-1/flats. Its name ends in .fifo
// where it keeps an order.
type Queue struct {
	region, name string
	owner        string // an account; empty for that of who asks
	refused      string
	client       *sqs.Client
	url          string
	ordered      bool
}

// Form is how an address looks.
const Form = "sqs://REGION/QUEUE"

const (
	scheme     = "sqs"
	answerWait = 30 * time.Second // for the service to answer
	ordered    = ".fifo"
	credential = "the credentials of AWS, such as AWS_SECRET_ACCESS_KEY"
)

var (
	options = []string{"refused", "account"}
	legal   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}(\.fifo)?$`)
	regions = regexp.MustCompile(`^[a-z0-9-]+$`)
)

// Parse reads an address. Where it names none, QUEUE-refused is for what can't be used.
func Parse(address string) (stream.Place, error) {
	a, err := stream.ParseAddress(address, scheme, Form, credential, options...)
	if err != nil {
		return nil, err
	}
	q := Queue{region: a.Hosts, name: a.Name, owner: a.Option("account", "")}
	q.ordered = strings.HasSuffix(q.name, ordered)
	base := strings.TrimSuffix(q.name, ordered)
	q.refused = a.Option("refused", base+"-refused"+q.name[len(base):])
	switch {
	case !regions.MatchString(q.region):
		return nil, fault.Usagef("%s: it names no region (%s)", a, Form)
	case !legal.MatchString(q.name), !legal.MatchString(q.refused), q.refused == q.name:
		return nil, fault.Usagef("%s: %q or %q is no name of a queue: letters, digits, - and _, and .fifo at the end", a, q.name, q.refused)
	}
	return q, nil
}

// String is the address without its options.
func (q Queue) String() string { return scheme + "://" + q.region + "/" + q.name }

// Label implements stream.Place.
func (q Queue) Label() string { return q.name }

// Reader implements stream.Place: who reads a queue shares it with all others.
func (q Queue) Reader() string { return "" }

// Numbered implements stream.Place: messages have names, and no numbers.
func (q Queue) Numbered() bool { return false }

// Refused implements stream.Place.
func (q Queue) Refused() stream.Place {
	q.name = q.refused
	q.ordered = strings.HasSuffix(q.name, ordered)
	return q
}

// connect finds the queue.
func (q Queue) connect(ctx context.Context) (Queue, error) {
	c, err := config.LoadDefaultConfig(context.WithoutCancel(ctx), config.WithRegion(q.region), config.WithLogger(logging.Nop{}))
	if err != nil {
		return q, fault.Usagef("%s: %s", q, fault.FirstLine(err))
	}
	q.client = sqs.NewFromConfig(c)
	ask := &sqs.GetQueueUrlInput{QueueName: &q.name}
	if q.owner != "" {
		ask.QueueOwnerAWSAccountId = &q.owner
	}
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	at, err := q.client.GetQueueUrl(ctx, ask)
	var gone *types.QueueDoesNotExist
	if errors.As(err, &gone) {
		return q, fault.Usagef("%s: there is no queue %q%s", q, q.name, fault.Hint(q.name, q.queues(ctx), ""))
	}
	if err != nil {
		return q, q.blame(err)
	}
	q.url = aws.ToString(at.QueueUrl)
	return q, nil
}

// queues are the names of those that are there, as far as one may know.
func (q Queue) queues(ctx context.Context) (names []string) {
	all, err := q.client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return nil
	}
	for _, url := range all.QueueUrls {
		names = append(names, url[strings.LastIndexByte(url, '/')+1:])
	}
	return names
}

// refusals are the codes of who may not ask, or asks for what can't be.
var refusals = []string{"AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "ExpiredToken", "InvalidSecurity", "OptInRequired", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}

// blame says why the service did not do what it was asked.
func (q Queue) blame(err error) error {
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		for _, code := range refusals {
			if strings.HasPrefix(strings.TrimPrefix(api.ErrorCode(), "com.amazonaws.sqs#"), code) {
				return fault.Usagef("%s: %s: %s", q, api.ErrorCode(), api.ErrorMessage())
			}
		}
		return fmt.Errorf("%s: %s: %s", q, api.ErrorCode(), api.ErrorMessage())
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: SQS does not answer within %s", q, answerWait)
	case strings.Contains(err.Error(), "failed to refresh cached credentials"), strings.Contains(err.Error(), "static credentials are empty"):
		return fault.Usagef("%s: there are no credentials for SQS: %s", q, fault.FirstLine(err))
	}
	return fmt.Errorf("%s: %s", q, fault.FirstLine(err))
}
