// Package postgrestest starts a PostgreSQL server for tests.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Password is that of the user Writer, whom the server asks for it.
const (
	Writer   = "writer"
	Password = "Tr0ub4dor-and-3"
)

// Server is a server of its own, that ends with Stop.
type Server struct {
	Port int
	dir  string
	cmd  *exec.Cmd
}

// Bin is the folder of the programs of the server; empty where it is not installed.
func Bin() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			return ""
		}
		found = []string{path}
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1])
}

// Start starts a server. It skips the test where none is installed.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := New()
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// maxStart is how long the server may take to begin.
const maxStart = 30 * time.Second

// ErrMissing says that there is no server to start.
var ErrMissing = errors.New("PostgreSQL is not installed")

// New starts a server.
func New() (*Server, error) {
	bin := Bin()
	if bin == "" {
		return nil, ErrMissing
	}
	dir, err := os.MkdirTemp("", "postgres-*")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	run := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.SysProcAttr, c.Dir, c.Env = attr, dir, append(os.Environ(), "LC_ALL=C.UTF-8")
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "postgres", "--no-sync", "--auth=trust", "--encoding=UTF8").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	hba := "host all " + Writer + " 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o644); err != nil {
		return nil, err
	}
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	s.cmd = run("postgres", "-D", data, "-p", strconv.Itoa(s.Port), "-h", "127.0.0.1", "-k", dir, "-F", "-c", "shared_buffers=128MB", "-c", "max_connections=60")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for begun := time.Now(); ; time.Sleep(30 * time.Millisecond) {
		err := s.Exec("postgres", "do $$ begin create role "+Writer+" login superuser password '"+Password+"'; exception when duplicate_object then null; end $$")
		if err == nil {
			return s, nil
		}
		if time.Since(begun) > maxStart {
			text, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("the server does not answer: %w\n%s", err, text)
		}
	}
}

// unprivileged lets the server run as another user where this process is the root user,
// whom it does not serve. The server ends with this process.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Stop ends the server and removes what it wrote.
func (s *Server) Stop() {
	s.cmd.Process.Signal(syscall.SIGINT)
	s.cmd.Wait()
	os.RemoveAll(s.dir)
}

// URL is the address of a database.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", s.Port, database)
}

// Exec runs statements in a database.
func (s *Server) Exec(database, sql string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// Database makes a database of its own for a test, with what statements make, and returns
// its address.
func (s *Server) Database(t testing.TB, statements ...string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases())
	if err := s.Exec("postgres", "create database "+name); err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if err := s.Exec(name, sql); err != nil {
			t.Fatal(err)
		}
	}
	return s.URL(name)
}

var databases = counter()

func counter() func() int {
	var mu sync.Mutex
	n := 0
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n
	}
}

// Rows are the rows of a query, their cells as text with a bar between them.
func (s *Server) Rows(t testing.TB, url, query string) (lines []string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, result := range must(conn.PgConn().Exec(ctx, query).ReadAll()) {
		for _, row := range result.Rows {
			line := ""
			for i, cell := range row {
				if i > 0 {
					line += "|"
				}
				line += string(cell)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
