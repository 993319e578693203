package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/pipelines/runners"
)

// schemaTopic prints the schema of a spec.
var schemaTopic = command{name: "schema", short: "the JSON schema of a spec, for editors",
	long: `Schema prints the JSON schema of a spec, by which editors complete and check what is
written. Leave it in a file, and name that in the first line of the spec:

    # yaml-language-server: $schema=beamline.schema.json`,
	do: func(_ context.Context, o *options, _ []string) error {
		_, err := fmt.Fprint(o.stdout, schemaText())
		return err
	}}

func schemaText() string {
	body, err := json.MarshalIndent(spec.Schema(specChoices()), "", "  ")
	if err != nil {
		panic(err) // it holds only texts
	}
	return string(body) + "\n"
}

// specChoices are the values of keys that stand in lists elsewhere.
func specChoices() spec.Choices {
	c := spec.Choices{"clean": clean.Names(), "models": catalogue.Names(), "output.format": format.Names(), "runner.name": runners.Names()}
	for _, k := range metrics.Kinds {
		c["goal.metric"] = append(c["goal.metric"], string(k.Name))
	}
	return c
}
