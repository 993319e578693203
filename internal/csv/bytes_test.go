package csv

import (
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/vector"
)

func TestTextRecord(t *testing.T) {
	rows := [][]string{{"1", "a,b"}, {"", "\"c\""}}
	columns, got := vector.Rows(vector.Record([]string{"n", "text"}, rows...))
	if !slices.Equal(columns, []string{"n", "text"}) || !slices.EqualFunc(got, rows, slices.Equal) {
		t.Errorf("%q %q", columns, got)
	}
}
