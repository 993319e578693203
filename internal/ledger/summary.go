package ledger

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// Summary is what a rule did in a column.
type Summary struct {
	Rule, Column string
	Cells        int
	Examples     [][2]string // cells before and after
	// Told says that the rule is sure of no cell: it tells of numbers, the least and the
	// largest of which are here, and of none says what it should be.
	Told      bool
	Low, High float64
}

const summaryExamples = 3

// leastFields is how many fields a line of the ledger has, at least.
const leastFields = 8

// Summarize reads a ledger and tells what each rule did in each column, the
// largest number of changes first.
func Summarize(text io.Reader) ([]Summary, error) {
	r := csv.NewReader(text)
	r.ReuseRecord = true
	r.FieldsPerRecord = -1 // proposals have a column more
	type place struct{ rule, column string }
	index := map[place]int{}
	var out []Summary
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		if first {
			continue // the header
		}
		if len(record) < leastFields {
			return nil, fmt.Errorf("ledger: a line of %d fields", len(record))
		}
		at := place{record[6], record[3]}
		i, ok := index[at]
		if !ok {
			i = len(out)
			index[place{strings.Clone(at.rule), strings.Clone(at.column)}] = i
			out = append(out, Summary{Rule: strings.Clone(at.rule), Column: strings.Clone(at.column), Told: true, Low: math.Inf(1), High: math.Inf(-1)})
		}
		s := &out[i]
		s.Cells++
		if x, ok := number.Parse(record[4]); ok && record[7] == "" {
			s.Low, s.High = min(s.Low, x), max(s.High, x)
		} else {
			s.Told = false
		}
		example := [2]string{record[4], record[5]}
		if len(s.Examples) < summaryExamples && !slices.Contains(s.Examples, example) {
			s.Examples = append(s.Examples, [2]string{strings.Clone(example[0]), strings.Clone(example[1])})
		}
	}
	slices.SortStableFunc(out, func(a, b Summary) int {
		return cmp.Or(cmp.Compare(b.Cells, a.Cells), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Column, b.Column))
	})
	return out, nil
}
