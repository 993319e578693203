package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/beamline-go/beamline/internal/houses"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/models"
)

var rewrite = flag.Bool("rewrite", false, "write the golden run again")

const golden = "testdata/houses/golden"

// TestGoldenRun is what "make run" does, held against the files that it wrote
// when they were last looked at, and against the truth.
func TestGoldenRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s := done(t, "run", "testdata/houses/beamline.yaml", "--out", out)
	for _, want := range []string{"What will this house sell for?", "It meets the goal", filepath.Join(out, "report.html")} {
		if !strings.Contains(s.stdout, want) {
			t.Errorf("the summary lacks %q:\n%s", want, s.stdout)
		}
	}
	for _, name := range []string{"run.json", "schema.yaml", "profile.json", "anomalies.jsonl", "rejects.jsonl", "changes.csv", "clean.parquet",
		"model/manifest.json", "metrics.json", "predictions.csv", "report.html"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	r := readRun(t, out)
	if r.Rows.Trained != 1500 || r.Rows.Scored != 504 || r.Rows.Duplicate != 11 || r.Met == nil || !*r.Met {
		t.Errorf("%+v", r)
	}
	checkLedger(t, out)
	checkPredictions(t, out)
	checkParquet(t, out, int(r.Rows.Trained))
	checkGolden(t, out)
}

func readCSV(t *testing.T, path ...string) [][]string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// checkLedger holds the ledger against the dirt that was put in: nothing that
// was clean is changed, and of each kind that there is a rule for, all is found.
func checkLedger(t *testing.T, out string) {
	dirt := map[string][]string{}
	kinds := map[string]int{}
	for _, d := range readCSV(t, "testdata/houses/train_dirt.csv")[1:] {
		dirt[d[0]+" "+d[1]] = d
		kinds[d[4]]++
	}
	repaired := map[string]int{}
	for _, c := range readCSV(t, out, "changes.csv")[1:] {
		if c[0] != "testdata/houses/train.csv" {
			continue
		}
		d := dirt[c[1]+" "+c[3]]
		if d == nil {
			if c[6] == "missing_token" || duplicateRow(t, c[1]) {
				continue
			}
			t.Errorf("a clean cell was changed: %q", c)
			continue
		}
		repaired[d[4]]++
		if d[4] != "missing_token" && c[5] != d[2] {
			t.Errorf("%q became %q, but was %q", d[3], c[5], d[2])
		}
	}
	for _, kind := range []string{"whitespace", "case", "number", "missing_token", "date"} {
		if repaired[kind] != kinds[kind] || kinds[kind] == 0 {
			t.Errorf("%d of %d cells repaired of the kind %s", repaired[kind], kinds[kind], kind)
		}
	}
}

// duplicateRow reports whether the record is a copy of the one before it, whose
// dirt it has.
func duplicateRow(t *testing.T, row string) bool {
	n, err := strconv.Atoi(row)
	if err != nil {
		t.Fatal(err)
	}
	records := strings.Split(strings.ReplaceAll(string(houses.Files()["train.csv"]), "\r", ""), "\n")
	return n >= 2 && records[n] == records[n-1]
}

