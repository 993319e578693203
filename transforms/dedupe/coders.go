package dedupe

import (
	"github.com/beamline-go/beamline/transforms/beamtable"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeFound(v Found) ([]byte, error) { return beamtable.Encode(v) }

func decodeFound(data []byte) (Found, error) { return beamtable.Decode[Found](data) }
