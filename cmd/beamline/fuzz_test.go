package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/models"
)

// fuzzTable is a small table with something to clean.
const fuzzTable = "id,name,when,amount,\n1,Anna,2024-01-02,\"1,5\",x\n2,anna ,2024-01-03,2.5,\n2,anna ,2024-01-03,2.5,\n3,Bo,03.01.2024,n/a,y\n"

// FuzzFile cleans any file, under the name of each format and under one that says nothing:
// it is read, or refused as what it is.
func FuzzFile(f *testing.F) {
	suffixes := []string{""}
	for _, k := range format.Read {
		suffixes = append(suffixes, k.Suffixes...)
	}
	table := filepath.Join(f.TempDir(), "t.csv")
	if err := os.WriteFile(table, []byte(fuzzTable), 0o600); err != nil {
		f.Fatal(err)
	}
	for i, suffix := range suffixes {
		f.Add(byte(i), []byte(fuzzTable))
		f.Add(byte(i), []byte(`{"a": 1, "b": {"c": [1, "x"]}}`+"\n"))
		for _, written := range []string{"parquet", "avro", "arrow"} {
			out := filepath.Join(f.TempDir(), written)
			if !slices.Contains([]string{".parquet", ".avro", ".arrow"}, suffix) || suffix != "."+written {
				continue
			}
			if text, code := runHere("clean " + table + " --format " + written + " --quiet --out " + out); code != 0 {
				f.Fatal(text)
			}
			body, err := os.ReadFile(filepath.Join(out, "clean."+written))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		dir := t.TempDir()
		name := filepath.Join(dir, "t"+suffixes[int(kind)%len(suffixes)])
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		said, code := runHere("clean " + name + " --quiet --out " + filepath.Join(dir, "out"))
		switch fault.Code(code) {
		case fault.Done, fault.Usage, fault.Data:
		default:
			t.Errorf("exit code %d: %s", code, said)
		}
		if strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") || !utf8.ValidString(said) {
			t.Errorf("it says %s", said)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// FuzzNote reads any schema, mapping rules and spec.
func FuzzNote(f *testing.F) {
	dir := f.TempDir()
	table := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(table, []byte(fuzzTable), 0o600); err != nil {
		f.Fatal(err)
	}
	if text, code := runHere("profile " + table + " --quiet --out " + filepath.Join(dir, "p")); code != 0 {
		f.Fatal(text)
	}
	schema, err := os.ReadFile(filepath.Join(dir, "p", "schema.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(0), schema)
	f.Add(byte(1), []byte("determines:\n- {from: [id], to: name}\nvalues:\n- {column: name, of: [Anna, Bo]}\n"))
	f.Add(byte(0), []byte("columns:\n  - name: name\n    type: categorical\n    domain:\n     !- Anna\n      - Bo\n"))
	f.Add(byte(2), []byte("data: [t.csv]\ngoal: {target: amount}\n"))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		dir := t.TempDir()
		note := filepath.Join(dir, "note.yaml")
		if err := os.WriteFile(note, body, 0o600); err != nil {
			t.Fatal(err)
		}
		out := " --quiet --out " + filepath.Join(dir, "out")
		line := []string{"validate " + table + " --schema " + note, "clean " + table + " --rules " + note, "profile " + note}[int(kind)%3]
		said, code := runHere(line + out)
		// A spec may name what is not there, such as a server.
		if !utf8.ValidString(said) || code == int(fault.Internal) && kind%3 != 2 || strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
			t.Errorf("exit code %d: %s", code, said)
		}
	})
}

// FuzzArtifact replaces a part of an artifact, with digests that are right.
func FuzzArtifact(f *testing.F) {
	var artifacts []map[string][]byte
	table := hostileTable(f)
	for _, a := range []struct{ target, learner string }{{"price", "ridge"}, {"price", "gbdt"}, {"class", "forest"}, {"class", "knn"}, {"class", "bayes"}, {"price", "lasso"}} {
		out := filepath.Join(f.TempDir(), "o")
		if text, code := runHere("train " + table + " --target " + a.target + " --models " + a.learner + " --effort quick --quiet --out " + out); code != 0 {
			f.Fatal(text)
		}
		files := filesOf(f, filepath.Join(out, "model"))
		delete(files, models.ManifestFile)
		artifacts = append(artifacts, files)
		for i, name := range slices.Sorted(maps.Keys(files)) {
			f.Add(byte(len(artifacts)-1), byte(i), files[name])
		}
	}
	f.Fuzz(func(t *testing.T, which, part byte, body []byte) {
		files := artifacts[int(which)%len(artifacts)]
		names := slices.Sorted(maps.Keys(files))
		name := names[int(part)%len(names)]
		if bytes.Equal(files[name], body) {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		p := use(resigned(files, name, body))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; p != nil || took > 512<<20 || time.Since(begin) > 10*time.Second {
			t.Errorf("%s: panic %v, %d MB, %v", name, p, took>>20, time.Since(begin))
		}
	})
}