// checkPredictions holds the predictions against what the houses sell for.
func checkPredictions(t *testing.T, out string) {
	predicted, truth := readCSV(t, out, "predictions.csv"), readCSV(t, "testdata/houses/test_truth.csv")
	if len(predicted) != len(truth) {
		t.Fatalf("%d lines of predictions, %d of truth", len(predicted), len(truth))
	}
	if got := strings.Join(predicted[0], ","); got != "Id,prediction,lower,upper,model_id" {
		t.Errorf("the header is %s", got)
	}
	sum, inside := 0.0, 0
	number := func(s string) float64 {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	refused := 0
	for i, p := range predicted[1:] {
		if p[1] == "" {
			refused++
			continue
		}
		y := number(truth[i+1][1])
		d := math.Log1p(y) - math.Log1p(number(p[1]))
		sum += d * d
		if number(p[2]) <= y && y <= number(p[3]) {
			inside++
		}
		if p[0] != truth[i+1][0] {
			t.Fatalf("line %d is about %s, not %s", i+2, p[0], truth[i+1][0])
		}
	}
	n := float64(len(predicted) - 1 - refused)
	if refused > 1 {
		t.Errorf("%d records were refused", refused)
	}
	if e := math.Sqrt(sum / n); e > 0.11 {
		t.Errorf("rmsle %.4f on the test table, %v is its noise", e, houses.Noise)
	}
	if c := float64(inside) / n; c < 0.86 || c > 0.94 {
		t.Errorf("intervals of 90 %% hold %.3f", c)
	}
}

func checkParquet(t *testing.T, out string, rows int) {
	f, err := parquetfile.OpenParquetFile(filepath.Join(out, "clean.parquet"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if int(all.NumRows()) != rows || all.Schema().Field(0).Name != "_row" || all.Schema().Field(1).Name != "Id" {
		t.Errorf("%d rows of %v", all.NumRows(), all.Schema())
	}
	at := all.Column(0).Data().Chunk(0).(*array.Int64)
	for i := 1; i < at.Len(); i++ {
		if at.Value(i) <= at.Value(i-1) {
			t.Fatalf("row %d follows row %d", at.Value(i), at.Value(i-1))
		}
	}
}

// checkGolden compares with the golden files. Figures depend on how a machine
// adds and multiplies, so they are those of one architecture.
func checkGolden(t *testing.T, out string) {
	if runtime.GOARCH != "amd64" {
		t.Logf("golden files are not compared on %s", runtime.GOARCH)
		return
	}
	for _, name := range []string{"schema.yaml", "anomalies.jsonl", "rejects.jsonl", "changes.csv", "metrics.json", "predictions.csv"} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(golden, name)
		if *rewrite {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not as it was: compare %s with %s; make golden writes it again", name, filepath.Join(out, name), path)
		}
	}
}

// content reads all files of a folder but run.json, which holds the clock.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		body, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// multiBlock writes a table of several blocks, and a spec that is quick.
func multiBlock(t *testing.T, rows int) (spec string, data string) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "houses.csv")
	if err := os.WriteFile(data, houses.Make(rows, 1, 5, false).CSV(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file(t, "beamline.yaml", fmt.Sprintf(`goal: {target: SalePrice, metric: rmsle}
data: {train: %q, labelled: testdata/houses/holdout.csv, score: testdata/houses/test.csv, key: Id}
models: [ridge, gbdt: {trees: 20, rate: 0.2}, knn]
split: {folds: 3}
`, data)), data
}

func TestSameBytesHoweverItIsRun(t *testing.T) {
	spec, _ := multiBlock(t, 4000)
	var want map[string]string
	for i, how := range [][]string{{"--splits", "1"}, {"--splits", "3"}, {"--splits", "8"}, {"--splits", "64"}, {"--splits", "1"}, {"--runner", "direct"}} {
		if testing.Short() && i > 1 {
			break
		}
		out := filepath.Join(t.TempDir(), "out")
		done(t, append([]string{"run", spec, "--out", out}, how...)...)
		got := content(t, out)
		for name := range got { // the folder's own name is in no file but this
			got[name] = strings.ReplaceAll(got[name], out, "")
		}
		if want == nil {
			want = got
			continue
		}
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%v: %s differs", how, name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v: %d files, not %d", how, len(got), len(want))
		}
	}
}

// TestAloneAsInATable scores each record by itself with models.Load, from several
// goroutines, and asks for the bits that the pipeline wrote.
func TestAloneAsInATable(t *testing.T) {
	spec, _ := multiBlock(t, 600)
	out := filepath.Join(t.TempDir(), "out")
	done(t, "run", spec, "--out", out)
	m, err := models.Load(filepath.Join(out, "model"))
	if err != nil {
		t.Fatal(err)
	}
	records, predicted := readCSV(t, "testdata/houses/test.csv"), readCSV(t, out, "predictions.csv")
	check := func(i int) {
		record := map[string]string{}
		for k, name := range records[0] {
			record[name] = records[i][k]
		}
		p, err := m.Row(record)
		if err != nil {
			t.Error(err)
			return
		}
		for k, got := range []float64{p.Value, p.Lower, p.Upper} {
			if text := predicted[i][k+1]; strconv.FormatFloat(got, 'f', -1, 64) != text && strconv.FormatFloat(got, 'g', -1, 64) != text {
				t.Errorf("record %d alone is %v, in the table %s", i, got, text)
			}
		}
	}
	const callers = 3
	var callersDone sync.WaitGroup
	for first := range callers {
		callersDone.Go(func() {
			for i := 1 + first; i < len(records); i += callers {
				if len(records[i]) == len(records[0]) {
					check(i)
				}
			}
		})
	}
	callersDone.Wait()
}

