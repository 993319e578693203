package clean

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// clockLayout writes times of day in the layout that leads in the column, and
// takes off what stands beside the one time in a cell, such as a date or a
// remark, where the column's custom is the time alone.
var clockLayout = cellRule("clock", learnClocks, func(s clock) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		t, exact, ok := readClock(cell)
		if !ok || exact && t.clock == s {
			return "", 0, false
		}
		if !t.known && s.Half != "" && t.hour <= 12 && t.hour > 0 {
			return "", 0, false // morning or evening?
		}
		if t.clock.Seconds && !s.Seconds && t.second != 0 {
			return "", 0, false
		}
		mended := s.format(t)
		return mended, precisionOf("clock"), mended != cell
	}, nil
})

// clock is how times of day are written.
type clock struct {
	Half    string `json:"half,omitempty"`    // "am", "AM", "a.m." or "A.M."; 24 hours where it is empty
	Space   bool   `json:"space,omitempty"`   // before that
	Padded  bool   `json:"padded,omitempty"`  // 07:05
	Seconds bool   `json:"seconds,omitempty"` // 7:05:00
}

type timeOfDay struct {
	clock
	hour, minute, second int  // the hour of 24, if known
	known                bool // whether it is morning or evening
	widePad              bool // the hour has two digits anyway
}

// Shares of a column's cells by which it is one of times.
const (
	clockShare        = 0.9 // cells with a time in them
	leadingClockShare = 0.7 // cells that are a time in the leading layout
)

var clockPattern = regexp.MustCompile(`(?:^|[^0-9:.])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:(\s?)([aApP]\.?[mM]?\.?))?`)

// readClock finds the one time of day in a cell. exact says that there is
// nothing else in it.
func readClock(cell string) (t timeOfDay, exact, ok bool) {
	if len(cell) > 64 || strings.IndexByte(cell, ':') < 0 {
		return t, false, false
	}
	all := clockPattern.FindAllStringSubmatchIndex(cell, 2)
	if len(all) != 1 {
		return t, false, false
	}
	m := all[0]
	part := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return cell[m[2*i]:m[2*i+1]]
	}
	t.hour, _ = strconv.Atoi(part(1))
	t.minute, _ = strconv.Atoi(part(2))
	t.second, _ = strconv.Atoi(part(3))
	t.Seconds = part(3) != ""
	t.Padded = len(part(1)) == 2
	t.widePad = t.hour >= 10
	half, end := part(5), m[1]
	if half != "" && !halfOf(half, cell[m[11]:]) {
		half, end = "", m[8]
		if end < 0 {
			end = m[10]
		}
	}
	if half != "" {
		if t.hour < 1 || t.hour > 12 {
			return t, false, false
		}
		evening := half[0]|0x20 == 'p'
		t.hour %= 12
		if evening {
			t.hour += 12
		}
		t.known, t.Half, t.Space = true, morning(half), part(4) != ""
	} else if t.hour > 12 || t.hour == 0 {
		t.known = true
	}
	if t.hour > 23 || t.minute > 59 || t.second > 59 {
		return t, false, false
	}
	start := m[2]
	return t, start == 0 && end == len(cell), true
}

// halfOf reports whether a or p behind a time, before rest, says the half of the
// day: "6:41aDec" does, "6:41 and" does not.
func halfOf(half, rest string) bool {
	if len(half) > 1 && (half[len(half)-1] == 'm' || half[len(half)-1] == 'M' || half[len(half)-1] == '.') {
		return rest == "" || rest[0]|0x20 < 'a' || rest[0]|0x20 > 'z'
	}
	return len(half) == 1 && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
}

// morning is the spelling of the morning in the style of half.
func morning(half string) string {
	h := strings.NewReplacer("p", "a", "P", "A").Replace(half)
	switch len(h) {
	case 1:
		return h
	case 2:
		return h
	case 3: // a.m
		return h + "."
	}
	return h
}

func (c clock) format(t timeOfDay) string {
	hour, half := t.hour, ""
	if c.Half != "" {
		half = c.Half
		if hour >= 12 {
			half = strings.NewReplacer("a", "p", "A", "P").Replace(half)
		}
		if hour %= 12; hour == 0 {
			hour = 12
		}
		if c.Space {
			half = " " + half
		}
	}
	width := 1
	if c.Padded {
		width = 2
	}
	s := fmt.Sprintf("%0*d:%02d", width, hour, t.minute)
	if c.Seconds {
		s += fmt.Sprintf(":%02d", t.second)
	}
	return s + half
}

func learnClocks(c *Column) *clock {
	if c.Type.Numeric() || c.Type.Temporal() {
		return nil
	}
	exact := map[clock]int{}
	n, all, padded, unpadded := 0, 0, 0, 0
	for v := range c.Present() {
		all += v.Count
		t, whole, ok := readClock(v.Text)
		if !ok {
			continue
		}
		n += v.Count
		if whole {
			key := t.clock
			if !t.widePad && t.Padded {
				padded += v.Count
			} else if !t.widePad {
				unpadded += v.Count
			}
			key.Padded = false
			exact[key] += v.Count
		}
	}
	if all < 10 || float64(n) < clockShare*float64(all) {
		return nil
	}
	var lead clock
	for k, m := range exact {
		if m > exact[lead] || m == exact[lead] && fmt.Sprint(k) < fmt.Sprint(lead) {
			lead = k
		}
	}
	if float64(exact[lead]) < leadingClockShare*float64(all) {
		return nil
	}
	lead.Padded = padded > unpadded
	return &lead
}

// clockForm tells the cells of a column of times that are written in its leading
// layout; in other columns, all.
func clockForm(c *Column) func(string) bool {
	lead := learnClocks(c)
	if lead == nil {
		return func(string) bool { return true }
	}
	return func(cell string) bool {
		t, exact, ok := readClock(cell)
		return ok && exact && t.Half == lead.Half
	}
}
