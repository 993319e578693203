package xlsx

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"time"
)

// style is what the number format of a cell makes of its number, as far as the number
// alone does not say it.
type style struct {
	kind kind
	code string // of digits: one 0 for each digit, and marks between
}

type kind uint8

const (
	plain   kind = iota // a number
	date                // a date, a time of a day, or both
	elapsed             // hours that go on behind 24: [h]:mm
	digits              // as many digits as the format has: 00000, 000-00-0000
)

// show writes a number as its style has it, where that says more than the number.
func (s style) show(x float64, from04 bool) (string, bool) {
	switch s.kind {
	case date:
		return serial(x, from04)
	case elapsed:
		return duration(x)
	case digits:
		return s.fill(x)
	}
	return "", false
}

// readStyles learns what the styles make of numbers.
func (w *workbook) readStyles() error {
	const name = "xl/styles.xml"
	if member(w.zip, name) == nil {
		return nil
	}
	own := map[string]style{} // formats that the workbook defines
	inCells := false
	return w.each(name, func(_ *xml.Decoder, e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "numFmt":
			own[attribute(e, "numFmtId")] = styleOf(attribute(e, "formatCode"))
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells {
				id := attribute(e, "numFmtId")
				s, defined := own[id]
				if !defined {
					s = builtin(id)
				}
				w.styles = append(w.styles, s)
			}
		}
		return len(w.styles) < maxStyles && len(own) < maxStyles, nil
	})
}

// builtin is the style of a format that Excel knows by number (ECMA-376, 18.8.30).
func builtin(id string) style {
	n, err := strconv.Atoi(id)
	switch {
	case err != nil:
		return style{}
	case n == 46: // [h]:mm:ss
		return style{kind: elapsed}
	case n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58:
		return style{kind: date}
	}
	return style{}
}

// styleOf reads a number format: it is one of dates where a letter of days or hours
// stands outside of quotes, brackets and escapes, and one of digits where nothing but
// noughts and marks between them does.
func styleOf(format string) style {
	if s := strings.ReplaceAll(strings.ReplaceAll(format, `\`, ""), `"`, ""); len(s) > 1 && strings.Trim(s, "0-/ ") == "" && strings.Trim(s, "0") != s {
		return style{digits, s}
	}
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case '"':
			n := strings.IndexByte(format[i+1:], '"')
			if n < 0 {
				return style{}
			}
			i += n + 1
		case '\\', '_', '*':
			i++
		case '[':
			n := strings.IndexByte(format[i:], ']')
			if n < 0 {
				return style{}
			}
			if in := strings.ToLower(format[i+1 : i+n]); in != "" && strings.Trim(in, "hms") == "" {
				return style{kind: elapsed}
			}
			i += n
		case 'd', 'D', 'm', 'M', 'y', 'Y', 'h', 'H', 's', 'S':
			return style{kind: date}
		case ';':
			return style{} // what follows is of negative numbers
		}
	}
	return style{}
}

// fill writes a whole number in the digits of the format, where it has no more.
func (s style) fill(x float64) (string, bool) {
	if x < 0 || x != math.Floor(x) || x >= 1e15 {
		return "", false
	}
	text := strconv.FormatFloat(x, 'f', 0, 64)
	n := strings.Count(s.code, "0")
	if len(text) > n {
		return "", false
	}
	text = strings.Repeat("0", n-len(text)) + text
	var out strings.Builder
	for i, k := 0, 0; i < len(s.code); i++ {
		if s.code[i] == '0' {
			out.WriteByte(text[k])
			k++
		} else {
			out.WriteByte(s.code[i])
		}
	}
	return out.String(), true
}

// duration writes a number of days in hours, minutes and seconds.
func duration(days float64) (string, bool) {
	if days < 0 || days > 1e6 {
		return "", false
	}
	ms := int64(math.Round(days * 86400e3))
	text := time.UnixMilli(ms % 3600e3).UTC().Format(":04:05.999")
	hours := strconv.FormatInt(ms/3600e3, 10)
	if len(hours) < 2 {
		hours = "0" + hours
	}
	return hours + text, true
}
