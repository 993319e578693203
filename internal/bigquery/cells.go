package bigquery

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/vector"
)

// decode returns the rows of a message, which the schema stands in front of; an emulator
// may have put it there.
func decode(schema, rows []byte, given string) (out arrow.RecordBatch, err error) {
	err = arrowtext.Safely("Arrow", given, func() error {
		first, err := ipc.NewMessageReader(bytes.NewReader(rows)).Message()
		if err != nil {
			return err
		}
		if first.Type() == ipc.MessageSchema {
			schema = nil
		}
		r, err := ipc.NewReader(io.MultiReader(bytes.NewReader(schema), bytes.NewReader(rows)))
		if err != nil {
			return err
		}
		defer r.Release()
		out, err = r.Read()
		if err == nil {
			out.Retain()
		}
		return err
	})
	return out, err
}

// appendTexts appends the cells of a column: decimals without the zeros behind, bytes as
// base64, what has parts as JSON, a null as nothing.
func appendTexts(cells *vector.Text, a arrow.Array) {
	write := arrowtext.Writer(a)
	switch x := a.(type) {
	case *array.Binary:
		write = func(dst []byte, i int) []byte { return base64.StdEncoding.AppendEncode(dst, x.Value(i)) }
	case *array.Decimal128, *array.Decimal256:
		write = func(dst []byte, i int) []byte { return append(dst, trimmed(a.ValueStr(i))...) }
	}
	var cell []byte
	for i := range a.Len() {
		cell = cell[:0]
		if !a.IsNull(i) {
			cell = write(cell, i)
		}
		cells.Append(cell)
	}
}

// trimmed is a decimal without zeros behind.
func trimmed(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
