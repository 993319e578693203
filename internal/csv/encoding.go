package csv

import "golang.org/x/text/encoding/charmap"

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
