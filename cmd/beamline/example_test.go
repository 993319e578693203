package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// columnsCommand is the command of this example: it names the columns of a table. It
// stands for a file of its own, with one word in commands.
var columnsCommand = command{
	name: "columns", args: "DATA...", short: "the names of the columns",
	examples: []string{"beamline columns houses.csv"},
	flags:    []string{"delimiter", "no-header"},
	do: func(ctx context.Context, o *options, args []string) error {
		t, err := tableio.Open(ctx, args, csv.Settings{Delimiter: o.delimiter}, nil, "")
		if err == nil {
			fmt.Fprintln(o.stdout, t.Columns)
		}
		return err
	},
}

func Example_command() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "houses.csv")
	if err := os.WriteFile(path, []byte("town,price\nOslo,1\nBergen,2\n"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	k := columnsCommand.cobra(&options{stdout: &screen{File: os.Stdout}})
	k.SetArgs([]string{path})
	fmt.Println(k.Execute())
	k.SilenceErrors, k.SilenceUsage = true, true
	k.SetArgs([]string{path, "--target", "price"})
	fmt.Println(k.Execute())
	// Output:
	// [town price]
	// <nil>
	// unknown flag: --target
}
