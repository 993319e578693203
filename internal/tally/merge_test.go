package tally

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/beamline-go/beamline/internal/mergetest"
)

// TestMerge counts rows, refusals, repairs and findings in any order.
func TestMerge(t *testing.T) {
	mergetest.Run(t, 300, mergetest.Accumulator[Tally]{
		Add: func(a *Tally, i int) {
			a.file(i%3, Rows{Read: 2, Used: 1, Refused: 1})
			a.Refuse(fmt.Sprint("rule ", i%4), 1)
			a.Repair(fmt.Sprint("repair ", i%5), int64(i))
			a.Find(Key{Column: fmt.Sprint("c", i%7), Rule: "type"}, 1, fmt.Sprint("seen ", (i*37)%101))
		},
		Merge: func(into *Tally, from Tally) { into.Merge(from) },
		Result: func(a Tally) string {
			body, err := json.Marshal([]any{a.Files, a.Refused, a.Repaired, fmt.Sprint(a.Findings), fmt.Sprint(a.Examples)})
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		},
	})
}
