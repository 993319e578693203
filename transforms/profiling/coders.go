package profiling

import (
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/wire"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodePart(v Part) ([]byte, error) { return wire.Encode(v) }

func decodePart(data []byte) (Part, error) { return wire.Decode[Part](data) }

func encodeTable(v profile.Table) ([]byte, error) { return wire.Encode(v) }

func decodeTable(data []byte) (profile.Table, error) { return wire.Decode[profile.Table](data) }
