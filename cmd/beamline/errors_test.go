package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// try is something that goes wrong, and what a good error says of it.
type try struct {
	line    string // the command line; FILE=TEXT before it are files, with \n in them
	code    int
	culprit string // what it names
	remedy  string // how it helps: a name that is near, what there is, or what to do
}

// tries are what people do wrong, by kind.
var tries = []try{
	// Names.
	{"prfile flats.csv", 2, `"prfile"`, `"profile"`},
	{"learn flats.csv", 2, `"learn"`, "--help"},
	{"profile flat.csv", 2, "flat.csv", "flats.csv"},
	{"profile nowhere/*.csv", 2, "nowhere/*.csv", "no"},
	{"profile none", 2, "none", "no such file"},
	{"profile empty.d", 2, "empty.d", ".csv"},
	{"train flats.csv --target prise", 2, `"prise"`, `"price"`},
	{"train flats.csv --target cost", 2, `"cost"`, "id, area, colour, price"},
	{"train flats.csv --target Price", 2, `"Price"`, `"price"`},
	{"train flats.csv --target price --key Idd", 2, `"Idd"`, `"id"`},
	{"train flats.csv --target price --models gbtd", 2, `"gbtd"`, `"gbdt"`},
	{"train flats.csv --target price --models neural", 2, "neural", "ridge"},
	{"train flats.csv --target price --metric rsme", 2, `"rsme"`, `"rmse"`},
	{"train flats.csv --target price --metric auc", 2, "auc", "rmse"},
	{"train flats.csv --target colour --metric rmse --models ridge", 2, "rmse", "auc"},
	{"train flats.csv --target price --task classify", 2, `"classify"`, "classification"},
	{"train flats.csv --target colour --positive blu --models ridge", 2, `"blu"`, `"blue"`},
	{"clean flats.csv --format xlsx", 2, `"xlsx"`, "parquet"},
	{"clean flats.csv --rules gone.yaml", 2, "gone.yaml", "no such file"},
	{"clean flats.csv --labels gone.csv", 2, "gone.csv", "no such file"},
	{"profile flats.csv --schema gone.yaml", 2, "gone.yaml", "no such file"},
	{"profile flats.csv --encoding utf9", 2, `"utf9"`, "utf-8"},
	{"profile flats.csv --runner spark", 2, `"spark"`, "direct"},
	{"explain raged", 2, `"raged"`, `"ragged"`},
	{"jobs lst", 2, `"lst"`, `"list"`},
	// Flags.
	{"profile flats.csv --traget price", 2, "--traget", "--target"},
	{"score flats.csv --metric mae", 2, "--metric", "train"},
	{"clean flats.csv --folds 3", 2, "--folds", "train"},
	{"profile flats.csv -z", 2, "-z", "--help"},
	{"train flats.csv --target price --folds three", 2, `"three"`, "whole number"},
	{"train flats.csv --target price --folds 1", 2, "1", "between 2 and 100"},
	{"train flats.csv --target price --confidence 90", 2, "90", "between 0 and 1"},
	{"train flats.csv --target price --seed -1", 2, `"-1"`, "from 0 on"},
	{"train flats.csv --target price --effort high", 2, `"high"`, "quick, normal, thorough"},
	{"train flats.csv --target price --deadline yesterday", 2, "deadline", "5m"},
	{"train flats.csv --target price --require good", 2, `"good"`, "<= 0.13"},
	{"train flats.csv --target price --metric r2 --require '<= 0.9'", 2, "<= 0.9", "more is better"},
	{"score flats.csv --date today", 2, `"today"`, "2026-11-27"},
	{"score flats.csv --resume", 2, "--resume", "--date"},
	{"score flats.csv --fail-on all", 2, `"all"`, "warning, error"},
	{"profile flats.csv --log-format yaml", 2, `"yaml"`, "text, json"},
	{"clean flats.csv --keep-refused", 2, "--keep-refused", "--format csv"},
	{"dedupe flats.csv --threshold 90", 2, "90", "between 0 and 1"},
	{"profile flats.csv --delimiter ;;", 2, `";;"`, "one ASCII character"},
	{"profile flats.csv --delimiter ;", 2, `";"`, "','"},
	{"profile", 2, "no data", "give a file"},
	{"train flats.csv", 2, "target", "--target COLUMN"},
	{"score flats.csv", 2, "out/model", "train one first"},
	{"evaluate flats.csv --model flats.csv", 2, "flats.csv", "--model"},
	{"profile flats.csv --out flats.csv", 2, "flats.csv", "--out"},
	{"profile flats.csv --out theirs.d", 2, "theirs.d", "--out"},
	// Specs.
	{"b.yaml=gaol: {target: price} run b.yaml", 2, `b.yaml:1:1: unknown key "gaol"`, `"goal"`},
	{`b.yaml=goal:\n  target: price\ndata:\n  train: gone.csv run b.yaml`, 2, "b.yaml:4:10: gone.csv", "no such file"},
	{`b.yaml=goal:\n  target: price\ndata:\n  train: flats.csv\n  schema: gone.yaml run b.yaml`, 2, "b.yaml:5:11: gone.yaml", "no such file"},
	{`b.yaml=goal:\n  target: price\n  confidence: 9\ndata: {train: flats.csv} run b.yaml`, 2, "b.yaml:3:15: goal.confidence", "between 0 and 1"},
	{`b.yaml=goal:\n  target: price\ndata: {train: flats.csv}\nsplit: {folds: few} run b.yaml`, 2, "b.yaml:4:16: split.folds", "whole number"},
	{`b.yaml=goal: [price run b.yaml`, 2, "b.yaml:1:7:", "not found"},
	{`b.yaml=goal: {target: price}\ndata: {train: flats.csv}\noutput: {format: xls} run b.yaml`, 2, "b.yaml:3:18: output.format", "parquet"},
	{`s.yaml=columns:\n- {name: area, type: integer} profile flats.csv --schema s.yaml`, 2, "s.yaml", "int64"},
	{`s.yaml=columns:\n- {name: area, layouts: [2006-01-02]} profile flats.csv --schema s.yaml`, 2, "s.yaml", "YYYY-MM-DD"},
	{"run gone.yaml", 2, "gone.yaml", "no such file"},
	{"profile kafka://localhost/flats", 2, "kafka://localhost/flats", "beamline stream"},
	// Data.
	{"e.csv= profile e.csv", 3, "e.csv", "empty"},
	{`e.csv=a,b\n profile e.csv`, 3, "e.csv", "no records"},
	{`e.csv=a,y\n1,2\n2,2\n3,2\n4,2\n train e.csv --target y`, 3, `"y"`, "the same in every record"},
	{`e.csv=a,y\n1,2\n2,3\n train e.csv --target y`, 3, "2 records", "too few"},
	{"train flats.csv --target price --key colour", 3, `"colour"`, "the same key"},
	{`e.jsonl={"a": 1}\n profile e.jsonl --encoding latin1`, 2, "e.jsonl", "encoding is a setting of delimited text"},
}

