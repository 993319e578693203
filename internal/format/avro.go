package format

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/avrorows"
)

// Avro is an object container file, compressed with deflate.
var Avro = Out{Name: "avro", NewWriter: func(w io.Writer, columns *arrow.Schema) (Writer, error) {
	return avrorows.NewWriter(w, columns)
}}
