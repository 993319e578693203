package models_test

import (
	"context"
	"fmt"
	"os"

	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/artifact/artifacttest"
)

// trained writes the artifact of a model of one column: the price is 1000 for each m2.
func trained() (dir string) {
	m, err := artifacttest.Prices()
	check(err)
	dir, err = os.MkdirTemp("", "model-*")
	check(err)
	check(artifact.Save(context.Background(), dir, m))
	return dir
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A service loads the artifact that a training run wrote, and predicts one record at a
// time.
func ExampleModel_Row() {
	dir := trained()
	defer os.RemoveAll(dir)

	m, err := models.Load(dir)
	check(err)
	p, err := m.Row(map[string]string{"area": "120", "colour": "red"})
	check(err)
	fmt.Printf("%.0f\n", p.Value)
	_, err = m.Row(map[string]string{"colour": "red"})
	fmt.Println(err)
	// Output:
	// 120000
	// required column "area" is missing
}

// Many records at once are a batch of texts; what can't be read is null, and is
// predicted all the same.
func ExampleModel_Batch() {
	dir := trained()
	defer os.RemoveAll(dir)

	m, err := models.Load(dir)
	check(err)
	rows := vector.Record([]string{"id", "area"}, []string{"a", "10"}, []string{"b", "20"})
	scored, err := m.Batch(table.Batch{Source: "request", First: 1, Record: rows})
	check(err)
	for i := range scored.Len() {
		fmt.Printf("%d: %.0f\n", scored.Row(i), scored.Values[i])
	}
	// Output:
	// 1: 10000
	// 2: 20000
}
