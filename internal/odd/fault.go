package odd

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// Longest is how long one command may take on a table of some hundred rows.
const Longest = 60 * time.Second

// inner are words that a user should never see: of a crash, of Go, of numbers that went
// wrong, of formats that were given too little.
var inner = regexp.MustCompile(`panic|goroutine |runtime error|\.go:\d|nil pointer|index out of range|` +
	`strconv\.|[^.]json: |reflect\.|<nil>|%!|\bEOF\b|\b[a-z]+\.[A-Z]\w+\(|\[\]string|map\[|struct \{|interface \{|beam\.|DoFn|instruction|a fault of its own`)

// exits are the exit codes of the contract that faults of files and command lines have.
var exits = map[int]bool{0: true, 2: true, 3: true, 4: true, 5: true}

// Faults lists what of an answer to a command line may not be.
func Faults(code int, stdout, stderr string, took time.Duration) (out []string) {
	if !exits[code] {
		out = append(out, fmt.Sprintf("exit %d", code))
	}
	if word := inner.FindString(stderr); word != "" {
		out = append(out, fmt.Sprintf("it says %q", word))
	}
	var answer struct {
		OK   *bool
		Exit *int
		Rows *struct{ Read, Used, Refused, Duplicate int }
	}
	switch err := json.Unmarshal([]byte(stdout), &answer); {
	case err != nil:
		out = append(out, "the answer is no JSON: "+err.Error())
	case answer.OK == nil || answer.Exit == nil:
		out = append(out, "the answer lacks ok or exit")
	case *answer.Exit != code || *answer.OK != (code == 0):
		out = append(out, fmt.Sprintf("the answer says exit %d", *answer.Exit))
	case answer.Rows != nil && answer.Rows.Read != answer.Rows.Used+answer.Rows.Refused+answer.Rows.Duplicate:
		out = append(out, fmt.Sprintf("rows don't add up: %+v", *answer.Rows))
	}
	if code != 0 && stderr == "" {
		out = append(out, "it fails and says nothing")
	}
	if took > Longest {
		out = append(out, fmt.Sprintf("it took %v", took.Round(time.Second)))
	}
	return out
}
