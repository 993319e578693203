package metrics

import (
	"encoding/json"
	"math"
)

// Value is a measured value, NaN where it is not defined, which JSON writes as null.
type Value float64

// Undefined is the value of what can't be measured.
func Undefined() Value { return Value(math.NaN()) }

// Defined reports whether there is a value.
func (v Value) Defined() bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// MarshalJSON writes null for what is not defined.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads null as what is not defined.
func (v *Value) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*v = Undefined()
		return nil
	}
	return json.Unmarshal(data, (*float64)(v))
}
