package format

import (
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
