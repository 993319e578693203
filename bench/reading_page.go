package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// readResult is what a reader printed.
type readResult struct {
	Wall, CPU, Peak float64
	Rows            int64
	Sums            []float64
}

// readerRun is a reader with its settings.
type readerRun struct {
	name    string
	threads int
	keep    bool
	peer    bool   // it is a tool of Python
	how     string // of beamline and its kin, or the tool
	env     string
	all     []readResult
}

// reading measures readers on the generated tables, each in a process of its own, one
// after the other and then all over again.
func (b *bench) reading() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, t := range readingTables {
		path := filepath.Join(b.dir, t.name+".csv")
		if err := writeReadingTable(path, t); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		b.say("\n## Reading a %s table of %d records, %d columns, %.0f MB into typed batches and eight aggregates\n", t.name, t.rows, len(t.columns), float64(info.Size())/1e6)
		b.say("All give the same aggregates. Kept holds the whole table before they are computed. CPU is user and system seconds; ratios are of it. " +
			"Without AVX2 is the same program with GODEBUG=cpu.avx2=off; DuckDB and Polars pass over the columns without an aggregate, encoding/csv makes no values.\n")
		for _, keep := range []bool{false, true} {
			for _, threads := range []int{1, 2} {
				if err := b.readers(self, path, t, keep, threads); err != nil {
					return err
				}
			}
		}
		if t.name == "mixed" && b.peers != "" {
			if err := b.parquet(self, path, t); err != nil {
				return err
			}
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return b.huge(self)
}

// readers measures all readers in one setting.
func (b *bench) readers(self, path string, t readingTable, keep bool, threads int) error {
	runs := []*readerRun{{name: "beamline", how: "beamline"}, {name: "beamline without AVX2", how: "beamline", env: "GODEBUG=cpu.avx2=off"}}
	if !keep {
		runs = append(runs, &readerRun{name: "beamline, hashing the file too", how: "hash"}, &readerRun{name: "beamline in a pipeline on prism", how: "prism"})
	}
	if b.peers != "" {
		for _, p := range []string{"pyarrow", "duckdb", "polars"} {
			runs = append(runs, &readerRun{name: p, how: p, peer: true})
		}
	}
	if threads == 1 && !keep {
		runs = append(runs, &readerRun{name: "arrow-go", how: "arrow-go"}, &readerRun{name: "encoding/csv", how: "encoding/csv"})
	}
	for range b.runs {
		for _, r := range runs {
			r.threads, r.keep = threads, keep
			got, err := b.readOnce(self, path, t, r)
			if err != nil {
				return err
			}
			if len(r.all) == 0 && len(got.Sums) > 0 && len(runs[0].all) > 0 && !sameSums(got.Sums, runs[0].all[0].Sums) {
				return fmt.Errorf("%s has %v, beamline %v", r.name, got.Sums, runs[0].all[0].Sums)
			}
			r.all = append(r.all, got)
		}
	}
	b.compare(fmt.Sprintf("%s, %d thread(s)", map[bool]string{false: "streaming", true: "kept"}[keep], threads), runs)
	return nil
}

// compare writes the medians, and how much more than beamline each took.
func (b *bench) compare(title string, runs []*readerRun) {
	b.say("| %s | CPU seconds | seconds | peak MB | CPU over beamline's |\n|---|---|---|---|---|", title)
	first := 0.0
	for i, r := range runs {
		cpu := r.median(func(x readResult) float64 { return x.CPU })
		if i == 0 {
			first = cpu
		}
		b.say("| %s | %.3f | %.3f | %.0f | %.2f |", r.name, cpu, r.median(func(x readResult) float64 { return x.Wall }), r.median(func(x readResult) float64 { return x.Peak }), cpu/first)
	}
	b.say("")
}

func (r *readerRun) median(of func(readResult) float64) float64 {
	slices.SortFunc(r.all, func(x, y readResult) int { return cmp.Compare(of(x), of(y)) })
	return of(r.all[len(r.all)/2])
}

func sameSums(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 1e-9*math.Abs(y) })
}

// readOnce runs a reader.
func (b *bench) readOnce(self, path string, t readingTable, r *readerRun) (readResult, error) {
	var types []string
	for _, c := range t.columns {
		types = append(types, c.Name+":"+string(c.Type))
	}
	how := map[bool]string{false: "stream", true: "keep"}[r.keep]
	args := []string{self, "read", "-how", r.how, "-table", t.name, "-threads", strconv.Itoa(r.threads), "-keep=" + strconv.FormatBool(r.keep), path}
	if r.peer {
		args = []string{b.peers, "bench/readers.py", r.how, path, strings.Join(types, ","), strconv.Itoa(r.threads), how}
	}
	var env []string
	if r.env != "" {
		env = append(env, r.env)
	}
	var out readResult
	err := told(&out, env, args...)
	return out, err
}

// parquet measures two of the ten columns, of the table as Parquet.
func (b *bench) parquet(self, path string, t readingTable) error {
	file := strings.TrimSuffix(path, ".csv") + ".parquet"
	if said, err := exec.Command(b.peers, "bench/readers.py", "write", path, file).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	two := readingTable{name: "two", rows: t.rows, columns: t.columns[1:3]}
	runs := []*readerRun{{name: "beamline", how: "parquet", threads: 1}, {name: "duckdb", how: "duckdb", peer: true, threads: 1}}
	for range max(b.runs, 5) {
		for _, r := range runs {
			got, err := b.readOnce(self, file, two, r)
			if err != nil {
				return err
			}
			r.all = append(r.all, got)
		}
	}
	b.compare("two of ten columns of the mixed table as Parquet, 1 thread", runs)
	return nil
}

// huge reads ten times as many records, for the memory that they take.
func (b *bench) huge(self string) error {
	t := readingTables[0]
	t.rows *= 11
	path := filepath.Join(b.dir, "huge.csv")
	if err := writeReadingTable(path, t); err != nil {
		return err
	}
	defer os.Remove(path)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	b.say("## A mixed table of %d records, %.1f GB\n", t.rows, float64(info.Size())/1e9)
	var runs []*readerRun
	for _, how := range []string{"beamline", "prism"} {
		r := &readerRun{name: map[string]string{"beamline": "beamline", "prism": "beamline in a pipeline on prism"}[how], how: how, threads: 2}
		got, err := b.readOnce(self, path, t, r)
		if err != nil {
			return err
		}
		r.all = append(r.all, got)
		runs = append(runs, r)
	}
	b.compare("streaming, 2 threads", runs)
	return nil
}
