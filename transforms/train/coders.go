package train

import (
	"github.com/beamline-go/beamline/transforms/beamtable"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeFitted(v Fitted) ([]byte, error) { return beamtable.Encode(v) }

func decodeFitted(data []byte) (Fitted, error) { return beamtable.Decode[Fitted](data) }

func encodeDecision(v Decision) ([]byte, error) { return beamtable.Encode(v) }

func decodeDecision(data []byte) (Decision, error) { return beamtable.Decode[Decision](data) }

func encodeFinished(v Finished) ([]byte, error) { return beamtable.Encode(v) }

func decodeFinished(data []byte) (Finished, error) { return beamtable.Decode[Finished](data) }
