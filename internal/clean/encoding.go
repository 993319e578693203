package clean

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// encoding mends what programs do to texts on their way: UTF-8 that was read as
// Windows-1252 and written again, HTML entities in a column that is not HTML,
// and control characters.
var encoding = cellRule("encoding", learnEncoding, func(nothing) (Repair, error) { return repairEncoding, nil })

// markupShare is the share of cells with tags from which on a column is HTML,
// where entities belong.
const markupShare = 0.02

func learnEncoding(c *Column) *nothing {
	if c.Type.Numeric() || c.share(func(s string) bool { return tag.MatchString(s) }) > markupShare {
		return nil
	}
	return &nothing{}
}

var (
	tag    = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)
	entity = regexp.MustCompile(`&(?:[a-zA-Z]{2,8}|#[0-9]{2,5}|#x[0-9a-fA-F]{2,5});`)
)

func repairEncoding(cell string) (string, float64, bool) {
	plain := true
	for i := range len(cell) {
		if b := cell[i]; b < ' ' || b >= 0x7f || b == '&' {
			plain = false
			break
		}
	}
	if plain {
		return "", 0, false
	}
	mended := entities(cell)
	for range 2 { // twice encoded texts are seen too
		better, ok := unmangle(mended)
		if !ok {
			break
		}
		mended = better
	}
	mended = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return r
		case r == '\u200b' || r == '\ufeff' || unicode.IsControl(r):
			return -1
		}
		return r
	}, mended)
	return mended, precisionOf("encoding"), mended != cell
}

// entities decodes HTML entities that stand alone, as &amp; does.
func entities(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return entity.ReplaceAllStringFunc(s, func(e string) string {
		if r := html.UnescapeString(e); r != e && utf8.RuneCountInString(r) == 1 {
			if r == "\u00a0" {
				return " "
			}
			return r
		}
		return e
	})
}

// unmangle undoes the reading of UTF-8 as Windows-1252: "Ã©" is "é". It takes
// only texts all of whose characters beyond ASCII come from such a reading.
func unmangle(s string) (string, bool) {
	if !strings.ContainsAny(s, "ÃÂâÅÄÐÑ") {
		return "", false
	}
	raw := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok && r < 0x100 { // bytes that Windows-1252 does not define
			b, ok = byte(r), true
		}
		if !ok {
			return "", false
		}
		raw = append(raw, b)
	}
	if !utf8.Valid(raw) || utf8.RuneCount(raw) == utf8.RuneCountInString(s) {
		return "", false
	}
	return string(raw), true
}
