package catalogue

import (
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/models/modeltest"
)

func TestEveryLearnerConforms(t *testing.T) {
	for _, l := range Learners {
		t.Run(l.Name(), func(t *testing.T) {
			t.Parallel()
			modeltest.Conform(t, l)
		})
	}
}

func TestFind(t *testing.T) {
	for _, name := range []string{"lazzo", "neural", ""} {
		if _, err := Find(name); fault.CodeOf(err) != fault.Usage {
			t.Errorf("Find(%q): %v", name, err)
		}
	}
}
