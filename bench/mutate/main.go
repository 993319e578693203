// Mutate asks whether tests notice when a constant changes: it draws constants of the
// packages that clean, makes each twice or 0.6 times as large, one at a time and in an
// overlay of the sources, runs the tests of its package and of package clean,
// which uses it, and counts those that fail.
//
//	go run ./bench/mutate -n 50 -seed 1
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

var (
	n        = flag.Int("n", 50, "constants that are changed")
	seed     = flag.Uint64("seed", 1, "of the draw")
	list     = flag.Bool("list", false, "list all constants, and change none")
	packages = flag.String("packages", "internal/clean,internal/dependence,internal/fusion,internal/isolation,internal/names,internal/fingerprint", "whose constants they are")
)

// user is the package that uses the others, whose tests are asked too.
const user = "internal/clean"

// constant is a number that is given a name.
type constant struct {
	file, name, text string
	line, from, to   int // bytes of its value in the file
}

func main() {
	flag.Parse()
	var all []constant
	for _, dir := range strings.Split(*packages, ",") {
		found, err := constants(dir)
		if err != nil {
			fail(err)
		}
		all = append(all, found...)
	}
	if *list {
		for _, c := range all {
			fmt.Printf("%s:%d %s = %s\n", c.file, c.line, c.name, c.text)
		}
		return
	}
	rng := rand.New(rand.NewPCG(*seed, 1))
	rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	all = all[:min(*n, len(all))]
	noticed := 0
	for _, c := range all {
		factor := []float64{2, 0.6}[rng.IntN(2)]
		value := mutated(c.text, factor)
		found, err := try(c, value)
		if err != nil {
			fail(err)
		}
		mark := "not noticed"
		if found {
			mark = "noticed"
			noticed++
		}
		fmt.Printf("%-12s %s:%d %s = %s -> %s\n", mark, c.file, c.line, c.name, c.text, value)
	}
	fmt.Printf("%d of %d are noticed\n", noticed, len(all))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mutate:", err)
	os.Exit(1)
}

// constants lists the named numbers of a package.
func constants(dir string) (all []constant, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				all = append(all, numbers(set, name, s.(*ast.ValueSpec))...)
			}
		}
	}
	return all, nil
}

func numbers(set *token.FileSet, file string, s *ast.ValueSpec) (all []constant) {
	for i, v := range s.Values {
		l, ok := v.(*ast.BasicLit)
		if !ok || l.Kind != token.INT && l.Kind != token.FLOAT {
			continue
		}
		at := set.Position(l.Pos())
		all = append(all, constant{file, s.Names[i].Name, l.Value, at.Line, at.Offset, at.Offset + len(l.Value)})
	}
	return all
}

// mutated is a value times a factor; a whole number stays one, and changes.
func mutated(text string, factor float64) string {
	x, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil {
		fail(err)
	}
	if strings.ContainsAny(text, ".eE") {
		return strconv.FormatFloat(x*factor, 'g', -1, 64)
	}
	y := math.Round(x * factor)
	if y == x {
		y = x + 1
	}
	return strconv.Itoa(int(y))
}

// try runs the tests of a constant's package with another value, and reports whether
// they fail. A value with which the package does not compile counts as noticed.
func try(c constant, value string) (noticed bool, err error) {
	text, err := os.ReadFile(c.file)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "mutate-*")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, "file.go")
	if err := os.WriteFile(changed, []byte(string(text[:c.from])+value+string(text[c.to:])), 0o600); err != nil {
		return false, err
	}
	path, err := filepath.Abs(c.file)
	if err != nil {
		return false, err
	}
	body, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return false, err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, body, 0o600); err != nil {
		return false, err
	}
	for _, tests := range slices.Compact([]string{filepath.ToSlash(filepath.Dir(c.file)), user}) {
		if exec.Command("go", "test", "-count=1", "-timeout=5m", "-overlay", overlay, "./"+tests).Run() != nil {
			return true, nil
		}
	}
	return false, nil
}
