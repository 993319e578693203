// Bench measures beamline and, beside it on the same data and folds, other
// tools, and writes bench/results.md. "make bench" runs it.
//
//	bench [-runs N] [-peers PYTHON] [-linkage PYTHON] [-taberr PYTHON] [-append FILE] [-only PART]
//	bench -table FILE [-rows N]
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "read" {
		if err := readMain(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	runs := flag.Int("runs", 3, "how often each command is run; medians are written")
	peers := flag.String("peers", "", "python with the packages of bench/requirements.txt; empty leaves the other tools out")
	table := flag.String("table", "", "only write a table of orders there")
	kind := flag.String("kind", "orders", "orders, mixed or numeric")
	rows := flag.Int("rows", bigRows, "of that table")
	only := flag.String("only", "", "one part, which is measured again while the rest of the page stays: large, rows, reading, profile, databases, cleaning, dedupe, claims, trees, tables or ames")
	linkage := flag.String("linkage", "", "python with the packages of bench/linkage.txt; empty leaves the other finders of duplicates out")
	taberr := flag.String("taberr", "", "python with the packages of bench/taberr.txt; empty leaves its errors out")
	extra := flag.String("append", "", "a file that ends the page, such as what the scale test on Flink wrote")
	flag.Parse()
	for _, r := range readingTables {
		if *table != "" && *kind == r.name {
			if err := writeReadingTable(*table, r); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				os.Exit(1)
			}
			return
		}
	}
	if *table != "" {
		if err := writeTable(*table, *rows); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	b := bench{only: *only, extra: *extra, runs: *runs, peers: *peers, linkage: *linkage, taberr: *taberr, data: os.Getenv("BEAMLINE_DATA")}
	if err := b.all(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

const binary = "bin/beamline"

type bench struct {
	runs    int
	peers   string
	linkage string
	taberr  string
	data    string
	extra   string
	only    string
	dir     string
	page    strings.Builder
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(&b.page, format+"\n", args...) }

func (b *bench) all() error {
	var err error
	if b.dir, err = os.MkdirTemp("", "beamline-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.say("# Measurements\n\nWritten by `make bench`; not edited by hand. Medians of %d runs on %d processors, %s/%s, %s, %s.\n",
		b.runs, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().UTC().Format(time.DateOnly))
	for _, part := range []struct {
		name string
		do   func() error
	}{{"large", b.large}, {"rows", b.rows}, {"reading", b.reading}, {"profile", b.profile}, {"databases", b.databases}, {"cleaning", b.cleaning}, {"dedupe", b.dedupe}, {"claims", b.claims}, {"trees", b.trees}, {"tables", b.tables}, {"ames", b.ames}} {
		if b.only != "" && b.only != part.name {
			continue
		}
		if err := part.do(); err != nil {
			return err
		}
	}
	if b.only != "" {
		return b.again(fmt.Sprintf("Measured again on %s, medians of %d runs.", time.Now().UTC().Format(time.DateOnly), b.runs))
	}
	if b.extra != "" {
		text, err := os.ReadFile(b.extra)
		if err != nil {
			return err
		}
		b.say("\n%s", strings.TrimSpace(string(text)))
	}
	return os.WriteFile(resultsFile, []byte(b.page.String()), 0o644)
}

// large profiles and scores a table of two million records.
func (b *bench) large() error {
	table, some := filepath.Join(b.dir, "orders.csv"), filepath.Join(b.dir, "some.csv")
	if err := writeTable(table, bigRows); err != nil {
		return err
	}
	if err := writeTable(some, 60_000); err != nil {
		return err
	}
	info, err := os.Stat(table)
	if err != nil {
		return err
	}
	b.say("## A table of %d records, %.0f MB, 14 columns\n", bigRows, float64(info.Size())/1e6)
	b.say("| command | seconds | CPU seconds | peak MB | rate |\n|---|---|---|---|---|")
	out := filepath.Join(b.dir, "out")
	m, err := b.times("profile", table, "--out", out+"-profile", "--force", "--quiet")
	if err != nil {
		return err
	}
	b.say("| profile | %.2f | %.2f | %.0f | %.0f MB/s |", m.wall, m.cpu, m.peak, float64(info.Size())/1e6/m.wall)
	train, err := once("train", some, "--target", "price", "--key", "order_id", "--models", "gbdt", "--out", out+"-train", "--quiet")
	if err != nil {
		return err
	}
	b.say("| train `--models gbdt` on 60,000 of them | %.2f | %.2f | %.0f | |", train.wall, train.cpu, train.peak)
	m, err = b.times("score", table, "--model", out+"-train/model", "--out", out+"-score", "--force", "--quiet")
	if err != nil {
		return err
	}
	b.say("| score with intervals | %.2f | %.2f | %.0f | %.0f records/s |\n", m.wall, m.cpu, m.peak, bigRows/m.wall)
	return nil
}

// times runs a command several times and returns the medians.
func (b *bench) times(args ...string) (measured, error) {
	var all []measured
	for range b.runs {
		m, err := once(args...)
		if err != nil {
			return m, err
		}
		all = append(all, m)
	}
	median := func(of func(measured) float64) float64 {
		slices.SortFunc(all, func(x, y measured) int { return cmp.Compare(of(x), of(y)) })
		return of(all[len(all)/2])
	}
	return measured{median(func(m measured) float64 { return m.wall }), median(func(m measured) float64 { return m.cpu }),
		median(func(m measured) float64 { return m.peak })}, nil
}
