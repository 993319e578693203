package cleaning

import (
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/wire"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeTally(v tally.Tally) ([]byte, error) { return wire.Encode(v) }

func decodeTally(data []byte) (tally.Tally, error) { return wire.Decode[tally.Tally](data) }
