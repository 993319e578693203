// Command judge makes internal/clean/judge.json: the weights by which cleaning
// tells slips from values of their own. It learns from tables that are right: what
// looks like a slip there is none, and slips put into copies of them are.
//
//	go run ./bench/judge -tables FOLDER -out internal/clean/judge.json
//
// Tables are divided by a hash of their names (see splits.Developing); only those for
// developing are used, so that the others can measure.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	tables := flag.String("tables", "", "folder of CSV files that are right")
	out := flag.String("out", "internal/clean/judge.json", "file to write")
	right := flag.String("right", "", "")
	typos := flag.String("typos", "", "")
	rules := flag.String("rules", "", "")
	verbose := flag.String("v", "", "")
	flag.Parse()
	if *verbose == "odds" {
		oddsOf(*typos)
		return
	}
	if *verbose == "file" {
		fileOdds(flag.Arg(0))
		return
	}
	if flag.NArg() > 0 {
		var r []string
		if *rules != "" {
			r = strings.Split(*rules, ",")
		}
		pairs(flag.Args(), r, *verbose)
		return
	}
	if *right != "" {
		var r []string
		if *rules != "" {
			r = strings.Split(*rules, ",")
		}
		eval(*right, *typos, r, *verbose)
		return
	}
	if err := run(*tables, *out); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}
