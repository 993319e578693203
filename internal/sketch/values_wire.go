package sketch

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
)

func (c Values) wire() wire {
	return wire{Values: c.Top(len(c.entries)), Over: c.Over, Missed: c.Missed, Distinct: c.Distinct}
}

func (c *Values) fromWire(w wire) {
	*c = Values{Over: w.Over, Missed: w.Missed, Distinct: w.Distinct}
	for _, v := range w.Values {
		c.insert(v, Hash(v.Text))
	}
}

// MarshalJSON writes the values, the most frequent first.
func (c Values) MarshalJSON() ([]byte, error) { return json.Marshal(c.wire()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Values) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	c.fromWire(w)
	return nil
}

// GobEncode writes c between workers.
func (c Values) GobEncode() ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(c.wire())
	return b.Bytes(), err
}

// GobDecode reads what GobEncode wrote.
func (c *Values) GobDecode(data []byte) error {
	var w wire
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&w); err != nil {
		return err
	}
	c.fromWire(w)
	return nil
}
