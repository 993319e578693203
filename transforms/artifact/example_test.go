package artifact_test

import (
	"context"
	"fmt"
	"os"

	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/artifact/artifacttest"
)

// An artifact is a folder, here or in a bucket; what is read back is the same model.
func Example() {
	m, err := artifacttest.Prices()
	check(err)
	dir, err := os.MkdirTemp("", "artifact-*")
	check(err)
	defer os.RemoveAll(dir)

	check(artifact.Save(context.Background(), dir, m))
	back, err := artifact.Load(context.Background(), dir)
	check(err)
	fmt.Println(back.Name(), back.Goal.Target, back.Rows)
	// Output: ridge price 40
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
