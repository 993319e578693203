package odd

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// Case is files, and command lines that are run on them one after another, in a folder
// where the files are. Results are to stand in folders of that folder.
type Case struct {
	Name  string
	Files map[string][]byte
	Lines [][]string
}

// Make generates the i-th case of a seed.
func Make(i int, seed uint64) Case {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	kinds, goals := slices.Sorted(maps.Keys(columns)), slices.Sorted(maps.Keys(targets))
	s := draw(r, kinds, goals)
	n := pick(r, []int{0, 1, 2, 3, 5, 9, 15, 40, 40, 80, 80, 150, 150, 300, 300, 300})
	c := Case{
		Name:  fmt.Sprintf("%d: %d rows, target %s, columns %q", i, n, s.kinds[s.target], s.kinds[:min(len(s.kinds), 9)]),
		Files: map[string][]byte{"train.csv": s.table(r, n), "next.csv": s.other(r, kinds).table(r, r.IntN(60)+1)},
	}
	c.Lines = append(c.Lines, append([]string{"train", "train.csv", "--target", s.header[s.target], "--out", "m", "--json"}, flags(r, trains, s)...))
	next := pick(r, []string{"next.csv", "next.csv", "next.csv", "train.csv"})
	c.Lines = append(c.Lines,
		append([]string{"evaluate", next, "--model", "m/model", "--out", "e", "--json"}, flags(r, evaluates, s)...),
		append([]string{"score", next, "--model", "m/model", "--out", "s", "--json"}, flags(r, scores, s)...))
	return c
}

// option is a flag with the values that people give it, right and wrong.
type option struct {
	name   string
	values []string // of none, it has no value
}

var (
	reads = []option{
		{"--delimiter", []string{",", ";", "ab", "", "\\t"}}, {"--quote", []string{"none", "'", "\"", "xx"}}, {"--no-header", nil},
		{"--columns", []string{"a,b,c", "a,a", ""}}, {"--missing", []string{"7", "?,NA", "", "yes"}}, {"--encoding", []string{"utf-8", "latin1", "windows-1252", "klingon"}},
		{"--malformed", []string{"repair", "refuse", "ignore"}}, {"--splits", []string{"3", "0", "-1", "100000"}}, {"--shards", []string{"3", "0", "1.5"}},
		{"--seed", []string{"0", "18446744073709551615", "-1"}}, {"--quiet", nil}, {"--key", []string{"KEY", "c0", "no such", ""}},
	}
	trains = append([]option{
		{"--task", []string{"regression", "classification", "clustering"}},
		{"--metric", []string{"rmse", "rmsle", "mae", "r2", "auc", "logloss", "accuracy", "f1", "rmsel"}},
		{"--folds", []string{"2", "3", "10", "1", "0", "-3", "1000", "x"}}, {"--confidence", []string{"0.8", "0.5", "0.99", "0", "1", "90", "NaN"}},
		{"--models", []string{"ridge", "tree,bayes", "knn", "gbdt", "forest", "logistic", "ridge,ridge", "xgboost", ""}},
		{"--positive", []string{"yes", "1", "no such", ""}}, {"--require", []string{">= 0.5", "<= 0.5", "< 1e9", "0.5", ">= x"}},
		{"--force", nil}, {"--target", []string{"", "no such", "c0"}}, {"--format", []string{"csv", "parquet", "xml"}},
	}, reads...)
	evaluates = append([]option{{"--force", nil}, {"--target", []string{"c0", "no such"}}, {"--model", []string{"m", "nowhere", "train.csv"}}}, reads...)
	scores    = append([]option{{"--format", []string{"csv", "parquet", "jsonl", "avro", "arrow", "xml"}}, {"--model", []string{"m", "nowhere", "train.csv"}}}, reads...)
)

// flags draws a few options with values.
func flags(r *rand.Rand, from []option, s shape) (args []string) {
	for range max(r.IntN(8)-4, 0) {
		o := pick(r, from)
		args = append(args, o.name)
		if o.values == nil {
			continue
		}
		v := pick(r, o.values)
		if v == "KEY" {
			v = pick(r, s.header)
		}
		args = append(args, v)
	}
	return args
}
