// Package buckets tests Cloud Storage and S3 as working storage: inputs,
// artifact, outputs and temporary files.
package buckets

import (
	"context"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/fakes"
	"github.com/beamline-go/beamline/e2e/program"
)

// bucket is a fake of a store.
type bucket interface {
	Env() []string
	Put(name string, content []byte)
	Below(dir string) map[string]string
	SetFault(func(r *http.Request) fakes.Fault)
	Seen() []string
	Stop()
}

// each runs a test with both stores.
func each(t *testing.T, test func(t *testing.T, b bucket, scheme string)) {
	t.Run("gs", func(t *testing.T) {
		b, err := fakes.NewGCS("lake", "locked")
		if err != nil {
			t.Fatal(err)
		}
		defer b.Stop()
		test(t, b, "gs://")
	})
	t.Run("s3", func(t *testing.T) {
		b, err := fakes.NewS3("lake", "locked")
		if err != nil {
			t.Fatal(err)
		}
		defer b.Stop()
		test(t, b, "s3://")
	})
}

// beamline runs the binary with only those buckets within reach.
func beamline(ctx context.Context, env []string, args ...string) (said string, code int) {
	return program.Run(ctx, alone(env), args...)
}

// alone is an environment from which nothing else can be reached.
func alone(env []string) []string {
	return append(env, "PATH="+os.Getenv("PATH"), "HOME=/nonexistent", "HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9")
}

func done(t *testing.T, b bucket, args ...string) string {
	t.Helper()
	return program.Done(t, alone(b.Env()), args...)
}

// put puts the generated tables in the bucket, and a spec that is quick to train.
func put(t *testing.T, b bucket, lake string) {
	t.Helper()
	for _, name := range []string{"train", "holdout", "test"} {
		b.Put(lake+"/in/"+name+".csv", program.Data(t, name+".csv"))
	}
	b.Put(lake+"/beamline.yaml", []byte(program.Spec("in")))
}

// local runs on this machine what is run in the buckets.
func local(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	name, out := filepath.Join(dir, "beamline.yaml"), filepath.Join(dir, "out")
	if err := os.WriteFile(name, []byte(program.Spec("testdata/houses")), 0o644); err != nil {
		t.Fatal(err)
	}
	program.Done(t, alone(nil), "run", name, "--out", out)
	return program.Outputs(t, out)
}

// same compares the files of two folders. Where the data was is part of what
// they say.
func same(t *testing.T, got, want map[string]string, in string) {
	t.Helper()
	if _, ok := got["run.json"]; !ok {
		t.Error("there is no run.json")
	}
	delete(got, "run.json")
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("there are %q, want %q", g, w)
	}
	for name, body := range want {
		if have := strings.ReplaceAll(got[name], in, "testdata/houses"); have != body {
			t.Errorf("%s differs: %d bytes, want %d", name, len(have), len(body))
		}
	}
}

// TestRunInABucket runs everything with the spec, the data and the results in a
// bucket. The bytes are those of this machine, nothing else is left, and a rerun
// replaces them.
func TestRunInABucket(t *testing.T) {
	want := local(t)
	each(t, func(t *testing.T, b bucket, scheme string) {
		lake := scheme + "lake"
		put(t, b, lake)
		for range 2 {
			done(t, b, "run", lake+"/beamline.yaml", "--out", lake+"/out")
			same(t, b.Below(lake+"/out"), want, lake+"/in")
		}
		done(t, b, "score", lake+"/in/test.csv", "--model", lake+"/out/model", "--out", lake+"/scored")
		scored := b.Below(lake + "/scored")
		if scored["predictions.csv"] != want["predictions.csv"] {
			t.Error("score gives other predictions than run")
		}
		if !strings.Contains(scored["run.json"], `"generation"`) {
			t.Errorf("run.json names no version of the input: %s", scored["run.json"])
		}
		if said, code := beamline(t.Context(), b.Env(), "profile", lake+"/in/test.csv", "--out", lake+"/scored"); code != 0 {
			t.Error(said) // other files of one folder are another command's
		}
		if said, code := beamline(t.Context(), b.Env(), "profile", lake+"/in/holdout.csv", "--out", lake+"/scored"); code != 2 || !strings.Contains(said, "--force") {
			t.Errorf("exit %d: %s", code, said)
		}
		done(t, b, "score", lake+"/in/holdout.csv", "--model", lake+"/out/model", "--out", lake+"/scored") // the next night
		var nights []string
		for name, text := range b.Below(lake + "/scored/before") {
			if strings.HasSuffix(name, "/predictions.csv") && text == want["predictions.csv"] {
				nights = append(nights, name)
			}
		}
		if len(nights) != 1 {
			t.Errorf("of the night before there are %v", nights)
		}
	})
}

