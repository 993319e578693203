// Package bigquerytest serves what Beamline uses of BigQuery, for tests: tables, jobs and
// the two Storage APIs, with the rows in SQLite. It holds a client to the rules of the
// service: rows of a stream come at their offsets, nobody sees rows that are not
// committed, and streams are committed once. It fails where a test asks for it.
package bigquerytest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"
	_ "modernc.org/sqlite" // the rows
)

// Project and Dataset are what the server has.
const (
	Project = "acme"
	Dataset = "sales"
)

// Fail says what goes wrong with a request: before it is done, or after, so that its answer
// is lost.
type Fail func(method string) (before, after error)

// Server is a BigQuery of one dataset.
type Server struct {
	// Bytes is what a query reads.
	Bytes int64
	// Streams is how many streams a session has, and PerMessage how many rows come at once.
	Streams, PerMessage int
	// Bad is a text whose rows are refused when they are written; empty where none is.
	Bad string

	fail     atomic.Pointer[Fail]
	mu       sync.Mutex
	db       *sql.DB
	given    map[string]given
	jobs     map[string]*job
	sessions map[string]*session
	streams  map[string]*writeStream
	rest     *httptest.Server
	grpc     *grpc.Server
	storage  string
	numbers  int
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{Streams: 3, PerMessage: 250, given: map[string]given{}, jobs: map[string]*job{}, sessions: map[string]*session{}, streams: map[string]*writeStream{}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "rows.db")+"?_pragma=busy_timeout(30000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	s.db = db
	s.rest = httptest.NewServer(s.routes())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.storage = listener.Addr().String()
	s.grpc = grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	storagepb.RegisterBigQueryReadServer(s.grpc, &reads{s: s})
	storagepb.RegisterBigQueryWriteServer(s.grpc, &writes{s: s})
	go s.grpc.Serve(listener)
	t.Cleanup(func() {
		s.grpc.Stop()
		s.rest.Close()
		db.Close()
	})
	return s
}

// Name is the name of a table of the server, with options such as &mode=replace.
func (s *Server) Name(table, options string) string {
	return "bigquery://" + Project + "." + Dataset + "." + table + "?" + s.Options() + options
}

// Endpoint is where the service is, and Storage where its Storage APIs are.
func (s *Server) Endpoint() string { return s.rest.URL }

// Storage is the address of the Storage APIs.
func (s *Server) Storage() string { return s.storage }

// Options are those that say where the server is.
func (s *Server) Options() string { return "endpoint=" + s.Endpoint() + "&storage=" + s.Storage() }

// names are names of tables, in a command or a spec.
var names = regexp.MustCompile(`bigquery://` + Project + `[\w.]*\??`)

// Renamed is a text in which the names of tables say where the server is.
func (s *Server) Renamed(text string) string {
	return names.ReplaceAllStringFunc(text, func(name string) string {
		if table, more := strings.CutSuffix(name, "?"); more {
			return table + "?" + s.Options() + "&"
		}
		return name + "?" + s.Options()
	})
}

// Do runs a statement of SQLite.
func (s *Server) Do(t testing.TB, statement string) {
	t.Helper()
	if _, err := s.db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// Rows are what a query of SQLite gives, with a bar between cells.
func (s *Server) Rows(t testing.TB, query string) (lines []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, rows, err := s.read(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, v := range r {
			if v != nil {
				cells[i] = fmt.Sprint(v)
			}
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return lines
}

// read returns what a query gives, whatever the columns are declared as.
func (s *Server) read(ctx context.Context, query string, args ...any) (names []string, all [][]any, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	if names, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	rows.Close()
	list := make([]string, len(names))
	for i, n := range names { // the sign hides the declared type, by which the driver would change values
		list[i] = fmt.Sprintf("+%s as %[1]s", quoted(n))
	}
	if rows, err = s.db.QueryContext(ctx, "select "+strings.Join(list, ", ")+" from ("+query+")", args...); err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		values, to := make([]any, len(names)), make([]any, len(names))
		for i := range to {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, nil, err
		}
		all = append(all, values)
	}
	return names, all, rows.Err()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// FailWith has requests fail from now on.
func (s *Server) FailWith(fail Fail) { s.fail.Store(&fail) }

// fails asks what goes wrong with a request.
func (s *Server) fails(method string) (before, after error) {
	if fail := s.fail.Load(); fail != nil {
		return (*fail)(method)
	}
	return nil, nil
}

// next is a number that no other thing of the server has.
func (s *Server) next() int {
	s.numbers++
	return s.numbers
}
