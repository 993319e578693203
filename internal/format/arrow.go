package format

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// Arrow is a file of Arrow's IPC format.
var Arrow = Out{Name: "arrow", NewWriter: func(w io.Writer, columns *arrow.Schema) (Writer, error) {
	return ipc.NewFileWriter(w, ipc.WithSchema(columns))
}}
