package sink

import (
	"github.com/beamline-go/beamline/transforms/beamtable"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeFragment(v Fragment) ([]byte, error) { return beamtable.Encode(v) }

func decodeFragment(data []byte) (Fragment, error) { return beamtable.Decode[Fragment](data) }

func encodeIndex(v Index) ([]byte, error) { return beamtable.Encode(v) }

func decodeIndex(data []byte) (Index, error) { return beamtable.Decode[Index](data) }

func encodeResult(v Result) ([]byte, error) { return beamtable.Encode(v) }

func decodeResult(data []byte) (Result, error) { return beamtable.Decode[Result](data) }

func encodeJoined(v Joined) ([]byte, error) { return beamtable.Encode(v) }

func decodeJoined(data []byte) (Joined, error) { return beamtable.Decode[Joined](data) }
