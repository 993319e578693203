package tableio

import (
	"github.com/beamline-go/beamline/transforms/beamtable"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodePlanned(v Planned) ([]byte, error) { return beamtable.Encode(v) }

func decodePlanned(data []byte) (Planned, error) { return beamtable.Decode[Planned](data) }
