package csv

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestWrittenIsRead writes cells of every kind in every dialect and reads them
// back.
func TestWrittenIsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	alphabet := []rune("ab ,;\t\"'\n\r#\\7é")
	for _, d := range scanDialects {
		if d.Quote == 0 {
			continue // it can't spell a carriage return before a line end
		}
		var text []byte
		var want [][]string
		for range 300 {
			row := make([]string, 3)
			for i := range row {
				cell := make([]rune, rng.IntN(6))
				for k := range cell {
					cell[k] = alphabet[rng.IntN(len(alphabet))]
				}
				row[i] = string(cell)
			}
			want = append(want, row)
			text = AppendRecord(text, row, d)
		}
		if got := readAll(t, text, d, 3, 512); !reflect.DeepEqual(got.Rows, want) || len(got.Rejects) > 0 {
			t.Errorf("%s: %d rows of %d, rejects %v", d, len(got.Rows), len(want), places(got.Rejects))
		}
	}
}
