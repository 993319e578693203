package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	stdcsv "encoding/csv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	arrowcsv "github.com/apache/arrow-go/v18/arrow/csv"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/files"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/parquetrows"
	"github.com/beamline-go/beamline/table"
)

// aggregate is one number of a column: the sum of whole numbers, mean and standard deviation
// of others, the latest date, the bytes of texts, how many are true. Categorical
// columns have none.
type aggregate struct {
	sum          int64
	n            int
	mean, square float64 // sums of values and of their squares
}

// number is the aggregate as one number, to compare tools by.
func (a aggregate) number(t table.Type) float64 {
	if t == table.Float64 {
		n := float64(a.n)
		return math.Sqrt((a.square - a.mean*a.mean/n) / (n - 1))
	}
	return float64(a.sum)
}

// measuredColumns are the columns that have an aggregate, at most eight.
func measuredColumns(t readingTable) []int {
	var out []int
	for i, c := range t.columns {
		if c.Type != table.Categorical && len(out) < 8 {
			out = append(out, i)
		}
	}
	return out
}

// addRecord adds a batch to the aggregates.
func addRecord(to []aggregate, columns []int, r arrow.RecordBatch) {
	for i, k := range columns {
		a := &to[i]
		switch c := r.Column(k).(type) {
		case *array.Int64:
			for _, v := range c.Int64Values() { // null is 0 there
				a.sum += v
			}
		case *array.Float64:
			a.n += c.Len() - c.NullN()
			for _, v := range c.Float64Values() {
				a.mean += v
				a.square += v * v
			}
		case *array.Date32:
			for _, v := range c.Date32Values() {
				a.sum = max(a.sum, int64(v))
			}
		case *array.Timestamp:
			for _, v := range c.TimestampValues() {
				a.sum = max(a.sum, int64(v))
			}
		case *array.String:
			a.sum += int64(len(c.ValueBytes()))
		case *array.Boolean:
			a.sum += int64(bitutil.CountSetBits(c.Data().Buffers()[1].Bytes(), 0, c.Len()))
		}
	}
}

// merge adds up the aggregates of two parts of a table.
func mergeAggregates(t readingTable, to, from []aggregate) {
	for i, k := range measuredColumns(t) {
		if t.columns[k].Type.Temporal() {
			to[i].sum = max(to[i].sum, from[i].sum)
			continue
		}
		to[i].sum += from[i].sum
		to[i].n += from[i].n
		to[i].mean += from[i].mean
		to[i].square += from[i].square
	}
}

// reading is a way to read a file into aggregates.
type reading func(path string, t readingTable, keep bool, threads int) (rows int64, sums []aggregate, err error)

var readings = map[string]reading{"beamline": readOurs, "arrow-go": readArrowGo, "encoding/csv": readStandard, "prism": readPrism, "hash": readAndHash, "parquet": readParquet}

