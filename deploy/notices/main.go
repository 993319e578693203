// Notices lists the modules that are linked into the binary, with their licences, and
// collects the texts of these: docs/reference/licences.md and THIRD_PARTY_NOTICES.txt. With
// -check it writes nothing, and fails where they are not those of the modules.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

const (
	listFile  = "docs/reference/licences.md"
	textsFile = "THIRD_PARTY_NOTICES.txt"
)

// allowed are the licences under which a module may be linked: none asks for more than that
// its text goes with the binary, and changes to its own files are published.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "Unlicense", "Zlib", "0BSD", "BSD-2-Clause-Views"}

// module is one that is linked.
type module struct {
	path, version, dir string
	licences           []string
	texts              []string
}

func main() {
	check := flag.Bool("check", false, "fail where the files are not as they would be written")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	for i := range modules {
		if err := modules[i].read(); err != nil {
			return fmt.Errorf("%s: %w", modules[i].path, err)
		}
	}
	for name, body := range map[string][]byte{listFile: list(modules), textsFile: texts(modules)} {
		if was, err := os.ReadFile(name); err == nil && bytes.Equal(was, body) {
			continue
		}
		if check {
			return fmt.Errorf("%s is not that of the modules in go.mod; run make notices", name)
		}
		if err := os.WriteFile(name, body, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// linked are the modules that the binary has packages of, for all systems that it is
// built for.
func linked() (modules []module, err error) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		c := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "./cmd/beamline")
		c.Env, c.Stderr = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"), os.Stderr
		out, err := c.Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 3 {
				modules = append(modules, module{path: f[0], version: f[1], dir: f[2]})
			}
		}
	}
	slices.SortFunc(modules, func(a, b module) int { return cmp.Compare(a.path, b.path) })
	return slices.CompactFunc(modules, func(a, b module) bool { return a.path == b.path }), nil
}

// legal are the names of files that say under which terms a module may be used. Eclipse's
// second licence, the Eclipse Distribution License, is the BSD licence of three clauses.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense|notice|patents|edl)([-.].*)?$`)

// read finds the licences of a module, and their texts.
func (m *module) read() error {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || !legal.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
		if err != nil {
			return err
		}
		m.texts = append(m.texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r", "")))
		for _, found := range licensecheck.Scan(text).Match {
			if !slices.Contains(m.licences, found.ID) && !found.IsURL {
				m.licences = append(m.licences, found.ID)
			}
		}
	}
	slices.Sort(m.licences)
	if !slices.ContainsFunc(m.licences, func(l string) bool { return slices.Contains(allowed, l) }) {
		return errors.New("none of its licences is known to be allowed: " + strings.Join(m.licences, ", "))
	}
	return nil
}

func list(modules []module) []byte {
	var b bytes.Buffer
	b.WriteString("# Licences of what is linked\n\n`make notices` writes this page and `THIRD_PARTY_NOTICES.txt`, which has the texts. A module\nmay have parts under other licences than its own.\n\n| module | version | licences |\n|---|---|---|\n")
	for _, m := range modules {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.path, m.version, strings.Join(m.licences, ", "))
	}
	return b.Bytes()
}

// texts are those of all modules, each once, with the modules that it is of.
func texts(modules []module) []byte {
	type text struct {
		of   []string
		body string
	}
	var all []*text
	byDigest := map[[sha256.Size]byte]*text{}
	for _, m := range modules {
		for _, body := range m.texts {
			digest := sha256.Sum256([]byte(strings.Join(strings.Fields(body), " ")))
			if byDigest[digest] == nil {
				byDigest[digest] = &text{body: body}
				all = append(all, byDigest[digest])
			}
			byDigest[digest].of = append(byDigest[digest].of, m.path+" "+m.version)
		}
	}
	var b bytes.Buffer
	b.WriteString("Beamline is linked with these modules, under these terms.\n")
	for _, t := range all {
		fmt.Fprintf(&b, "\n%s\n\n%s\n\n%s\n", strings.Repeat("-", 80), strings.Join(t.of, "\n"), t.body)
	}
	return b.Bytes()
}
