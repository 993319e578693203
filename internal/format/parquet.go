package format

import (
	"bytes"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/parquetrows"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// groupRows is how many rows a group of a Parquet file has; they are held in memory.
const groupRows = 128 << 10

// RowColumn is the column of a table that says which record of its source a row was.
const RowColumn = "_row"

// Parquet is compressed with Snappy.
var Parquet = Out{Name: "parquet", NewWriter: func(w io.Writer, columns *arrow.Schema) (Writer, error) {
	f, err := pqarrow.NewFileWriter(columns, w, parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Snappy), parquet.WithMaxRowGroupLength(groupRows),
		parquet.WithDictionaryFor(RowColumn, false), // no number is there twice
		parquet.WithCreatedBy("beamline"),
	), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	return parquetWriter{f}, err
}}

type parquetWriter struct{ *pqarrow.FileWriter }

func (w parquetWriter) Write(r arrow.RecordBatch) error { return w.WriteBuffered(r) }

// ParquetIn reads what Parquet writes, and what others write.
var ParquetIn = In{
	Name: "parquet", Stored: true, Columnar: true, Suffixes: []string{".parquet"},
	Is: func(sample []byte, _ string) bool { return bytes.HasPrefix(sample, []byte(parquetrows.Magic)) },
	Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
		columns, err := parquetrows.Detect(b.Stored, b.Size, b.Name)
		if err != nil {
			return csv.Format{}, err
		}
		return stored(columns, s, b.Name)
	},
	Plan: func(f Opened) (grid.Plan, error) { return parquetrows.NewPlan(f.Stored, f.Size, f.Name) },
	Reader: func(r Reading) grid.Reader {
		return &parquetrows.Reader{Plan: r.Grid, Source: r.Source, File: r.Input, Columns: r.Columns}
	},
	Typed: func(r Reading) grid.Reader {
		text := parquetrows.Reader{Plan: r.Grid, Source: r.Source, File: r.Input, Columns: r.Columns}
		return &parquetrows.TypedReader{Reader: text, Typed: r.Typed, Reuse: true}
	},
}
