package tableio_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() { register.Function1x1(inOslo) }

// inOslo keeps the rows of one town.
func inOslo(b table.Batch) table.Batch {
	keep := make([]bool, b.Len())
	for i := range keep {
		keep[i] = b.Text(b.Index("town")).Value(i) == "Oslo"
	}
	return b.Select(keep)
}

// A pipeline that reads a table, keeps some of its rows and writes them in another
// format.
func Example() {
	dir, err := os.MkdirTemp("", "tableio-*")
	check(err)
	defer os.RemoveAll(dir)
	check(os.WriteFile(filepath.Join(dir, "in.csv"), []byte("id;town\n1;Oslo\n2;Bergen\n3;Oslo\n"), 0o600))

	p, s := beam.NewPipelineWithRoot()
	rows, err := tableio.Read(s, filepath.Join(dir, "in.csv"), tableio.ReadOptions{})
	check(err)
	_, err = tableio.Write(s, filepath.Join(dir, "out.jsonl"), beam.ParDo(s, inOslo, rows))
	check(err)
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)

	text, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	check(err)
	fmt.Print(string(text))
	// Output:
	// {"id":"1","town":"Oslo"}
	// {"id":"3","town":"Oslo"}
}

// A pipeline that reads a table of a database, keeps some of its rows and writes them to
// another table, all in one transaction.
func Example_database() {
	dir, err := os.MkdirTemp("", "tableio-*")
	check(err)
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "towns.db")
	db, err := sql.Open("sqlite", file)
	check(err)
	defer db.Close()
	_, err = db.Exec("create table people (id integer primary key, town text); insert into people values (1, 'Oslo'), (2, 'Bergen'), (3, 'Oslo')")
	check(err)

	p, s := beam.NewPipelineWithRoot()
	rows, err := tableio.Read(s, "sqlite:"+file+"?table=people", tableio.ReadOptions{})
	check(err)
	_, err = tableio.Write(s, "sqlite:"+file+"?table=oslo&key=id", beam.ParDo(s, inOslo, rows))
	check(err)
	_, err = beam.Run(context.Background(), "direct", p)
	check(err)

	var n, last int
	check(db.QueryRow("select count(*), max(cast(id as int)) from oslo").Scan(&n, &last))
	fmt.Println(n, last)
	// Output: 2 3
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
