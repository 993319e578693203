package xlsx

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// texts are the texts that cells share, end to end.
type texts struct {
	data []byte
	ends []int
}

func (t *texts) at(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	start := 0
	if i > 0 {
		start = t.ends[i-1]
	}
	return string(t.data[start:t.ends[i]]), true
}

// readShared reads the texts that cells share. A workbook may have none.
func (w *workbook) readShared() error {
	w.shared = &texts{}
	const name = "xl/sharedStrings.xml"
	if member(w.zip, name) == nil {
		return nil
	}
	return w.each(name, func(d *xml.Decoder, e xml.StartElement) (bool, error) {
		if e.Name.Local != "si" {
			return true, nil
		}
		text, err := content(d, "si")
		w.shared.data = append(w.shared.data, text...)
		w.shared.ends = append(w.shared.ends, len(w.shared.data))
		if len(w.shared.data)+8*len(w.shared.ends) > maxShared {
			return false, fmt.Errorf("the texts of the workbook are longer than %d bytes", maxShared)
		}
		return true, err
	})
}

// content is the text of an element that is begun: of all t and v in it, but for the
// readings of East Asian texts.
func content(d *xml.Decoder, element string) (string, error) {
	var out strings.Builder
	text, phonetic := false, 0
	for {
		t, err := d.RawToken()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "t", "v":
				text = true
			case "rPh":
				phonetic++
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "t", "v":
				text = false
			case "rPh":
				phonetic--
			case element:
				return unescape(out.String()), nil
			}
		case xml.CharData:
			if text && phonetic == 0 {
				out.Write(t)
			}
			if out.Len() > maxText {
				return "", fmt.Errorf("a text of more than %d bytes", maxText)
			}
		}
	}
}

// unescape reads _x000D_, by which characters are written that XML has not.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if len(s)-i >= 7 && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if code, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
				out.WriteRune(rune(code))
				i += 6
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// readStyles learns which styles make a date of a number.
func (w *workbook) readStyles() error {
	const name = "xl/styles.xml"
	if member(w.zip, name) == nil {
		return nil
	}
	own := map[string]bool{} // formats that the workbook defines
	inCells := false
	return w.each(name, func(_ *xml.Decoder, e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "numFmt":
			own[attribute(e, "numFmtId")] = isDate(attribute(e, "formatCode"))
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells {
				id := attribute(e, "numFmtId")
				date, defined := own[id]
				w.dates = append(w.dates, date || !defined && builtin(id))
			}
		}
		return len(w.dates) < maxStyles && len(own) < maxStyles, nil
	})
}

// builtin reports whether a format that Excel knows by number is one of dates or
// times (ECMA-376, 18.8.30).
func builtin(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58)
}

// isDate reports whether a number format shows days or hours: one of its letters
// stands outside of quotes, brackets and escapes.
func isDate(format string) bool {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case '"':
			n := strings.IndexByte(format[i+1:], '"')
			if n < 0 {
				return false
			}
			i += n + 1
		case '\\', '_', '*':
			i++
		case '[':
			n := strings.IndexByte(format[i:], ']')
			if n < 0 {
				return false
			}
			if in := strings.ToLower(format[i+1 : i+n]); in != "" && strings.Trim(in, "hms") == "" { // hours that go on: [h]:mm
				return true
			}
			i += n
		case 'd', 'D', 'm', 'M', 'y', 'Y', 'h', 'H', 's', 'S':
			return true
		case ';':
			return false // what follows is of negative numbers
		}
	}
	return false
}
