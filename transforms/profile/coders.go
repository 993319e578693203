package profile

import (
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/transforms/beamtable"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodePart(v Part) ([]byte, error) { return beamtable.Encode(v) }

func decodePart(data []byte) (Part, error) { return beamtable.Decode[Part](data) }

func encodeTable(v profile.Table) ([]byte, error) { return beamtable.Encode(v) }

func decodeTable(data []byte) (profile.Table, error) { return beamtable.Decode[profile.Table](data) }
