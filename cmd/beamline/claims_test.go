package main

import (
	"os"
	"path/filepath"
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
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range map[string][]byte{"train.csv": table.Train, "held.csv": table.Held} {
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := map[string]claims.Said{}
	for _, args := range [][]string{{"train", at("train.csv"), "--target", "y", "--out", at("m")}, {"evaluate", at("held.csv"), "--model", at("m/model"), "--out", at("e")}} {
		got := beamline(t, append(args, "--quiet")...)
		if got.code == fault.Data {
			t.Skip(got.stderr) // it says why there can't be a model
		}
		if got.code != 0 {
			t.Fatalf("%s: exit %d: %s", args[0], got.code, got.stderr)
		}
		data, err := os.ReadFile(filepath.Join(args[len(args)-1], "metrics.json"))
		if err != nil {
			t.Fatal(err)
		}
		if said[args[0]], err = claims.Read(data); err != nil {
			t.Fatal(err)
		}
	}
	return claims.Judge(table, said["train"], said["evaluate"])
}
