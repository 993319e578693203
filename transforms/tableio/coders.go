package tableio

import (
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/wire"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodePlanned(v Planned) ([]byte, error) { return wire.Encode(v) }

func decodePlanned(data []byte) (Planned, error) { return wire.Decode[Planned](data) }

func encodeWritten(v sink.Written) ([]byte, error) { return wire.Encode(v) }

func decodeWritten(data []byte) (sink.Written, error) { return wire.Decode[sink.Written](data) }

func encodeMade(v sink.Made) ([]byte, error) { return wire.Encode(v) }

func decodeMade(data []byte) (sink.Made, error) { return wire.Decode[sink.Made](data) }
