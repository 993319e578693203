package mqtt

import (
	"context"
	"errors"
	"net"
	"net/url"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// v3 is a connection of version 3.1.1: its messages have no headers.
type v3 struct {
	ending
	of Topic
	c  paho.Client
}

func (t Topic) dial3(ctx context.Context, client string, deliver func(message)) (connection, error) {
	x := &v3{ending: ending{gone: make(chan struct{})}, of: t}
	opts := paho.NewClientOptions().AddBroker("tcp://" + t.broker).SetClientID(client).SetCleanSession(deliver == nil).
		SetProtocolVersion(4).SetAutoReconnect(false).SetAutoAckDisabled(true).SetOrderMatters(true).SetConnectTimeout(answerWait).
		SetUsername(t.user).SetPassword(t.secret).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return t.open(ctx) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { x.end(err) })
	if deliver != nil {
		opts.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { // of what came while it was away, too
			deliver(message{topic: m.Topic(), value: m.Payload(), ack: func() error { m.Ack(); return nil }})
		})
	}
	x.c = paho.NewClient(opts)
	if err := waited(ctx, x.c.Connect()); err != nil {
		x.c.Disconnect(0)
		if errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedIDRejected) {
			return nil, fault.Usagef("%s: the broker refuses who asks: %v", t, err)
		}
		return nil, err
	}
	return x, nil
}

// waited waits for what was asked of the broker.
func waited(ctx context.Context, t paho.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *v3) subscribe(ctx context.Context, filter string) error {
	t := x.c.Subscribe(filter, 1, nil)
	if err := waited(ctx, t); err != nil {
		return err
	}
	const refused = 0x80
	if granted := t.(*paho.SubscribeToken).Result()[filter]; granted == refused {
		return fault.Usagef("%s: the broker does not let it be read", x.of)
	}
	return nil
}

func (x *v3) publish(_ context.Context, topic string, r stream.Record) (func(context.Context) error, error) {
	t := x.c.Publish(topic, 1, false, r.Value)
	return func(ctx context.Context) error {
		select {
		case <-x.gone:
			return x.reason
		default:
			return waited(ctx, t)
		}
	}, nil
}

func (x *v3) close() { x.c.Disconnect(0) }
