package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/beamline-go/beamline/internal/claims"
	"github.com/beamline-go/beamline/internal/fault"
)

// TestRealSimulatedClaims is the short form of the simulator of claims: what training says
// of generated tables is what the artifact does on records that nobody saw.
func TestRealSimulatedClaims(t *testing.T) {
	if testing.Short() || os.Getenv("BEAMLINE_DATA") == "" {
		t.Skip("it trains on 32 tables: a minute, spent where the real data is tried too")
	}
	for i := range 32 {
		table := claims.Make(i, 2, 90, 1500)
		t.Run(table.Name, func(t *testing.T) {
			v := simulate(t, table)
			for _, broken := range v.Broken() {
				t.Errorf("%s: %+v", broken, v)
			}
		})
	}
}

func simulate(t *testing.T, table claims.Table) claims.Verdict {
	t.Helper()
	var got spoken
	v, refused, err := claims.Simulate(t.TempDir(), table, func(args ...string) (bool, error) {
		if got = beamline(t, args...); got.code != 0 && got.code != fault.Data {
			return false, fmt.Errorf("%s: exit %d: %s", args[0], got.code, got.stderr)
		}
		return got.code == fault.Data, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if refused {
		t.Skip("training says why there can't be a model: " + got.stderr)
	}
	return v
}
