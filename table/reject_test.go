package table

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestRejectsKeepTheirBytes writes and reads records that are text and that are none.
func TestRejectsKeepTheirBytes(t *testing.T) {
	for input, want := range map[string]string{"a,b": `"input":"a,b"`, "": `"input":""`, "caf\xe9,1": `"base64":"Y2Fm6Swx"`, "é\x00": `"input":"é\u0000"`} {
		line, err := Reject{Rule: "ragged", Row: 3, Input: input}.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(line), want) || strings.Contains(string(line), "input") == strings.Contains(string(line), "base64") {
			t.Errorf("%q is written as %s", input, line)
		}
		var back Reject
		if err := json.Unmarshal(line, &back); err != nil || back.Input != input || back.Rule != "ragged" || back.Row != 3 {
			t.Errorf("%q is read back as %+v, %v", input, back, err)
		}
	}
}
