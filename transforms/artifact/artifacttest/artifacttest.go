// Package artifacttest makes a small model, for examples and tests.
package artifacttest

import (
	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// Prices is a model of one column: the price is 1000 for each unit of the area.
func Prices() (*models.Model, error) {
	schema := table.Schema{Columns: []table.Column{{Name: "area", Type: table.Float64, Role: table.RoleNumeric, Presence: table.Required},
		{Name: "price", Type: table.Float64, Role: table.RoleTarget, Presence: table.Required}}}
	goal := training.Goal{Target: "price", Metric: "rmse", Confidence: 0.9}
	frame := &features.Frame{N: 40, Columns: []features.Column{{Name: "area"}}}
	data := training.Data{Frame: frame}
	for i := range frame.N {
		frame.Columns[0].Num, data.Y = append(frame.Columns[0].Num, float64(i)), append(data.Y, 1000*float64(i))
	}
	var err error
	if data.Folds, err = training.Deal(training.Split{Folds: 2, Seed: 1}, data.Y, 0, nil, nil, nil); err != nil {
		return nil, err
	}
	ridge, err := training.Candidates([]string{"ridge"}, nil, frame.N, 0, training.Normal)
	if err != nil {
		return nil, err
	}
	fit, err := training.Fit(training.Item{}, ridge[0], data, goal, 1)
	if err != nil {
		return nil, err
	}
	return models.New(goal, schema, clean.Plan{}, ridge, training.Choice{Weights: []float64{1}}, []*training.Result{&fit}, frame.N)
}
