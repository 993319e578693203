package csv

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// encodings are those that can be read beside UTF-8. In none of them does a byte of
// a longer character equal a line end, a quote, a comma, a semicolon or a tab.
var encodings = map[Encoding]encoding.Encoding{
	Latin1: charmap.ISO8859_1, Windows1252: charmap.Windows1252, "iso-8859-15": charmap.ISO8859_15,
	"windows-1250": charmap.Windows1250, "iso-8859-2": charmap.ISO8859_2, "cp852": charmap.CodePage852,
	"windows-1251": charmap.Windows1251, "koi8-r": charmap.KOI8R, "koi8-u": charmap.KOI8U, "cp866": charmap.CodePage866, "iso-8859-5": charmap.ISO8859_5,
	"mac-cyrillic": charmap.MacintoshCyrillic, "windows-1253": charmap.Windows1253, "iso-8859-7": charmap.ISO8859_7,
	"windows-1254": charmap.Windows1254, "iso-8859-9": charmap.ISO8859_9, "windows-1255": charmap.Windows1255, "iso-8859-8": charmap.ISO8859_8,
	"windows-1256": charmap.Windows1256, "iso-8859-6": charmap.ISO8859_6, "windows-1257": charmap.Windows1257, "iso-8859-13": charmap.ISO8859_13,
	"windows-1258": charmap.Windows1258, "mac-roman": charmap.Macintosh, "cp437": charmap.CodePage437, "cp850": charmap.CodePage850,
	"shift_jis": japanese.ShiftJIS, "euc-jp": japanese.EUCJP, "gbk": simplifiedchinese.GBK, "gb18030": simplifiedchinese.GB18030,
	"big5": traditionalchinese.Big5, "euc-kr": korean.EUCKR,
}

// Encodings are the names of all encodings, sorted.
func Encodings() []string {
	names := []string{string(UTF8)}
	for e := range maps.Keys(encodings) {
		names = append(names, string(e))
	}
	slices.Sort(names)
	return names
}

// aliases are other names of encodings.
var aliases = map[string]Encoding{
	"utf8": UTF8, "latin1": Latin1, "iso-8859-1": Latin1, "cp1252": Windows1252, "cp1250": "windows-1250", "cp1251": "windows-1251",
	"cp1253": "windows-1253", "cp1254": "windows-1254", "cp1257": "windows-1257", "latin9": "iso-8859-15", "latin2": "iso-8859-2",
	"sjis": "shift_jis", "shift-jis": "shift_jis", "cp932": "shift_jis", "gb2312": "gbk", "cp936": "gbk", "cp949": "euc-kr", "macintosh": "mac-roman",
}

// Named is an encoding by one of its names.
func Named(name string) Encoding {
	name = strings.ToLower(name)
	if e, ok := aliases[name]; ok {
		return e
	}
	return Encoding(name)
}

// utf8 reports whether bytes are text as they are.
func (e Encoding) utf8() bool { return e == "" || e == UTF8 }

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// appendDecoded appends cell as UTF-8. Bytes that the encoding leaves undefined
// become U+FFFD.
func appendDecoded(dst, cell []byte, e Encoding) []byte {
	switch table := encodings[e].(type) {
	case *charmap.Charmap:
		for _, c := range cell {
			if c < utf8.RuneSelf {
				dst = append(dst, c)
				continue
			}
			dst = utf8.AppendRune(dst, table.DecodeByte(c))
		}
		return dst
	case nil:
		return append(dst, cell...)
	default:
		if ascii(cell) {
			return append(dst, cell...)
		}
		text, _ := table.NewDecoder().Bytes(cell) // what is no text becomes U+FFFD
		return append(dst, text...)
	}
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decoded returns the cell as UTF-8.
func (p *parser) decoded(cell []byte) []byte {
	if p.d.Encoding.utf8() {
		return cell
	}
	return appendDecoded(nil, cell, p.d.Encoding)
}
