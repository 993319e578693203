// Package flink starts a real Flink cluster with Beam's job server on this
// machine, from Maven artifacts alone: a job manager, task managers, and the job
// server, each a process of its own that listens on the loopback address.
package flink

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Missing names what a machine lacks to run a cluster; it is empty where nothing
// is missing.
func Missing() string {
	for _, name := range []string{"java", "javac", "mvn"} {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}

// errNotFetched says that Maven has not got the jars.
var errNotFetched = errors.New("flink: the jars can't be fetched")

// source is the folder of this package.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// jars returns the class path of all processes, which is fetched once a version
// of what it is made from.
func jars() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range []string{"pom.xml", "ClusterJobServer.java"} {
		body, err := os.ReadFile(filepath.Join(source(), name))
		if err != nil {
			return "", err
		}
		h.Write(body)
	}
	dir := filepath.Join(cache, "beamline-e2e", "flink-"+hex.EncodeToString(h.Sum(nil))[:12])
	path := filepath.Join(dir, "lib", "*") + string(os.PathListSeparator) + filepath.Join(dir, "classes")
	complete := filepath.Join(dir, "complete")
	if _, err := os.Stat(complete); err == nil {
		return path, nil
	}
	fetch := exec.Command("mvn", "-q", "-B", "-f", filepath.Join(source(), "pom.xml"), "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(dir, "lib"))
	if said, err := fetch.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %w\n%s", errNotFetched, err, said)
	}
	compile := exec.Command("javac", "-nowarn", "-cp", filepath.Join(dir, "lib", "*"), "-d", filepath.Join(dir, "classes"),
		filepath.Join(source(), "ClusterJobServer.java"))
	if said, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("flink: javac: %w\n%s", err, said)
	}
	return path, os.WriteFile(complete, nil, 0o644)
}
