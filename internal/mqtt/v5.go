package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session"
	"github.com/eclipse/paho.golang/paho/session/state"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// retainedOnce has the broker send what it retains when a subscription is new, and not each
// time that it is asked for.
const retainedOnce = 1

// Bounds of a connection of version 5.
const (
	keepAlive = 30 // seconds
	ackEvery  = 5 * time.Millisecond
)

// v5 is a connection of version 5.
type v5 struct {
	ending
	of      Topic
	c       *paho.Client
	session *answered
	deliver func(message)
}

// answered is a session that has the answers to what is sent read elsewhere: a client that
// publishes without waiting leaves them unread.
type answered struct {
	session.SessionManager
	answer chan packets.ControlPacket // to the last packet
}

// AddToSession implements session.SessionManager.
func (s *answered) AddToSession(ctx context.Context, p session.Packet, _ chan<- packets.ControlPacket) error {
	s.answer = make(chan packets.ControlPacket, 1)
	return s.SessionManager.AddToSession(ctx, p, s.answer)
}

func (t Topic) dial5(ctx context.Context, client string, deliver func(message)) (connection, error) {
	conn, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	x, keep := &v5{ending: ending{gone: make(chan struct{})}, of: t, deliver: deliver}, deliver != nil
	config := paho.ClientConfig{
		Conn: packets.NewThreadSafeConn(conn), PacketTimeout: answerWait,
		EnableManualAcknowledgment: true, SendAcksInterval: ackEvery,
		OnServerDisconnect: func(d *paho.Disconnect) { x.end(t.disconnected(d)) },
		OnClientError:      func(err error) { x.end(err) },
		OnPublishReceived:  []func(paho.PublishReceived) (bool, error){x.received},
	}
	if !keep { // it publishes
		x.session = &answered{SessionManager: state.NewInMemory()}
		config.Session = x.session
	}
	x.c = paho.NewClient(config)
	expiry, most, largest := uint32(0), uint16(mostPolled), uint32(mostMessage)
	if keep {
		expiry = uint32(kept / time.Second)
	}
	answer, err := x.c.Connect(ctx, &paho.Connect{
		ClientID: client, KeepAlive: keepAlive, CleanStart: !keep,
		Username: t.user, UsernameFlag: t.user != "", Password: []byte(t.secret), PasswordFlag: t.secret != "" && t.user != "",
		Properties: &paho.ConnectProperties{SessionExpiryInterval: &expiry, ReceiveMaximum: &most, MaximumPacketSize: &largest, RequestProblemInfo: true},
	})
	if err != nil {
		conn.Close()
		if answer != nil {
			return nil, t.unwelcome(answer)
		}
		return nil, fmt.Errorf("no broker of MQTT 5 answers: %w (one of 3.1.1 is spoken to by ?version=%s)", err, version3)
	}
	return x, nil
}

// unwelcome says why the broker does not take a client.
func (t Topic) unwelcome(c *paho.Connack) error {
	reason := (&packets.Connack{ReasonCode: c.ReasonCode}).Reason()
	if c.Properties != nil && c.Properties.ReasonString != "" {
		reason = c.Properties.ReasonString
	}
	switch c.ReasonCode {
	case packets.ConnackUnsupportedProtocolVersion:
		return fault.Usagef("%s: the broker speaks another version: add ?version=%s", t, version3)
	case packets.ConnackBadUsernameOrPassword, packets.ConnackNotAuthorized, packets.ConnackBanned, packets.ConnackBadAuthenticationMethod, packets.ConnackInvalidClientID:
		return fault.Usagef("%s: the broker refuses who asks: %s", t, reason)
	}
	return fmt.Errorf("the broker refuses: %s", reason)
}

// disconnected says why the broker ends a connection.
func (t Topic) disconnected(d *paho.Disconnect) error {
	switch d.ReasonCode {
	case packets.DisconnectSessionTakenOver:
		return fault.Usagef("%s: another reader calls itself %q; tell them apart by ?instance=NAME", t, t.client())
	case packets.DisconnectNotAuthorized:
		return fault.Usagef("%s: the broker refuses who asks", t)
	case packets.DisconnectPacketTooLarge:
		return fault.Usagef("%s: a record is larger than the broker takes", t)
	}
	return fmt.Errorf("the broker ends the connection: %s", (&packets.Disconnect{ReasonCode: d.ReasonCode}).Reason())
}

func (x *v5) received(p paho.PublishReceived) (bool, error) {
	m := message{topic: p.Packet.Topic, value: p.Packet.Payload, ack: func() error { return x.c.Ack(p.Packet) }}
	for _, u := range p.Packet.Properties.User {
		m.headers = append(m.headers, stream.Header{Name: u.Key, Value: []byte(u.Value)})
	}
	if x.deliver != nil {
		x.deliver(m)
	}
	return true, nil
}

func (x *v5) subscribe(ctx context.Context, filter string) error {
	answer, err := x.c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: filter, QoS: 1, RetainHandling: retainedOnce}}})
	if answer != nil && len(answer.Reasons) == 1 && answer.Reasons[0] == packets.SubackPacketIdentifierinuse {
		return nil // by a message that the session has waiting, so it has the subscription
	}
	if err != nil && answer != nil && len(answer.Reasons) > 0 {
		return fault.Usagef("%s: the broker does not let it be read: %v", x.of, err)
	}
	return err
}

func (x *v5) publish(ctx context.Context, topic string, r stream.Record) (func(context.Context) error, error) {
	p := &paho.Publish{Topic: topic, QoS: 1, Payload: r.Value, Properties: &paho.PublishProperties{}}
	for _, h := range r.Headers {
		p.Properties.User.Add(h.Name, string(h.Value))
	}
	if len(r.Key) > 0 {
		p.Properties.User.Add(stream.HeaderKey, string(r.Key))
	}
	if _, err := x.c.PublishWithOptions(ctx, p, paho.PublishOptions{Method: paho.PublishMethod_AsyncSend}); err != nil {
		return nil, err
	}
	came := x.session.answer
	return func(ctx context.Context) error {
		select {
		case a := <-came:
			return x.acknowledged(a)
		case <-x.gone:
			return x.reason
		case <-ctx.Done():
			return ctx.Err()
		}
	}, nil
}

// acknowledged reads the answer to what was published.
func (x *v5) acknowledged(a packets.ControlPacket) error {
	ack, ok := a.Content.(*packets.Puback)
	switch {
	case !ok:
		return errors.New("the connection ended before the broker answered")
	case ack.ReasonCode == packets.PubackNotAuthorized, ack.ReasonCode == packets.PubackTopicNameInvalid:
		return fault.Usagef("%s: the broker does not let it be written: %s", x.of, ack.Reason())
	case ack.ReasonCode >= packets.PubackUnspecifiedError:
		return fmt.Errorf("the broker refuses a message: %s", ack.Reason())
	}
	return nil
}

func (x *v5) close() {
	if x.deliver != nil {
		time.Sleep(4 * ackEvery) // acknowledgements leave from time to time
	}
	_ = x.c.Disconnect(&paho.Disconnect{})
}
