// Package topics knows the systems that streams come from and go to, by their addresses.
package topics

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/kafka"
	"github.com/beamline-go/beamline/internal/mqtt"
	"github.com/beamline-go/beamline/internal/nats"
	"github.com/beamline-go/beamline/internal/pubsub"
	"github.com/beamline-go/beamline/internal/sqs"
	"github.com/beamline-go/beamline/internal/stream"
)

// system is one that has streams.
type system struct {
	form  string // of its addresses
	parse func(address string) (stream.Place, error)
}

var systems = map[string]system{
	"kafka":  {kafka.Form, func(address string) (stream.Place, error) { return kafka.Parse(address) }},
	"mqtt":   {mqtt.Form, mqtt.Parse},
	"nats":   {nats.Form, nats.Parse},
	"pubsub": {pubsub.Form, pubsub.Parse},
	"sqs":    {sqs.Form, sqs.Parse},
}

// Forms are how addresses look, a system each.
func Forms() (all []string) {
	for _, scheme := range slices.Sorted(maps.Keys(systems)) {
		all = append(all, systems[scheme].form)
	}
	return all
}

// Parse reads the address of a place.
func Parse(address string) (stream.Place, error) {
	scheme, _, ok := strings.Cut(address, "://")
	if s, known := systems[scheme]; ok && known {
		return s.parse(address)
	}
	hint := ""
	if ok {
		hint = fault.Hint(scheme, slices.Sorted(maps.Keys(systems)), "")
	}
	return nil, fault.Usagef("%s: it names no topic (%s)%s", address, strings.Join(Forms(), ", "), hint)
}

// Open says how a log of two places is opened, and what it promises of each record.
func Open(in, out stream.Place) (open func(context.Context) (stream.Log, error), promise string, err error) {
	for _, to := range []stream.Place{out, in.Refused()} {
		wide, ok := in.(stream.Wide)
		same := strings.TrimSuffix(in.String(), in.Label()) == strings.TrimSuffix(to.String(), to.Label())
		if in.String() == to.String() || ok && same && wide.Covers(to.Label()) {
			return nil, "", fault.Usagef("%s: records can't go back to where they come from, and what goes to %s would", in, to.Label())
		}
	}
	a, kafkaIn := in.(kafka.Topic)
	b, kafkaOut := out.(kafka.Topic)
	if kafkaIn && kafkaOut {
		return func(ctx context.Context) (stream.Log, error) { return kafka.Open(ctx, a, b) }, "once", nil
	}
	return func(ctx context.Context) (stream.Log, error) { return stream.Joined(ctx, in, out) }, "at least once", nil
}

// Keyed asks that the records of a place have a key, where they have no numbers.
func Keyed(in stream.Place, key string) error {
	if key == "" && !in.Numbered() {
		return fault.Usagef("%s: its records have no numbers: name the column that tells them apart by --key", in)
	}
	return nil
}
