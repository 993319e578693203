package runners

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math"
	"math/big"
	"net"
	"sync"
	"time"
	_ "unsafe" // for the options that grpc gives to all servers and clients

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/portable"
)

// prismKind is Beam's portable runner for one machine: what it says is what a cluster would.
var prismKind = Kind{
	Name: "prism", Line: "Beam's portable runner, in this process; to compare with",
	New: func(options map[string]string, job string) (Runner, error) {
		return onPrism{job}, noOptions("prism", options)
	},
}

type onPrism struct{ job string }

func (onPrism) Name() string { return "prism" }

func (onPrism) Branches() int { return 1 }

func (r onPrism) Run(ctx context.Context, p *beam.Pipeline, _ func(string)) error {
	endpoint, err := prismEndpoint()
	if err != nil {
		return err
	}
	o := portable.Options{Endpoint: endpoint, Environment: portable.Loopback, Name: r.job, Told: true}
	return abandoning(ctx, func() error { return portable.Run(ctx, p, o, func(string) {}) })
}

// End ends a pipeline in a group that nobody reads: prism itself makes that, where it
// would keep a processor busy as long as a last stage of ours runs and has no output.
func (onPrism) End(s beam.Scope, last beam.PCollection) {
	beam.GroupByKey(s, beam.AddFixedKey(s, last))
}

// prismEndpoint starts prism once a process, and returns where it takes jobs.
var prismEndpoint = sync.OnceValues(startPrism)

// The options that grpc adds to those of every server and client that is made. Prism
// takes no options for its own, which would take jobs from whoever reaches its port, and
// a job may ask for any program to be run.
//
//go:linkname addServerOptions google.golang.org/grpc/internal.AddGlobalServerOptions
var addServerOptions any

//go:linkname clearServerOptions google.golang.org/grpc/internal.ClearGlobalServerOptions
var clearServerOptions func()

//go:linkname addDialOptions google.golang.org/grpc/internal.AddGlobalDialOptions
var addDialOptions any

//go:linkname clearDialOptions google.golang.org/grpc/internal.ClearGlobalDialOptions
var clearDialOptions func()

// startPrism starts prism's job server behind TLS, with a key that this process alone
// has: who calls must show it, which are the job's launcher and its workers, and who
// answers too. The key is nowhere but in memory.
func startPrism() (endpoint string, err error) {
	key, err := ownKey()
	if err != nil {
		return "", fmt.Errorf("prism: %w", err)
	}
	server, ok1 := addServerOptions.(func(...grpc.ServerOption))
	client, ok2 := addDialOptions.(func(...grpc.DialOption))
	if !ok1 || !ok2 || clearServerOptions == nil || clearDialOptions == nil {
		return "", fault.Usagef("prism would take jobs from whoever reaches its port, and can't be kept from it with this version of grpc; --runner=direct opens no port")
	}
	server(grpc.Creds(credentials.NewTLS(key)))
	client(grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
		endpoint = address
		return (&tls.Dialer{Config: key}).DialContext(ctx, "tcp", address)
	}))
	ctx, stop := context.WithTimeout(context.Background(), prismTime)
	defer stop()
	_, err = prism.CreateJobServer(ctx, prism.Options{})
	clearServerOptions()
	clearDialOptions()
	if err != nil {
		return "", fmt.Errorf("prism: %w", err)
	}
	if _, port, err := net.SplitHostPort(endpoint); err == nil {
		keepLocal(port)
	}
	dialPrism(endpoint, key)
	return endpoint, nil
}

// prismTime bounds how long prism may take to answer for the first time.
const prismTime = 20 * time.Second

// dialPrism has all of Beam that calls prism show the key.
func dialPrism(endpoint string, key *tls.Config) {
	others := grpcx.Dial
	grpcx.Dial = func(ctx context.Context, address string, timeout time.Duration) (*grpc.ClientConn, error) {
		if address != endpoint {
			return others(ctx, address, timeout)
		}
		return grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(key)),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.WaitForReady(true)))
	}
}

// keyTime is how long a key is good for: longer than any job.
const keyTime = 10 * 365 * 24 * time.Hour

// ownKey makes a key for both ends of a connection, which is trusted alone.
func ownKey() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(keyTime),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(c)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13,
		RootCAs: trusted, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert, ServerName: "localhost", NextProtos: []string{"h2"}}, nil
}
