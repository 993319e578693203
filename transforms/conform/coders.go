package conform

import (
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/transforms/beamtable"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeTally(v tally.Tally) ([]byte, error) { return beamtable.Encode(v) }

func decodeTally(data []byte) (tally.Tally, error) { return beamtable.Decode[tally.Tally](data) }
