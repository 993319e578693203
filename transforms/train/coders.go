package train

import (
	"github.com/beamline-go/beamline/internal/wire"
)

// Beam finds a coder again by the names of its functions, so each element has
// functions of its own.

func encodeFitted(v Fitted) ([]byte, error) { return wire.Encode(v) }

func decodeFitted(data []byte) (Fitted, error) { return wire.Decode[Fitted](data) }

func encodeDecision(v Decision) ([]byte, error) { return wire.Encode(v) }

func decodeDecision(data []byte) (Decision, error) { return wire.Decode[Decision](data) }

func encodeFinished(v Finished) ([]byte, error) { return wire.Encode(v) }

func decodeFinished(data []byte) (Finished, error) { return wire.Decode[Finished](data) }
