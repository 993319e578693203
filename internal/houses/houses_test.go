package houses

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata again")

const folder = "../../testdata/houses"

func TestTestdataIsWhatTheGeneratorWrites(t *testing.T) {
	for name, want := range Files() {
		path := filepath.Join(folder, name)
		if *rewrite {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what the generator writes; make testdata", name)
		}
	}
}

func TestDirtIsWhereItSays(t *testing.T) {
	table := Make(2000, 1, 3, false)
	kinds := map[string]int{}
	for _, d := range table.Dirt {
		kinds[d.Kind]++
		r := table.Records[d.Row-1]
		for k, c := range Columns {
			if c == d.Column && r[k] != d.Soiled {
				t.Errorf("%+v, but the cell is %q", d, r[k])
			}
		}
	}
	for _, s := range spoils {
		if kinds[s.kind] == 0 {
			t.Errorf("no cell has dirt of the kind %s", s.kind)
		}
	}
	if len(table.Duplicates) == 0 || len(table.Ragged) == 0 {
		t.Errorf("%d duplicates, %d ragged records", len(table.Duplicates), len(table.Ragged))
	}
	if clean := Make(2000, 1, 3, true); len(clean.Dirt)+len(clean.Ragged)+len(clean.Duplicates) > 0 {
		t.Errorf("a clean table has dirt")
	}
}
