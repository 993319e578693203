package main

import (
	"os"
	"path/filepath"
)

// profile describes the columns of the mixed table beside other tools, in turns.
func (b *bench) profile() error {
	t := readingTables[0]
	path := filepath.Join(b.dir, t.name+".csv")
	if err := writeReadingTable(path, t); err != nil {
		return err
	}
	defer os.Remove(path)
	runs := []*readerRun{{name: "beamline profile"}}
	if b.peers != "" {
		runs = append(runs, &readerRun{name: "DuckDB's SUMMARIZE", how: "duckdb", peer: true}, &readerRun{name: "Polars' describe", how: "polars", peer: true})
	}
	for range b.runs {
		for _, r := range runs {
			got, err := b.profileOnce(path, r)
			if err != nil {
				return err
			}
			r.all = append(r.all, got)
		}
	}
	b.say("\n## Describing the columns of a mixed table of %d records, 10 columns\n", t.rows)
	b.say("Beamline is the whole command, its page and its schema among what it writes; of the others it is what comes after they were imported. Polars counts no distinct and no frequent values, DuckDB no frequent ones. Ratios are of medians.\n")
	b.compare("two threads", runs)
	return nil
}

func (b *bench) profileOnce(path string, r *readerRun) (out readResult, err error) {
	if !r.peer {
		m, err := once("profile", path, "--out", filepath.Join(b.dir, "profile"), "--force", "--quiet")
		return readResult{Wall: m.wall, CPU: m.cpu, Peak: m.peak}, err
	}
	err = told(&out, nil, b.peers, "bench/profilers.py", r.how, path)
	return out, err
}
