package streams

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Admiral-Piett/goaws/app/conf"
	"github.com/Admiral-Piett/goaws/app/gosqs"
	"github.com/Admiral-Piett/goaws/app/models"
	"github.com/Admiral-Piett/goaws/app/router"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/sirupsen/logrus"
)

// sqsServer is the one stand-in of this process: its queues are global.
var sqsServer = sync.OnceValue(func() string {
	logrus.SetLevel(logrus.ErrorLevel)
	conf.LoadYamlConfig("", "")
	go gosqs.PeriodicTasks(time.Second, make(chan bool))
	s := httptest.NewServer(http.Handler(router.New()))
	models.CurrentEnvironment.Region, models.CurrentEnvironment.AccountID = "eu-central-1", "000000000000"
	models.CurrentEnvironment.Host, models.CurrentEnvironment.Port, _ = strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	return s.URL
})

// sqsSystem are new queues: name, one for prices, and one for what is refused.
func sqsSystem(t *testing.T, name string) systemOf {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL_SQS", sqsServer())
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "nothing")
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-central-1"))
	if err != nil {
		t.Fatal(err)
	}
	client := sqs.NewFromConfig(c)
	base, fifo := strings.CutSuffix(name, ".fifo")
	queues := map[string]*string{}
	for _, of := range []string{base, "prices", base + "-refused"} {
		ask := &sqs.CreateQueueInput{QueueName: aws.String(of)}
		if fifo {
			ask.QueueName, ask.Attributes = aws.String(of+".fifo"), map[string]string{"FifoQueue": "true"}
		}
		q, err := client.CreateQueue(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		queues[of] = q.QueueUrl
	}
	t.Cleanup(func() {
		for _, url := range queues {
			client.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: url})
		}
	})
	all := map[string][]told{}
	out := "prices"
	if fifo {
		out += ".fifo"
	}
	return systemOf{
		name: "sqs " + name, in: "sqs://eu-central-1/" + name, out: "sqs://eu-central-1/" + out, text: true,
		write: func(records []string) {
			for _, r := range records {
				ask := &sqs.SendMessageInput{QueueUrl: queues[base], MessageBody: &r}
				if fifo {
					ask.MessageGroupId = aws.String("flats")
				}
				if _, err := client.SendMessage(t.Context(), ask); err != nil {
					t.Fatal(err)
				}
			}
		},
		read: func(place string) []told {
			for {
				m, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queues[place], MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
				if err != nil {
					t.Fatal(err)
				}
				if len(m.Messages) == 0 {
					return all[place]
				}
				done := &sqs.DeleteMessageBatchInput{QueueUrl: queues[place]}
				for _, x := range m.Messages {
					of := told{*x.Body, map[string]string{}}
					for name, v := range x.MessageAttributes {
						of.header[name] = aws.ToString(v.StringValue)
					}
					all[place] = append(all[place], of)
					done.Entries = append(done.Entries, types.DeleteMessageBatchRequestEntry{Id: x.MessageId, ReceiptHandle: x.ReceiptHandle})
				}
				if _, err := client.DeleteMessageBatch(t.Context(), done); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
}