// readOurs plans the file and reads its blocks.
func readOurs(path string, t readingTable, keep bool, threads int) (int64, []aggregate, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	sample := make([]byte, csv.SampleSize)
	n, err := io.ReadFull(f, sample)
	if err != nil && err != io.ErrUnexpectedEOF {
		return 0, nil, err
	}
	format, err := csv.Detect(sample[:n], n < len(sample), path, csv.Settings{})
	if err != nil {
		return 0, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	plan, err := csv.NewPlan(io.NewSectionReader(f, 0, info.Size()), format.Dialect, grid.BlockSize(info.Size()), format.Start, format.Line)
	if err != nil {
		return 0, nil, err
	}
	columns := measuredColumns(t)
	var next atomic.Int64
	var lock sync.Mutex
	var wg sync.WaitGroup
	sums, rows := make([]aggregate, len(columns)), int64(0)
	for range threads {
		wg.Go(func() {
			r := typedReader(path, t, format, plan, !keep)
			own, read := make([]aggregate, len(columns)), int64(0)
			var kept []arrow.RecordBatch
			for b := int(next.Add(1)) - 1; b < len(plan.Blocks); b = int(next.Add(1)) - 1 {
				batch, berr := r.Block(f, b)
				if berr == nil && len(batch.Odd)+len(batch.Rejects) > 0 {
					berr = fmt.Errorf("%d odd cells, %d rejects", len(batch.Odd), len(batch.Rejects))
				}
				if berr != nil {
					lock.Lock()
					err = berr
					lock.Unlock()
					return
				}
				read += int64(batch.Len())
				if keep {
					kept = append(kept, batch.Record)
				} else {
					addRecord(own, columns, batch.Record)
				}
			}
			for _, k := range kept {
				addRecord(own, columns, k)
			}
			lock.Lock()
			defer lock.Unlock()
			mergeAggregates(t, sums, own)
			rows += read
		})
	}
	wg.Wait()
	return rows, sums, err
}

func typedReader(path string, t readingTable, format csv.Format, plan grid.Plan, reuse bool) *csv.TypedReader {
	r := &csv.TypedReader{Reader: csv.Reader{Dialect: format.Dialect, Plan: plan, Source: path, Width: len(format.Names), KeyCol: -1},
		Columns: t.columns, Dictionary: true, Reuse: reuse}
	for i := range t.columns {
		r.Fields = append(r.Fields, i)
	}
	return r
}

// readArrowGo reads with the CSV reader of arrow-go.
func readArrowGo(path string, t readingTable, keep bool, _ int) (int64, []aggregate, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	fields := make([]arrow.Field, len(t.columns))
	for i, c := range t.columns {
		kind, err := c.Arrow()
		if err != nil {
			return 0, nil, err
		}
		if c.Type == table.Timestamp {
			kind = &arrow.TimestampType{Unit: arrow.Microsecond}
		}
		fields[i] = arrow.Field{Name: c.Name, Type: kind, Nullable: true}
	}
	r := arrowcsv.NewReader(f, arrow.NewSchema(fields, nil), arrowcsv.WithHeader(true), arrowcsv.WithChunk(16<<10), arrowcsv.WithNullReader(false, ""))
	columns := measuredColumns(t)
	sums, rows := make([]aggregate, len(columns)), int64(0)
	var kept []arrow.RecordBatch
	for r.Next() {
		rec := r.RecordBatch()
		rows += rec.NumRows()
		if keep {
			rec.Retain()
			kept = append(kept, rec)
		} else {
			addRecord(sums, columns, rec)
		}
	}
	for _, k := range kept {
		addRecord(sums, columns, k)
	}
	return rows, sums, r.Err()
}

// readAndHash reads as readOurs does, and hashes the file beside it, as a pipeline
// does for run.json.
func readAndHash(path string, t readingTable, keep bool, threads int) (int64, []aggregate, error) {
	hashed := make(chan error, 1)
	go func() {
		_, _, err := files.Path(path).Digest(context.Background())
		hashed <- err
	}()
	rows, sums, err := readOurs(path, t, keep, threads)
	return rows, sums, errors.Join(err, <-hashed)
}

// readParquet reads the columns of a Parquet file.
func readParquet(path string, t readingTable, _ bool, _ int) (int64, []aggregate, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	plan, err := parquetrows.NewPlan(f, info.Size(), path)
	if err != nil {
		return 0, nil, err
	}
	r := parquetrows.TypedReader{Reader: parquetrows.Reader{Plan: plan, Source: path}, Typed: t.columns, Reuse: true}
	columns := measuredColumns(t)
	sums, rows := make([]aggregate, len(columns)), int64(0)
	for b := range plan.Blocks {
		batch, err := r.Block(f, b)
		if err != nil {
			return 0, nil, err
		}
		rows += int64(batch.Len())
		addRecord(sums, columns, batch.Record)
	}
	return rows, sums, nil
}

// readStandard reads records of texts, and makes nothing of them: a lower bound of
// what a reader on top of encoding/csv costs.
func readStandard(path string, _ readingTable, _ bool, _ int) (int64, []aggregate, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	r := stdcsv.NewReader(f)
	r.ReuseRecord = true
	rows := int64(-1)
	for {
		if _, err := r.Read(); err == io.EOF {
			return rows, nil, nil
		} else if err != nil {
			return 0, nil, err
		}
		rows++
	}
}

// readMain measures one way to read in this process, the second time that it is
// done, and prints it as JSON.
func readMain(args []string) error {
	set := flag.NewFlagSet("read", flag.ContinueOnError)
	how, name := set.String("how", "beamline", ""), set.String("table", "mixed", "")
	profile := set.String("cpuprofile", "", "")
	keep, threads, times := set.Bool("keep", false, ""), set.Int("threads", 1, ""), set.Int("times", 2, "")
	if err := set.Parse(args); err != nil {
		return err
	}
	runtime.GOMAXPROCS(*threads)
	t := readingTables[0]
	for _, r := range readingTables {
		if r.name == *name {
			t = r
		}
	}
	if *name == "two" { // of the mixed one, as Parquet
		t.columns = t.columns[1:3]
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	var out struct {
		Wall, CPU, Peak float64
		Rows            int64
		Sums            []float64
	}
	for range *times {
		begun, used := time.Now(), cpuSeconds()
		rows, sums, err := readings[*how](set.Arg(0), t, *keep, *threads)
		if err != nil {
			return err
		}
		out.Wall, out.CPU, out.Rows, out.Sums = time.Since(begun).Seconds(), cpuSeconds()-used, rows, nil
		for i, k := range measuredColumns(t) {
			if i < len(sums) {
				if x := sums[i].number(t.columns[k].Type); !math.IsNaN(x) {
					out.Sums = append(out.Sums, x)
				}
			}
		}
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err
	}
	out.Peak = float64(u.Maxrss) * 1024 / 1e6
	return json.NewEncoder(os.Stdout).Encode(out)
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