// TestFaultsOfTheStore puts faults between the program and the store. Each is
// made up for, or is a clear error, and never a wrong result.
func TestFaultsOfTheStore(t *testing.T) {
	each(t, func(t *testing.T, b bucket, scheme string) {
		lake := scheme + "lake"
		put(t, b, lake)
		score := []string{"score", lake + "/in/test.csv", "--model", lake + "/out/model", "--force", "--out"}
		done(t, b, "train", lake+"/beamline.yaml", "--out", lake+"/out")
		done(t, b, append(score, lake+"/calm")...)
		want := b.Below(lake + "/calm")["predictions.csv"]
		var n atomic.Int64
		for name, fault := range map[string]func(r *http.Request) fakes.Fault{
			"every fifth answer is 503": func(*http.Request) fakes.Fault {
				if n.Add(1)%5 == 0 {
					return fakes.Fault{Status: 503}
				}
				return fakes.Fault{}
			},
			"every fourth read is cut": func(r *http.Request) fakes.Fault {
				return fakes.Fault{Cut: r.Method == "GET" && n.Add(1)%4 == 0}
			},
			"the store is slow": func(*http.Request) fakes.Fault { return fakes.Fault{Wait: 100 * time.Millisecond} },
		} {
			b.SetFault(fault)
			done(t, b, append(score, lake+"/faults")...)
			b.SetFault(nil)
			if b.Below(lake + "/faults")["predictions.csv"] != want {
				t.Errorf("%s: the predictions differ", name)
			}
		}
		b.SetFault(func(r *http.Request) fakes.Fault {
			if strings.Contains(r.URL.Path, "test.csv") || strings.Contains(r.URL.RawQuery, "test.csv") {
				return fakes.Fault{Status: 503}
			}
			return fakes.Fault{}
		})
		begun := time.Now()
		if said, code := beamline(t.Context(), b.Env(), append(score, lake+"/never")...); code != 1 || !strings.Contains(said, "test.csv") {
			t.Errorf("a store that only answers 503: exit %d: %s", code, said)
		}
		if d := time.Since(begun); d > time.Minute {
			t.Errorf("a store that only answers 503 was tried for %v", d)
		}
		b.SetFault(nil)
	})
}

// TestWhatAUserMustMend is found before anything is read.
func TestWhatAUserMustMend(t *testing.T) {
	each(t, func(t *testing.T, b bucket, scheme string) {
		lake := scheme + "lake"
		put(t, b, lake)
		b.SetFault(func(r *http.Request) fakes.Fault {
			if strings.Contains(r.URL.Path, "locked") && r.Method != "GET" && r.Method != "HEAD" {
				return fakes.Fault{Status: 403}
			}
			return fakes.Fault{}
		})
		for _, c := range []struct {
			in, out, want string
		}{
			{lake + "/in/test.csv", scheme + "nosuch/out", "no such bucket"},
			{lake + "/in/test.csv", scheme + "locked/out", "do not allow"},
			{scheme + "nosuch/in/test.csv", lake + "/out", "no such bucket"},
			{lake + "/in/tset.csv", lake + "/out", "did you mean"},
			{lake + "/in/nosuch*.csv", lake + "/out", "no file matches"},
			{scheme + "user:secret@lake/x.csv", lake + "/out", "the name of a bucket"},
		} {
			begun := time.Now()
			said, code := beamline(t.Context(), b.Env(), "profile", c.in, "--out", c.out)
			if code != 2 || !strings.Contains(said, c.want) || strings.Count(strings.TrimSpace(said), "\n") > 0 || strings.Contains(said, "secret") {
				t.Errorf("profile %s --out %s: exit %d: %s", c.in, c.out, code, said)
			}
			if d := time.Since(begun); d > 10*time.Second {
				t.Errorf("profile %s --out %s took %v", c.in, c.out, d)
			}
		}
	})
}

