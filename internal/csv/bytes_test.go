package csv

import (
	"slices"
	"testing"
)

func TestTextRecord(t *testing.T) {
	rows := [][]string{{"1", "a,b"}, {"", "\"c\""}}
	columns, got := TextRows(TextRecord([]string{"n", "text"}, rows...))
	if !slices.Equal(columns, []string{"n", "text"}) || !slices.EqualFunc(got, rows, slices.Equal) {
		t.Errorf("%q %q", columns, got)
	}
}
