package catalogue

import (
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/models/modeltest"
)

func TestEveryLearnerConforms(t *testing.T) {
	for _, l := range Learners() {
		t.Run(l.Name(), func(t *testing.T) {
			t.Parallel()
			loader, err := Loader(l.Name())
			if err != nil {
				t.Fatal(err)
			}
			modeltest.Conform(t, l, loader)
		})
	}
}

func TestFind(t *testing.T) {
	if _, err := Loader("lazzo"); fault.CodeOf(err) != fault.Usage {
		t.Errorf("a kind that is not there: %v", err)
	}
	for _, name := range []string{"lazzo", "neural", ""} {
		if _, err := Find(name); fault.CodeOf(err) != fault.Usage {
			t.Errorf("Find(%q): %v", name, err)
		}
	}
}
