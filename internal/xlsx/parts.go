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
