package csv

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// oneByte reports whether text is in Windows-1252, of which Latin-1 is a part, and
// not in UTF-8: no character of several bytes is in it, and nearly all bytes that
// are not ASCII stand beside a letter, as they do in words.
func oneByte(text []byte) bool {
	invalid, beside := 0, 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		if r, n := utf8.DecodeRune(text[i:]); r != utf8.RuneError || n > 1 {
			return false
		}
		invalid++
		if i > 0 && letter(text[i-1]) || i+1 < len(text) && letter(text[i+1]) {
			beside++
		}
		i++
	}
	return invalid > 0 && beside*10 >= invalid*9
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// appendDecoded appends cell, in a one-byte encoding, as UTF-8. Bytes that
// Windows-1252 leaves undefined become U+FFFD.
func appendDecoded(dst, cell []byte, e Encoding) []byte {
	table := charmap.ISO8859_1
	if e == Windows1252 {
		table = charmap.Windows1252
	}
	for _, c := range cell {
		if c < 0x80 {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, string(table.DecodeByte(c))...)
	}
	return dst
}

// decoded returns the cell as UTF-8.
func (p *parser) decoded(cell []byte) []byte {
	if p.d.Encoding != Latin1 && p.d.Encoding != Windows1252 {
		return cell
	}
	return appendDecoded(nil, cell, p.d.Encoding)
}