// TestNoCredentials is an error that says what to do.
func TestNoCredentials(t *testing.T) {
	said, code := beamline(t.Context(), nil, "profile", "gs://lake/x.csv", "--out", t.TempDir())
	if code != 2 || !strings.Contains(said, "credentials") {
		t.Errorf("exit %d: %s", code, said)
	}
	said, code = beamline(t.Context(), []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-west-1"}, "profile", "s3://lake/x.csv", "--out", t.TempDir())
	if code != 2 || !strings.Contains(said, "credentials") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestTwoWriters lets two runs work on one folder at a time: one wins, the other
// says so, and the folder is the winner's.
func TestTwoWriters(t *testing.T) {
	each(t, func(t *testing.T, b bucket, scheme string) {
		lake := scheme + "lake"
		put(t, b, lake)
		type end struct {
			said string
			code int
		}
		ends := make(chan end)
		for _, name := range []string{"train", "test"} {
			go func() {
				said, code := beamline(t.Context(), b.Env(), "profile", lake+"/in/"+name+".csv", "--out", lake+"/both")
				ends <- end{said, code}
			}()
		}
		first, second := <-ends, <-ends
		if first.code != 0 {
			first, second = second, first
		}
		if first.code != 0 || second.code != 2 || !strings.Contains(second.said, "another run") && !strings.Contains(second.said, "written by something else") {
			t.Errorf("exits %d and %d: %s\n%s", first.code, second.code, first.said, second.said)
		}
		both := b.Below(lake + "/both")
		for name := range both {
			if strings.HasPrefix(name, ".") {
				t.Errorf("%s is left", name)
			}
		}
		source := "train"
		if strings.Contains(both["run.json"], "test.csv") {
			source = "test"
		}
		done(t, b, "profile", lake+"/in/"+source+".csv", "--out", lake+"/alone")
		if alone := b.Below(lake + "/alone"); alone["profile.json"] != both["profile.json"] || alone["report.html"] != both["report.html"] {
			t.Error("run.json is of one run, and the files of another")
		}
	})
}

// TestAnotherRunMeanwhile has a run finish while another, that began before it,
// works on the same folder, in which a complete run is already.
func TestAnotherRunMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, b bucket, scheme string) {
		lake := scheme + "lake"
		put(t, b, lake)
		args := func(name string) []string {
			return []string{"profile", lake + "/in/" + name + ".csv", "--force", "--out", lake + "/both"}
		}
		done(t, b, args("holdout")...)
		release := make(chan struct{})
		b.SetFault(func(r *http.Request) fakes.Fault {
			if strings.Contains(r.URL.Path, "train.csv") {
				<-release
			}
			return fakes.Fault{}
		})
		var said string
		var code int
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			said, code = beamline(t.Context(), b.Env(), args("train")...)
		}()
		for !slices.ContainsFunc(slices.Collect(maps.Keys(b.Below(lake+"/both"))), func(name string) bool { return strings.HasSuffix(name, "/lock") }) {
			time.Sleep(10 * time.Millisecond)
		}
		done(t, b, args("test")...)
		close(release)
		if <-ended; code != 2 || !strings.Contains(said, "another run") {
			t.Errorf("exit %d: %s", code, said)
		}
		if both := b.Below(lake + "/both"); !strings.Contains(both["run.json"], "test.csv") {
			t.Errorf("run.json is %s", both["run.json"])
		}
	})
}

// TestKilledInABucket kills a run; the next one is right.
func TestKilledInABucket(t *testing.T) {
	each(t, func(t *testing.T, b bucket, scheme string) {
		lake := scheme + "lake"
		put(t, b, lake)
		c := exec.Command(program.Path, "train", lake+"/beamline.yaml", "--out", lake+"/out")
		c.Dir, c.Env = program.Root, alone(b.Env())
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for at := time.Now(); time.Since(at) < time.Minute; time.Sleep(5 * time.Millisecond) { // until it works
			if slices.ContainsFunc(slices.Collect(maps.Keys(b.Below(lake+"/out"))), func(name string) bool { return strings.Contains(name, "/work/") }) {
				break
			}
		}
		c.Process.Kill()
		c.Wait()
		if _, ok := b.Below(lake + "/out")["run.json"]; ok {
			t.Error("a killed run has a run.json")
		}
		done(t, b, "train", lake+"/beamline.yaml", "--out", lake+"/out")
	})
}

// TestWhatADeadRunLeftIsRemoved has the lock of a dead run, of one that is alive,
// and a claim that was never given back.
func TestWhatADeadRunLeftIsRemoved(t *testing.T) {
	b, err := fakes.NewGCS("lake")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	put(t, b, "gs://lake")
	done(t, b, "profile", "gs://lake/in/test.csv", "--out", "gs://lake/out")
	hourAgo := time.Now().Add(-time.Hour)
	b.PutOld("gs://lake/out/.beamline-dead/lock", []byte("\n"), hourAgo)
	b.PutOld("gs://lake/out/.beamline-dead/work/profile/rows.part", []byte("rows"), hourAgo)
	b.Put("gs://lake/out/.beamline-alive/lock", []byte("\n"))
	b.PutOld("gs://lake/out/.beamline-claim", []byte("dead\n"), hourAgo)
	done(t, b, "profile", "gs://lake/in/test.csv", "--out", "gs://lake/out")
	for name := range b.Below("gs://lake/out") {
		if strings.HasPrefix(name, ".") && name != ".beamline-alive/lock" {
			t.Errorf("%s is left", name)
		}
	}
	if _, err := b.Get("gs://lake/out/.beamline-alive/lock"); err != nil {
		t.Errorf("the place of a run that is alive is gone: %v", err)
	}
}
