package dedupe

import (
	"github.com/beamline-go/beamline/internal/wire"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeFound(v Found) ([]byte, error) { return wire.Encode(v) }

func decodeFound(data []byte) (Found, error) { return wire.Decode[Found](data) }
