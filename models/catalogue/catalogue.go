// Package catalogue lists the learners.
package catalogue

import (
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/models/bayes"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/linear"
	"github.com/beamline-go/beamline/models/neighbours"
	"github.com/beamline-go/beamline/models/trees"
)

// Learners lists every learner, in the order in which reports name them.
var Learners = []learn.Learner{
	linear.New(linear.Ridge),
	linear.New(linear.Lasso),
	trees.NewBoosting(trees.Slow),
	trees.NewBoosting(trees.Wide),
	trees.Forest{},
	trees.Single{},
	neighbours.Learner{},
	bayes.Learner{},
}

// Names lists the names of the learners.
func Names() []string {
	names := make([]string, len(Learners))
	for i, l := range Learners {
		names[i] = l.Name()
	}
	return names
}

// Find returns the learner of that name.
func Find(name string) (learn.Learner, error) {
	for _, l := range Learners {
		if l.Name() == name {
			return l, nil
		}
	}
	if name == "neural" {
		return nil, fault.Usagef("models: neural networks are not there yet; one of %v", Names())
	}
	return nil, fault.Usagef("models: unknown model %q%s", name, fault.Hint(name, Names(), ""))
}

// For returns the learners that are tried when none are named: those that can
// predict that many classes, 0 for a quantity, and have something of their own
// to say about that many rows.
func For(rows, classes int) []learn.Learner {
	return slices.DeleteFunc(slices.Clone(Learners), func(l learn.Learner) bool {
		return !l.Fits(classes) || rows > trees.LargeRows && l.Name() == trees.Wide
	})
}
