package clean

import (
	"regexp"
	"strconv"
	"strings"
)

// durations writes lengths of time in hours and minutes as minutes, or the other
// way round, where the column has a leading layout.
var durations = cellRule("duration", learnDurations, func(s span) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		minutes, form, ok := readSpan(cell)
		if !ok || form == s.Form {
			return "", 0, false
		}
		if n := strings.Count(s.Form, "#"); n != 1 {
			return "", 0, false
		}
		return strings.Replace(s.Form, "#", strconv.Itoa(minutes), 1), precisionOf("duration"), true
	}, nil
})

// span is how a column writes lengths of time: "# min".
type span struct {
	Form string `json:"form"`
}

const leadingSpanShare = 0.7

var (
	minutesOnly = regexp.MustCompile(`^([0-9]{1,4})(\s*)(m|min|mins|min\.|minutes)$`)
	hoursToo    = regexp.MustCompile(`^([0-9]{1,2})\s*(?:h|hr|hrs|hr\.|hrs\.|hour|hours)(?:[\s,]*([0-9]{1,2})\s*(?:m|min|mins|min\.|mins\.|minute|minutes))?$`)
)

// readSpan returns the minutes of a length of time and its form, with a # for
// the number of minutes where it has only those.
func readSpan(cell string) (minutes int, form string, ok bool) {
	if len(cell) > 32 || cell == "" || cell[0]-'0' >= 10 {
		return 0, "", false
	}
	low := strings.ToLower(cell)
	if m := minutesOnly.FindStringSubmatch(low); m != nil {
		minutes, _ = strconv.Atoi(m[1])
		return minutes, "#" + cell[len(m[1]):], true
	}
	if m := hoursToo.FindStringSubmatch(low); m != nil {
		hours, _ := strconv.Atoi(m[1])
		rest, _ := strconv.Atoi(m[2])
		return 60*hours + rest, "h", rest < 60
	}
	return 0, "", false
}

func learnDurations(c *Column) *span {
	if c.Type.Numeric() || c.Type.Temporal() {
		return nil
	}
	forms := map[string]int{}
	n, all := 0, 0
	for v := range c.Present() {
		all += v.Count
		if _, form, ok := readSpan(v.Text); ok {
			n += v.Count
			forms[form] += v.Count
		}
	}
	delete(forms, "h") // those are what is changed
	lead := leading(forms)
	if lead == "" || float64(n) < numberShare*float64(all) || float64(forms[lead]) < leadingSpanShare*float64(all) {
		return nil
	}
	return &span{lead}
}
