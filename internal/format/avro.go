package format

import (
	"bytes"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/avrorows"
)

// Avro is an object container file, compressed with deflate.
var Avro = Out{Name: "avro", NewWriter: func(w io.Writer, columns *arrow.Schema) (Writer, error) {
	return avrorows.NewWriter(w, columns)
}}

// AvroIn reads what Avro writes, and what others write.
var AvroIn = In{
	Name: "avro", Stored: true, Suffixes: []string{".avro"},
	Is: func(sample []byte, _ string) bool { return bytes.HasPrefix(sample, []byte(avrorows.Magic)) },
	Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
		columns, err := avrorows.Detect(b.Stored, b.Size, b.Name)
		if err != nil {
			return csv.Format{}, err
		}
		return stored(columns, s, b.Name)
	},
	Plan: func(f Opened) (grid.Plan, error) { return avrorows.NewPlan(f.Stored, f.Size, f.Name) },
	Reader: func(r Reading) grid.Reader {
		return &avrorows.Reader{Plan: r.Grid, Source: r.Source, File: r.Input, Columns: r.Columns}
	},
}
