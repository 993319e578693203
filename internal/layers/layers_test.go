// Package layers holds the test that imports point one way.
package layers

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/beamline-go/beamline/"

// order is from the bottom up; a package imports its own layer and those below.
var order = []string{"table", "internal", "models", "transforms", "pipelines", "cmd", "bench"}

func layer(path string) int {
	top, _, _ := strings.Cut(strings.TrimPrefix(path, module), "/")
	return slices.Index(order, top)
}

func TestImportsPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		for _, imported := range fields[1:] {
			if strings.HasPrefix(imported, module) {
				checked++
				if layer(imported) > layer(fields[0]) {
					t.Errorf("%s imports %s, which is above it", fields[0], imported)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d imports were looked at", checked)
	}
}

func TestModelsLinkNoBeam(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"models").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "apache/beam") {
		t.Error("package models links Beam")
	}
}
