package result_test

import (
	"context"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/transforms/stats"

	"github.com/beamline-go/beamline/transforms/result"
)

func init() { register.Function1x2(total) }

func total(n int) (result.Item, error) { return result.New("total", n) }

// A pipeline that brings a sum back to the program that launched it.
func ExampleLeave() {
	dir, err := os.MkdirTemp("", "result-*")
	check(err)
	defer os.RemoveAll(dir)

	p, s := beam.NewPipelineWithRoot()
	result.Leave(s, dir, beam.ParDo(s, total, stats.Sum(s, beam.Create(s, 1, 2, 3))))
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)
	left, err := result.Read(context.Background(), dir)
	check(err)
	fmt.Println(result.One[int](left, "total"))
	// Output: 6 <nil>
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
