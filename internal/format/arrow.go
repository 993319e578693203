package format

import (
	"bytes"
	"github.com/beamline-go/beamline/internal/arrowrows"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// Arrow is a file of Arrow's IPC format.
var Arrow = Out{Name: "arrow", NewWriter: func(w io.Writer, columns *arrow.Schema) (Writer, error) {
	return ipc.NewFileWriter(w, ipc.WithSchema(columns))
}}

// ArrowIn reads what Arrow writes, and what others write.
var ArrowIn = In{
	Name: "arrow", Stored: true, Suffixes: []string{".arrow", ".feather"},
	Is: func(sample []byte, _ string) bool { return bytes.HasPrefix(sample, []byte(arrowrows.Magic)) },
	Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
		columns, err := arrowrows.Detect(b.Stored, b.Size, b.Name)
		if err != nil {
			return csv.Format{}, err
		}
		return stored(columns, s, b.Name)
	},
	Plan: func(f Opened) (grid.Plan, error) { return arrowrows.NewPlan(f.Stored, f.Size, f.Name) },
	Reader: func(r Reading) grid.Reader {
		return &arrowrows.Reader{Plan: r.Grid, Source: r.Source, File: r.Input, Columns: r.Columns}
	},
}
