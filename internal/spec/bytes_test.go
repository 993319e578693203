package spec

import "testing"

func TestBytes(t *testing.T) {
	for text, want := range map[string]Bytes{"4GB": 4e9, "512MiB": 512 << 20, "1.5 GB": 15e8, "1TB": 1e12, "4096": 4096, "100KB": 1e5} {
		if got, err := ParseBytes(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "GB", "-1GB", "0", "4 gigs", "1e9GB", "99999999TB", "NaN"} {
		if got, err := ParseBytes(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	s, err := Parse("x.yaml", []byte("limits: {memory: 4GB, columns: 20000, expanded: 1TB}\n"))
	if err != nil || s.Limits.Memory != 4e9 || s.Limits.Expanded != 1e12 || s.Limits.Memory.String() != "4 GB" {
		t.Errorf("%+v, %v", s.Limits, err)
	}
	if _, err := Parse("x.yaml", []byte("limits: {memory: lots}\n")); err == nil || err.Error()[:12] != "x.yaml:1:18:" {
		t.Errorf("%v", err)
	}
}
