package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/beamline-go/beamline/table"
)

// readingTable is a generated table that readers are measured on.
type readingTable struct {
	name    string
	rows    int
	columns []table.Column
	write   func(w *bufio.Writer, rng *rand.Rand, i int)
}

func column(name string, t table.Type) table.Column { return table.Column{Name: name, Type: t} }

var readingTables = []readingTable{
	{"mixed", 2_000_000, []table.Column{column("id", table.Int64), column("qty", table.Int64), column("price", table.Float64),
		column("score", table.Float64), column("day", table.Date), column("at", table.Timestamp), column("shop", table.Categorical),
		column("city", table.Categorical), column("note", table.String), column("flag", table.Bool)}, writeMixed},
	{"numeric", 2_200_000, []table.Column{column("a", table.Float64), column("b", table.Float64), column("c", table.Float64), column("d", table.Float64),
		column("e", table.Float64), column("f", table.Float64), column("g", table.Int64), column("h", table.Int64), column("i", table.Int64), column("j", table.Float64)}, writeNumeric},
}

var shopNames = []string{"north", "south", "east", "west", "harbour", "station", "airport", "old town"}

// writeMixed writes numbers, dates and texts, of which 3 in 100 are missing; some
// texts hold delimiters, quotes and line ends.
func writeMixed(w *bufio.Writer, rng *rand.Rand, i int) {
	at := time.Unix(1_500_000_000+rng.Int64N(200_000_000), 0).UTC()
	cells := [10]string{
		strconv.Itoa(i + 1), strconv.Itoa(rng.IntN(1000)), strconv.FormatFloat(rng.Float64()*500, 'f', 2, 64),
		strconv.FormatFloat(rng.NormFloat64(), 'f', 6, 64), at.Format(time.DateOnly), at.Format(time.DateTime),
		shopNames[rng.IntN(len(shopNames))], "city-" + strconv.Itoa(rng.IntN(300)), note(rng), []string{"true", "false"}[rng.IntN(2)],
	}
	for k, c := range cells {
		if k > 0 {
			w.WriteByte(',')
		}
		if k == 0 || rng.IntN(100) >= 3 {
			w.WriteString(c)
		}
	}
	w.WriteByte('\n')
}

func note(rng *rand.Rand) string {
	text := "order " + strconv.FormatUint(rng.Uint64()>>24, 36)
	switch rng.IntN(40) {
	case 0:
		return `"` + text + `, by phone"`
	case 1:
		return "\"" + text + "\nleave at the door\""
	case 2:
		return `"` + text + ` ""urgent"""`
	}
	return text
}

// writeNumeric writes decimals of different lengths and whole numbers.
func writeNumeric(w *bufio.Writer, rng *rand.Rand, i int) {
	fmt.Fprintf(w, "%.6f,%.6f,%.4f,%.2f,%.8f,%.3f,%d,%d,%d,%.6f\n", rng.NormFloat64(), rng.Float64()*1000, rng.NormFloat64()*100,
		rng.Float64()*10000, rng.Float64(), rng.NormFloat64()*10, rng.IntN(100), rng.IntN(1_000_000), i, rng.ExpFloat64())
}

// writeReadingTable writes the table with its header.
func writeReadingTable(path string, t readingTable) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for i, c := range t.columns {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(c.Name)
	}
	w.WriteByte('\n')
	rng := rand.New(rand.NewPCG(41, 42))
	for i := range t.rows {
		t.write(w, rng, i)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
