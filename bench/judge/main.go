// Command judge makes internal/clean/judge.json: the weights by which cleaning
// tells slips from values of their own. It learns from tables that are right: what
// looks like a slip there is none, and slips put into copies of them are.
//
//	go run ./bench/judge -tables FOLDER -out internal/clean/judge.json
//
// With -pairs it makes internal/clean/precision.json instead: how often the changes of each
// rule are right, of tables with known errors (folders with dirty.csv and clean.csv), and of
// copies of those tables in which some cells are written in other forms.
//
// Tables are divided by a hash of their names (package splits); only those for
// developing are used, so that the others can measure. It takes half a minute, and some
// minutes with -pairs.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
)

func main() {
	tables := flag.String("tables", "", "folder of CSV files that are right")
	pairs := flag.String("pairs", "", "folder of folders with dirty.csv and clean.csv")
	out := flag.String("out", "", "file to write; the one of internal/clean when left out")
	flag.Parse()
	do := func() error { return run(*tables, cmp.Or(*out, "internal/clean/judge.json")) }
	if *pairs != "" {
		do = func() error { return forms(*tables, *pairs, cmp.Or(*out, "internal/clean/precision.json")) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}
