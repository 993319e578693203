package main

import "testing"

func TestReplaced(t *testing.T) {
	old := "# Page\n\ntop\n\n## A\n\n1\n\n## B\n\n2\n"
	got := replaced(old, "# Page\n\nother\n\n## A\n\n3\n\n## C\n\n4\n", "again")
	want := "# Page\n\ntop\n\n## A\n\nagain\n\n3\n\n## C\n\nagain\n\n4\n\n## B\n\n2\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
