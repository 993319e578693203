package cleaning_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() { register.Function1x0(show) }

// show prints the columns of a batch, and what is odd in it.
func show(b table.Batch) {
	for i, c := range b.Record.Columns() {
		fmt.Println(b.Record.ColumnName(i), c)
	}
	for _, o := range b.Odd {
		fmt.Printf("%+v\n", o)
	}
}

// A pipeline that reads texts as a schema says. A cell that is not of its column's type has
// no value.
func ExampleRows() {
	dir, err := os.MkdirTemp("", "cleaning-*")
	check(err)
	defer os.RemoveAll(dir)
	check(os.WriteFile(filepath.Join(dir, "flats.csv"), []byte("town,rooms\nOslo,3\nBergen,many\n"), 0o600))
	known := cleaning.Learned{Schema: table.Schema{Columns: []table.Column{
		{Name: "town", Type: table.String, Role: table.RoleText, Presence: table.Required},
		{Name: "rooms", Type: table.Int64, Role: table.RoleNumeric, Presence: table.Optional}}}}
	check(known.Save(context.Background(), dir))

	p, s := beam.NewPipelineWithRoot()
	texts, err := tableio.Read(s, filepath.Join(dir, "flats.csv"), tableio.ReadOptions{})
	check(err)
	typed, _, _ := cleaning.Rows(s, texts, cleaning.Options{Dir: dir, Columns: []string{"town", "rooms"}})
	beam.ParDo0(s, show, typed)
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)
	// Output:
	// town ["Oslo" "Bergen"]
	// rooms [3 (null)]
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
