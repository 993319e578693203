package main

import (
	"os"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/odd"
)

// TestOdd is the short form of bench/odd: what people bring by mistake is answered with
// an exit code of the contract, JSON, and words of the user's.
func TestOdd(t *testing.T) {
	cases := 12
	if os.Getenv("BEAMLINE_DATA") != "" {
		cases = 60 // where the real data is tried too
	}
	if testing.Short() {
		cases = 3
	}
	for i := range cases {
		c := odd.Make(i, 3)
		t.Run(c.Name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, data := range c.Files {
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range c.Lines {
				begun := time.Now()
				got := beamline(t, args...)
				for _, f := range odd.Faults(int(got.code), got.stdout, got.stderr, time.Since(begun)) {
					t.Errorf("%q: %s\n%s", args, f, got.stderr)
				}
			}
		})
	}
}
