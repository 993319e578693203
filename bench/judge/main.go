// Command judge makes internal/clean/judge.json: the weights by which cleaning
// tells slips from values of their own. It learns from tables that are right: what
// looks like a slip there is none, and slips put into copies of them are.
//
//	go run ./bench/judge -tables FOLDER -out internal/clean/judge.json
//
// Tables are divided by a hash of their names (package splits); only those for
// developing are used, so that the others can measure. It takes half a minute.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	tables := flag.String("tables", "", "folder of CSV files that are right")
	out := flag.String("out", "internal/clean/judge.json", "file to write")
	flag.Parse()
	if err := run(*tables, *out); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}
