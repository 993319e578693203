package kafka

import (
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

func TestParse(t *testing.T) {
	t.Setenv(Password, "hidden")
	x, err := Parse("kafka://a,b:9093,[::1]:9094/flats?group=g&instance=i&refused=bad&tls=true&sasl=scram-sha-512&user=me&compression=lz4")
	if err != nil {
		t.Fatal(err)
	}
	if x.String() != "kafka://a:9092,b:9093,[::1]:9094/flats" || x.Group != "g" || x.Instance != "i" || x.refused != "bad" || !x.TLS || x.SASL != "scram-sha-512" || x.User != "me" || x.Compression != "lz4" {
		t.Errorf("%+v", x)
	}
	if x, err = Parse("kafka://a/flats"); err != nil || x.Group != "beamline-flats" || x.Instance == "" || x.refused != "flats-refused" || x.TLS || x.Compression != "gzip" {
		t.Errorf("%+v, %v", x, err)
	}
	t.Setenv(Password, "")
	for address, says := range map[string]string{
		"flats.csv":                           "not of the form",
		"kafka://a":                           "no name of a topic",
		"kafka:///flats":                      "no host",
		"kafka://a,,b/flats":                  "no host",
		"kafka://a/../flats":                  "no name of a topic",
		"kafka://a/flats?refused=a/b":         "no name of a topic",
		"kafka://a/flats?grup=g":              `did you mean "group"?`,
		"kafka://a/flats?compression=zip":     "gzip, lz4, none",
		"kafka://a/flats?tls=yes":             "true or false",
		"kafka://a/flats?sasl=gssapi&user=me": "scram-sha-256",
		"kafka://a/flats?user=me":             "go together",
		"kafka://a/flats?sasl=plain&user=me":  "set KAFKA_PASSWORD",
		"kafka://me:pw@a/flats":               "KAFKA_PASSWORD",
		"kafka://a/flats?group=%zz":           "can't be read",
	} {
		_, err := Parse(address)
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "pw@") {
			t.Errorf("%s: %v, want %q", address, err, says)
		}
	}
}
