package databases

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
)

// TestJSONServer reads all pages of an API that is not ours, json-server, in two ways.
func TestJSONServer(t *testing.T) {
	npx, err := exec.LookPath("npx")
	if err != nil {
		t.Skip("npx is not installed")
	}
	dir := t.TempDir()
	var houses []string
	for i := range 95 {
		houses = append(houses, fmt.Sprintf(`{"id": %d, "town": "%s", "area": %d, "updated": %d}`, i+1, []string{"Oslo", "Bergen"}[i%2], 50+i%40, 1000+i))
	}
	if err := os.WriteFile(filepath.Join(dir, "db.json"), []byte(`{"houses": [`+strings.Join(houses, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	c := exec.Command(npx, "--yes", "json-server@0.17.4", "--host", "127.0.0.1", "--port", port, "--quiet", filepath.Join(dir, "db.json"))
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // npx starts others
	if err := c.Start(); err != nil {
		t.Skip("json-server can't be started: ", err)
	}
	defer func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
	}()
	url := "http://127.0.0.1:" + port + "/houses"
	for begun := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		if got, err := http.Get(url); err == nil {
			got.Body.Close()
			break
		}
		if time.Since(begun) > 2*time.Minute {
			t.Skip("json-server can't be installed")
		}
	}
	spec := filepath.Join(dir, "houses.yaml")
	for name, page := range map[string]string{"link": `query: {_page: "1", _limit: "20"}`, "number": "page: {by: number, parameter: _page, size: 20, size_in: _limit}"} {
		text := "data:\n  train:\n    at: " + url + "\n    " + page + "\n  key: id\n"
		if err := os.WriteFile(spec, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := program.Done(t, nil, "profile", spec, "--out", filepath.Join(dir, "out"), "--force"); !strings.Contains(said, "95 records of 4 columns, 0 refused.") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
