package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// manyRows is how many records the longest table has, and fewRows the one beside which it is
// held.
const (
	fewRows  = 1_000_000
	manyRows = 100_000_000
)

// writeVisits writes a table of visits: a key, an amount, a city, a day and a count. One
// cell in some hundred is to be cleaned.
func writeVisits(path string, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	rng := rand.New(rand.NewPCG(1, 3))
	var lines []string
	for range 100_000 {
		amount, city := fmt.Sprintf("%.2f", 1+998*rng.Float64()), cities[rng.IntN(len(cities))]
		switch rng.IntN(200) {
		case 0:
			amount = "n/a"
		case 1:
			city = strings.ToLower(city) + " "
		}
		lines = append(lines, fmt.Sprintf(",%s,%s,2024-%02d-%02d,%d\n", amount, city, 1+rng.IntN(12), 1+rng.IntN(28), rng.IntN(50)))
	}
	fmt.Fprintln(w, "id,amount,city,day,visits")
	const stride = 7919 // no divisor of the lines
	for i := range rows {
		fmt.Fprint(w, i, lines[i*stride%len(lines)])
	}
	return w.Flush()
}

// rows measures how time and memory grow from a million records to a hundred millions.
func (b *bench) rows() error {
	dir := func(name string) string { return filepath.Join(b.dir, name) }
	if err := writeVisits(dir("some.csv"), 20_000); err != nil {
		return err
	}
	if _, err := once("train", dir("some.csv"), "--target", "visits", "--key", "id", "--models", "ridge", "--quiet", "--out", dir("visits")); err != nil {
		return err
	}
	tables := []struct {
		rows int
		name string
	}{{fewRows, dir("few.csv")}, {manyRows, dir("many.csv")}}
	for _, t := range tables {
		if err := writeVisits(t.name, t.rows); err != nil {
			return err
		}
		defer os.Remove(t.name)
	}
	b.say("## %d million records of 5 columns, beside %d million\n", manyRows/1_000_000, fewRows/1_000_000)
	b.say("Each command once, into CSV. A ratio is that of the CPU seconds of a record.\n")
	b.say("| command | runner | seconds | CPU seconds | peak MB | of the few: CPU seconds | peak MB | ratio |\n|---|---|---|---|---|---|---|---|")
	for _, command := range []string{"profile", "clean --format csv", "score --model " + filepath.Join(dir("visits"), "model")} {
		for _, runner := range []string{"direct", "prism"} {
			var took [2]measured
			for i, t := range tables {
				out := dir("out")
				args := append(strings.Fields(command), t.name, "--key", "id", "--quiet", "--runner", runner, "--out", out)
				var err error
				if took[i], err = once(args...); err != nil {
					return err
				}
				if err := os.RemoveAll(out); err != nil {
					return err
				}
			}
			few, many := took[0], took[1]
			name, _, _ := strings.Cut(command, " ")
			b.say("| %s | %s | %.0f | %.0f | %.0f | %.2f | %.0f | %.2f |", name, runner, many.wall, many.cpu, many.peak, few.cpu, few.peak, many.cpu/manyRows/(few.cpu/fewRows))
		}
	}
	b.say("")
	return nil
}
