// Package catalogue lists the kinds of models: those that can be learned, and what
// reads them from an artifact.
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

// Kinds lists every kind of model that an artifact can have, in the order in which
// reports name them. Those that are learners too can be fitted.
var Kinds = []learn.Loader{
	linear.New(linear.Ridge),
	linear.New(linear.Lasso),
	trees.NewBoosting(trees.Slow),
	trees.NewBoosting(trees.Wide),
	trees.Forest{},
	trees.Single{},
	neighbours.Learner{},
	bayes.Learner{},
}

// Learners are the kinds that can be fitted.
func Learners() (all []learn.Learner) {
	for _, k := range Kinds {
		if l, ok := k.(learn.Learner); ok {
			all = append(all, l)
		}
	}
	return all
}

// Names lists the names of the learners.
func Names() (names []string) {
	for _, l := range Learners() {
		names = append(names, l.Name())
	}
	return names
}

// Loader returns what reads the models of that name.
func Loader(name string) (learn.Loader, error) {
	for _, k := range Kinds {
		if k.Name() == name {
			return k, nil
		}
	}
	return nil, fault.Usagef("models: the artifact has a model of the kind %q, which this version does not know", name)
}

// Find returns the learner of that name.
func Find(name string) (learn.Learner, error) {
	for _, l := range Learners() {
		if l.Name() == name {
			return l, nil
		}
	}
	if name == "neural" {
		return nil, fault.Usagef("models: neural networks are not there yet; one of %s", fault.Few(Names()))
	}
	return nil, fault.Usagef("models: unknown model %q%s", name, fault.Hint(name, Names(), ""))
}

// For returns the learners that are tried when none are named: those that can
// predict that many classes, 0 for a quantity, and have something of their own
// to say about that many rows.
func For(rows, classes int) []learn.Learner {
	return slices.DeleteFunc(Learners(), func(l learn.Learner) bool {
		return !l.Fits(classes) || rows > trees.LargeRows && l.Name() == trees.Wide
	})
}
