package splits

import (
	"fmt"
	"testing"
)

func TestDeveloping(t *testing.T) {
	n := 0
	for i := range 1000 {
		name := fmt.Sprint("table", i)
		if Developing(name) {
			n++
		}
		if Developing(name) != Developing("some/folder/"+name+".csv") {
			t.Errorf("%s is in another half by its path", name)
		}
	}
	if n < 450 || n > 550 {
		t.Errorf("%d of 1000 are for developing", n)
	}
}
