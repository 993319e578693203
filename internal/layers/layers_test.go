// Package layers holds the test that imports point one way.
package layers

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/beamline-go/beamline/"

// below is what the packages of a folder may import, beside their own: the service stands
// on the models, and not on pipelines.
var below = map[string][]string{
	"table":      {},
	"internal":   {"table"},
	"models":     {"internal", "table"},
	"transforms": {"models", "internal", "table"},
	"pipelines":  {"transforms", "models", "internal", "table"},
	"serve":      {"models", "internal", "table"},
	"cmd":        {"serve", "pipelines", "transforms", "models", "internal", "table"},
	"bench":      {"cmd", "serve", "pipelines", "transforms", "models", "internal", "table"},
	"deploy":     {},
}

// ground are packages that import nothing of ours, and that all others may import.
var ground = []string{"internal/yamltext"}

func folder(path string) string {
	top, _, _ := strings.Cut(strings.TrimPrefix(path, module), "/")
	return top
}

func TestImportsPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		from := folder(fields[0])
		allowed, known := below[from]
		if !known {
			t.Errorf("%s is in no layer", fields[0])
		}
		for _, imported := range fields[1:] {
			if slices.Contains(ground, strings.TrimPrefix(fields[0], module)) && strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s", fields[0], imported)
			}
			if slices.Contains(ground, strings.TrimPrefix(imported, module)) {
				continue
			}
			if strings.HasPrefix(imported, module) {
				checked++
				if to := folder(imported); to != from && !slices.Contains(allowed, to) {
					t.Errorf("%s imports %s, which is not below it", fields[0], imported)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d imports were looked at", checked)
	}
}

// TestServicesLinkNoBeam looks at what a program links that loads a model or serves it.
func TestServicesLinkNoBeam(t *testing.T) {
	for _, folder := range []string{"models", "serve"} {
		out, err := exec.Command("go", "list", "-deps", module+folder+"/...").Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "apache/beam") {
			t.Errorf("%s links Beam", folder)
		}
	}
}
