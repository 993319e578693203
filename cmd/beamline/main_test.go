package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/tally"
)

// TestMain lets the tests begin where a user would: in the root of the tree.
func TestMain(m *testing.M) {
	if os.Getenv("BEAMLINE_TEST_COMMAND") != "" { // a test runs it as a process
		main()
	}
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// spoken is what a command line gave.
type spoken struct {
	code           fault.Code
	stdout, stderr string
}

func beamline(t *testing.T, args ...string) spoken {
	t.Helper()
	return beamlineIn(context.Background(), t, args...)
}

func beamlineIn(ctx context.Context, t *testing.T, args ...string) spoken {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "stdout")
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	s := spoken{code: execute(ctx, args, out, said)}
	s.stdout, s.stderr = rewound(t, out), rewound(t, said)
	return s
}

func rewound(t *testing.T, f *os.File) string {
	t.Helper()
	defer f.Close()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// done fails the test where the command did not end well.
func done(t *testing.T, args ...string) spoken {
	t.Helper()
	s := beamline(t, args...)
	if s.code != fault.Done {
		t.Fatalf("beamline %s: exit %d\n%s%s", strings.Join(args, " "), s.code, s.stdout, s.stderr)
	}
	return s
}

func readJSON(t *testing.T, v any, path ...string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
}

// counts reads run.json and checks that its counts add up.
func readRun(t *testing.T, dir string) runFile {
	t.Helper()
	var r runFile
	readJSON(t, &r, dir, "run.json")
	var sum tally.Rows
	for _, in := range r.Inputs {
		if n := in.Rows; n.Read != n.Used+n.Refused+n.Duplicate {
			t.Errorf("%s: %+v do not add up", in.Source, n)
		}
		sum = sum.Add(in.Rows)
	}
	if sum != r.Rows.Rows {
		t.Errorf("the inputs add up to %+v, the rows are %+v", sum, r.Rows)
	}
	refused := int64(0)
	for _, n := range r.Refused {
		refused += n
	}
	if refused != r.Rows.Refused {
		t.Errorf("%d refused by rule, %d in all", refused, r.Rows.Refused)
	}
	return r
}

// file writes a file of a test.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