// BenchmarkRow predicts single records with the ensemble of the golden run's houses.
func BenchmarkRow(b *testing.B) {
	out := filepath.Join(b.TempDir(), "out")
	if text, code := runHere("run testdata/houses/beamline.yaml --quiet --out " + out); code != 0 {
		b.Fatal(text)
	}
	m, err := models.Load(filepath.Join(out, "model"))
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile("testdata/houses/test.csv")
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.Split(strings.ReplaceAll(string(text), "\r", ""), "\n")
	names, cells := strings.Split(lines[0], ","), strings.Split(lines[1], ",")
	record := map[string]string{}
	for k, name := range names {
		record[name] = cells[k]
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Row(record); err != nil {
			b.Fatal(err)
		}
	}
}

// TestShards asks for predictions and the cleaned table in parts, which are the
// whole when they are read one after the other.
func TestShards(t *testing.T) {
	spec, data := multiBlock(t, 3000)
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	done(t, "run", spec, "--out", whole, "--format", "csv")
	done(t, "run", spec, "--out", parts, "--format", "csv", "--shards", "3")
	model := filepath.Join(whole, "model")
	done(t, "score", data, "--model", model, "--out", filepath.Join(whole, "s"))
	done(t, "score", data, "--model", model, "--out", filepath.Join(parts, "s"), "--shards", "3")
	for _, name := range []string{"clean", "s/predictions"} {
		want := readCSV(t, whole, name+".csv")
		var got [][]string
		for k := range 3 {
			some := readCSV(t, parts, fmt.Sprintf("%s-%05d-of-00003.csv", name, k))
			if len(some) < 2 {
				t.Errorf("part %d of %s holds %d lines", k, name, len(some))
			}
			if k > 0 {
				some = some[1:]
			}
			got = append(got, some...)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the parts of %s are not the whole", name)
		}
	}
	// Commands that write tables of other names leave their parts too.
	schema := filepath.Join(whole, "schema.yaml")
	for _, args := range [][]string{{"validate", data, "--schema", schema}, {"dedupe", data}} {
		for _, form := range []string{"csv", "jsonl"} {
			one, three := t.TempDir(), t.TempDir()
			some := append(slices.Clone(args), "--format", form)
			beamline(t, append(some, "--out", filepath.Join(one, "o"))...)
			beamline(t, append(some, "--out", filepath.Join(three, "o"), "--shards", "3")...)
			tables := 0
			for _, name := range []string{outdir.Good(form), outdir.Bad(form), outdir.Survived(form)} {
				if _, err := os.Stat(filepath.Join(one, "o", name)); err != nil {
					continue
				}
				tables++
				lines := 0
				for k := range 3 {
					part, err := os.ReadFile(filepath.Join(three, "o", outdir.Part(name, k, 3)))
					if err != nil {
						t.Errorf("%v: %v", args, err)
					}
					if lines += strings.Count(string(part), "\n"); form == "csv" && k > 0 {
						lines-- // its header
					}
				}
				text, _ := os.ReadFile(filepath.Join(one, "o", name))
				if want := strings.Count(string(text), "\n"); lines != want {
					t.Errorf("%v: the parts of %s have %d lines, and the whole %d", args, name, lines, want)
				}
			}
			if tables == 0 {
				t.Errorf("%v wrote no table", args)
			}
		}
	}
	done(t, "clean", data, "--out", filepath.Join(parts, "c"), "--shards", "2")
	for k := range 2 {
		if _, err := parquetfile.OpenParquetFile(filepath.Join(parts, "c", fmt.Sprintf("clean-%05d-of-00002.parquet", k)), false); err != nil {
			t.Error(err)
		}
	}
}
