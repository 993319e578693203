package houses

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

// CSV writes the table, with lines that end in CRLF and LF in turn, as tables
// that several programs wrote do.
func (t Table) CSV() []byte {
	var b bytes.Buffer
	for i, r := range append([][]string{t.Columns}, t.Records...) {
		w := csv.NewWriter(&b)
		w.UseCRLF = i%5 == 2
		w.Write(r) // to a buffer, which takes everything
		w.Flush()
	}
	return b.Bytes()
}

// DirtCSV lists the cells that are not as they should be.
func (t Table) DirtCSV() []byte {
	rows := [][]string{{"row", "column", "clean", "soiled", "kind"}}
	for _, d := range t.Dirt {
		rows = append(rows, []string{strconv.Itoa(d.Row), d.Column, d.Clean, d.Soiled, d.Kind})
	}
	return plainCSV(rows)
}

// Truth lists what the house of each record sells for.
func (t Table) Truth() []byte {
	rows := [][]string{{"Id", "SalePrice"}}
	for i, p := range t.Prices {
		rows = append(rows, []string{t.Records[i][0], p})
	}
	return plainCSV(rows)
}

func plainCSV(rows [][]string) []byte {
	var b bytes.Buffer
	csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes()
}

// Sizes of the tables in testdata.
const (
	trainRows   = 1500
	holdoutRows = 300
	testRows    = 500
	seed        = 7
)

// Files returns the content of testdata/houses by name.
func Files() map[string][]byte {
	train := Make(trainRows, 1, seed, false)
	held := Make(holdoutRows, 1+trainRows, seed, false)
	test := Make(testRows, 1+trainRows+holdoutRows, seed, false)
	return map[string][]byte{
		"train.csv":      train.CSV(),
		"train_dirt.csv": train.DirtCSV(),
		"holdout.csv":    held.CSV(),
		"test.csv":       test.Without("SalePrice").CSV(),
		"test_truth.csv": test.Truth(),
		"README.md":      []byte(fmt.Sprintf(readme, trainRows, holdoutRows, testRows, Noise)),
	}
}

const readme = `House prices, made by internal/houses ("make testdata" writes them again).

| file | what |
|---|---|
| train.csv | %d houses with their price; with dirt, duplicates and ragged records |
| train_dirt.csv | the cells of train.csv that are not as they should be |
| holdout.csv | %d more, to measure with |
| test.csv | %d more without a price, to predict |
| test_truth.csv | their prices |
| beamline.yaml | what is asked of them |

The noise of the logarithm of a price has a deviation of %v, so no model can have
a smaller rmsle.
`
