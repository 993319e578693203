package main

import (
	"os"
	"testing"
)

// TestRealPublished holds cleaning to what it may change in tables as people publish
// them, and to what it finds of others' typos, on the tables that nothing was learned
// from.
func TestRealPublished(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" || testing.Short() {
		t.Skip("BEAMLINE_DATA is not set, or the test is to be short")
	}
	h, err := publishedRight(data, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("of %d cells in %d right tables %d are replaced: %v", h.cells, h.tables, h.replaced, h.list)
	if share(h.replaced, h.cells) > 0.0001 {
		t.Errorf("%d of %d right cells are replaced", h.replaced, h.cells)
	}
	s, err := typoTables(data, false)
	if err != nil {
		t.Fatal(err)
	}
	precision, recall, macro := share(s.right, s.changed), share(s.right, s.errors), s.macro
	t.Logf("typos: P %.4f, R %.3f, macro F1 %.3f", precision, recall, macro)
	if precision < 0.98 || recall < 0.55 || macro < 0.68 {
		t.Errorf("typos: P %.4f, R %.3f, macro F1 %.3f", precision, recall, macro)
	}
}
