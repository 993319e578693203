package main

import (
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
)

// screen is a standard output, and the first error of writing to it.
type screen struct {
	*os.File
	err error
}

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err
}

// WriteString implements io.StringWriter, which the file would.
func (s *screen) WriteString(text string) (int, error) { return s.Write([]byte(text)) }

// fault is what kept the output from being written.
func (s *screen) fault() error {
	if s.err == nil {
		return nil
	}
	return unwritten(s.err)
}

// unwritten is the fault of an output that can't be written.
func unwritten(err error) error {
	return &fault.Fault{Code: fault.Internal, Message: "the standard output can't be written: " + err.Error()}
}

// longestLine is how much of a line is shown: names that others chose may be of any length.
const longestLine = 4000

// shown is a line as a terminal may have it: what would move its cursor, colour it or turn
// its direction is written as an escape, and so are bytes that are no UTF-8, some of which do
// that too; what may be secret in an address is left out, and a very long line is cut.
func shown(line string) string {
	line = store.Scrubbed(line)
	harmless := func(r rune) bool {
		return r == '\n' || r == '\t' || !unicode.IsControl(r) && !unicode.Is(unicode.Bidi_Control, r)
	}
	if len(line) > longestLine {
		line = strings.ToValidUTF8(line[:longestLine], "") + " …"
	}
	if utf8.ValidString(line) && !strings.ContainsFunc(line, func(r rune) bool { return !harmless(r) }) {
		return line
	}
	var b strings.Builder
	for len(line) > 0 {
		r, n := utf8.DecodeRuneInString(line)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(escapeOf(rune(line[0])))
		case harmless(r):
			b.WriteString(line[:n])
		default:
			b.WriteString(escapeOf(r))
		}
		line = line[n:]
	}
	return b.String()
}

// escapeOf writes a character as Go and JSON do.
func escapeOf(r rune) string {
	const digits = "0123456789abcdef"
	if r < 0x100 {
		return `\x` + string([]byte{digits[r>>4], digits[r&15]})
	}
	return `\u` + string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}