// goWords are those of a programmer, which reach nobody.
var goWords = regexp.MustCompile(`strconv|json:|(?:^|[^.\w])yaml:|invalid syntax|goroutine|nil |0x[0-9a-f]+|\[".*" ".*"\]|unsupported|unmarshal|%!|panic`)

// TestErrors grades errors from 1 to 5: a point each for the exit code, for a single line (but
// for the line of a spec below it), for what is wrong by name, for what helps, and for words
// that a person knows. They are 4.5 in the mean, and none is below 4.
func TestErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(60))
	for _, dir := range []string{"empty.d", "theirs.d"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "theirs.d/letter.txt", "x")
	sum := 0
	for _, x := range tries {
		line := x.line
		if name, rest, ok := strings.Cut(line, "="); ok && strings.Contains(name, ".") && !strings.Contains(name, " ") {
			at := strings.LastIndex(rest, " run b.yaml")
			for _, command := range []string{" profile ", " train "} {
				at = max(at, strings.LastIndex(rest, command))
			}
			write(t, name, strings.ReplaceAll(rest[:at], `\n`, "\n"))
			line = rest[at+1:]
		}
		s := beamline(t, words(line)...)
		said := strings.TrimSpace(s.stderr)
		grade, lacks := 0, []string{}
		point := func(ok bool, what string) {
			if ok {
				grade++
			} else {
				lacks = append(lacks, what)
			}
		}
		first, more, _ := strings.Cut(said, "\n")
		point(int(s.code) == x.code, fmt.Sprintf("the exit code %d", x.code))
		point(more == "" || strings.Contains(first, ".yaml:") && !strings.Contains(more, "\n"), "a single line")
		point(strings.Contains(first, x.culprit), "the name of what is wrong, "+x.culprit)
		point(strings.Contains(first, x.remedy), "what helps, "+x.remedy)
		point(!goWords.MatchString(said), "words that a person knows")
		sum += grade
		if grade < 4 {
			t.Errorf("%d: beamline %s\nexit %d: %s\nit lacks %s", grade, line, s.code, said, strings.Join(lacks, "; "))
		} else if grade < 5 {
			t.Logf("%d: beamline %s\nexit %d: %s\nit lacks %s", grade, line, s.code, said, strings.Join(lacks, "; "))
		}
	}
	mean := float64(sum) / float64(len(tries))
	t.Logf("%d tries, %.2f in the mean", len(tries), mean)
	if mean < 4.5 {
		t.Errorf("errors are graded %.2f in the mean", mean)
	}
}
