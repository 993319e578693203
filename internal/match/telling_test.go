package match

import (
	"fmt"
	"slices"
	"testing"
)

func TestMostTelling(t *testing.T) {
	columns := [][]string{{}, {}, {}, {}, {}}
	for i := range 300 {
		columns[0] = append(columns[0], "same")
		columns[1] = append(columns[1], fmt.Sprint(i))
		columns[2] = append(columns[2], fmt.Sprint(i%2))
		columns[3] = append(columns[3], map[bool]string{true: fmt.Sprint(i)}[i%20 == 0]) // mostly empty
		columns[4] = append(columns[4], fmt.Sprint(i%90))
	}
	if got := MostTelling(columns, 2); !slices.Equal(got, []int{1, 4}) {
		t.Errorf("columns %v tell the most, not 1 and 4", got)
	}
	if got := MostTelling(columns, 9); len(got) != 5 {
		t.Errorf("of five columns %v are taken", got)
	}
}
