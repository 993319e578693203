package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/models"
)

// hostileTable has a column of each kind, and a target of each.
func hostileTable(t testing.TB) string {
	var b strings.Builder
	b.WriteString("id,size,kind,seen,notes,grade,price,class\n")
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 240 {
		size, kind := rng.Float64()*100, []string{"red", "green", "blue"}[rng.IntN(3)]
		class := []string{"low", "mid", "high"}[min(int(size/34), 2)]
		fmt.Fprintf(&b, "%d,%.2f,%s,2024-%02d-%02d,the %s thing number %d is %s,%d,%.2f,%s\n", i+1000, size, kind, 1+rng.IntN(12), 1+rng.IntN(28), kind, rng.IntN(9), []string{"good", "bad", "old"}[rng.IntN(3)], rng.IntN(5), 10*size+rng.NormFloat64(), class)
	}
	name := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func filesOf(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// resigned is an artifact with one other file, whose digests are right: somebody computed them
// again.
func resigned(files map[string][]byte, name string, body []byte) map[string][]byte {
	out, sums := map[string][]byte{}, map[string]string{}
	for n, b := range files {
		if n == name {
			b = body
		}
		if out[n] = b; n != models.ManifestFile {
			h := sha256.Sum256(b)
			sums[n] = hex.EncodeToString(h[:])
		}
	}
	h := sha256.New()
	var names []string
	for n := range sums {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintln(h, n, sums[n])
	}
	out[models.ManifestFile], _ = json.Marshal(map[string]any{"format": models.Format, "model_id": hex.EncodeToString(h.Sum(nil))[:16], "files": sums})
	return out
}

// eachValue calls visit with each value of a document, and with what sets it.
func eachValue(v any, set func(any), visit func(v any, set func(any))) {
	visit(v, set)
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(func(yield func(string) bool) {
			for k := range v {
				if !yield(k) {
					return
				}
			}
		}) {
			eachValue(v[k], func(n any) { v[k] = n }, visit)
		}
	case []any:
		for i := range v {
			eachValue(v[i], func(n any) { v[i] = n }, visit)
		}
	}
}

// wrongs are what stands in the place of a value.
func wrongs(v any) []any {
	out := []any{nil}
	switch x := v.(type) {
	case float64:
		out = append(out, -1.0, 0.0, 0.5, 1e9, 2147483648.0, 9.2e18, -9e18, 1e308)
	case string:
		out = append(out, "", "x", "../../etc/passwd", strings.Repeat("(a+)+", 1000), "\x00", strings.Repeat("9", 400))
	case []any:
		out = append(out, []any{})
		if len(x) > 0 {
			out = append(out, append(slices.Clone(x), x[0]), x[:len(x)-1])
		}
	case map[string]any:
		out = append(out, map[string]any{})
	case bool:
		out = append(out, !x)
	}
	return out
}

// use loads an artifact and predicts by it, and returns a panic, if there is one.
func use(files map[string][]byte) (panicked any) {
	defer func() { panicked = recover() }()
	m, err := models.LoadFrom("x", func(name string, _ int64) ([]byte, error) {
		b, ok := files[name]
		if !ok {
			return nil, os.ErrNotExist
		}
		return b, nil
	})
	if err != nil {
		return nil
	}
	record := map[string]string{}
	for _, c := range m.Schema.Columns {
		record[c.Name] = "1"
		if len(c.Domain) > 0 {
			record[c.Name] = c.Domain[0]
		}
	}
	_, _ = m.Row(record)
	return nil
}

// TestArtifactsOfOthers changes values of artifacts of all learners, with digests that are
// right: each is refused, or predicts something; none panics, or takes much memory or time.
func TestArtifactsOfOthers(t *testing.T) {
	table := hostileTable(t)
	each := 16 // values of a file that are changed
	if testing.Short() {
		each = 3
	}
	if v := os.Getenv("HOSTILE_EACH"); v != "" {
		fmt.Sscan(v, &each)
	}
	for _, target := range []string{"price", "class"} {
		for _, learner := range []string{"ridge", "lasso", "gbdt", "forest", "tree", "knn", "bayes"} {
			if learner == "bayes" && target == "price" {
				continue
			}
			t.Run(target+" "+learner, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "o")
				if text, code := runHere("train " + table + " --target " + target + " --models " + learner + " --effort quick --quiet --out " + out); code != 0 {
					t.Fatal(text)
				}
				files := filesOf(t, filepath.Join(out, "model"))
				if p := use(resigned(files, "", nil)); p != nil {
					t.Fatal(p)
				}
				rng := rand.New(rand.NewPCG(2, 2))
				for name, body := range files {
					if name != models.ManifestFile {
						attack(t, files, name, body, each, rng)
					}
				}
			})
		}
	}
}

func attack(t *testing.T, files map[string][]byte, name string, body []byte, each int, rng *rand.Rand) {
	try := func(what string, changed []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		p := use(resigned(files, name, changed))
		runtime.ReadMemStats(&after)
		if p != nil {
			t.Errorf("%s, %s: a panic: %v", name, what, p)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
			t.Errorf("%s, %s: %d MB", name, what, took>>20)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("%s, %s: %v", name, what, took)
		}
	}
	if strings.HasSuffix(name, ".bin") {
		for k := range each {
			b := bytes.Clone(body)
			for range 1 + rng.IntN(4) {
				b[rng.IntN(len(b))] = byte(rng.IntN(256))
			}
			if k%5 == 0 {
				b = b[:rng.IntN(len(b))]
			}
			try(fmt.Sprint("bytes ", k), b)
		}
		return
	}
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	n, i := 0, 0
	eachValue(doc, func(any) {}, func(any, func(any)) { n++ })
	every := max(1, n/each)
	eachValue(doc, func(any) {}, func(v any, set func(any)) {
		if i++; i%every != 0 {
			return
		}
		for _, wrong := range wrongs(v) {
			set(wrong)
			b, err := json.Marshal(doc)
			set(v)
			if err == nil {
				try(fmt.Sprintf("value %d: %.60v becomes %.60v", i, v, wrong), append(b, '\n'))
			}
		}
	})
}
