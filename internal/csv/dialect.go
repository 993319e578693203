package csv

import (
	"fmt"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
)

// Encoding is how the bytes of a file become text.
type Encoding string

// Encodings that are named in code; all that can be read are in Encodings.
const (
	UTF8        Encoding = "utf-8"
	Latin1      Encoding = "latin-1"
	Windows1252 Encoding = "windows-1252"
)

// Dialect is how a file spells records and fields.
type Dialect struct {
	Delimiter byte     // between fields
	Quote     byte     // around fields; 0 when quotes are plain characters
	Escape    byte     // before a quote inside quotes, or before a delimiter where there are no quotes; 0 when quotes are doubled
	Comment   byte     // starts a line that is not data; 0 when there are none
	Space     bool     // spaces after a delimiter are not part of the field
	Loose     bool     // a quote inside a field without quotes is a plain character
	CR        bool     // lines end in CR alone
	Blank     bool     // an empty line is a record of one empty field
	Notes     bool     // records of delimiters alone, and the text behind the table, are refused
	Limit     int      // bytes of one record; 0 means grid.MaxRecord
	Encoding  Encoding // empty means UTF8
}

// Default is the dialect of RFC 4180.
var Default = Dialect{Delimiter: ',', Quote: '"'}

// end is the byte that ends a line.
func (d Dialect) end() byte {
	if d.CR {
		return '\r'
	}
	return '\n'
}

// limit is how long a record may be.
func (d Dialect) limit() int {
	if d.Limit > 0 {
		return d.Limit
	}
	return grid.MaxRecord
}

// Validate reports settings that contradict each other.
func (d Dialect) Validate() error {
	switch {
	case d.Delimiter == 0 || d.Delimiter == '\n' || d.Delimiter == '\r':
		return fmt.Errorf("csv: %q can't be a delimiter", d.Delimiter)
	case d.Delimiter >= 0x80:
		return fmt.Errorf("csv: the delimiter must be one ASCII character")
	case d.Quote == d.Delimiter:
		return fmt.Errorf("csv: delimiter and quote are both %q", d.Quote)
	}
	for _, m := range []struct {
		what string
		c    byte
	}{{"a quote", d.Quote}, {"an escape", d.Escape}, {"the start of a comment", d.Comment}} {
		if m.c >= 0x80 || m.c == '\n' || m.c == '\r' {
			return fmt.Errorf("csv: %q can't be %s", m.c, m.what)
		}
	}
	if d.Escape != 0 && (d.Escape == d.Delimiter || d.Escape == d.Quote) || d.Comment != 0 && (d.Comment == d.Delimiter || d.Comment == d.Quote) {
		return fmt.Errorf("csv: escape and comment must differ from delimiter and quote")
	}
	if !d.Encoding.utf8() && encodings[d.Encoding] == nil {
		return fmt.Errorf("unknown encoding %q%s", d.Encoding, fault.Hint(string(d.Encoding), Encodings(), "; one of "+strings.Join(Encodings(), ", ")))
	}
	return nil
}

// String names the dialect for a person.
func (d Dialect) String() string {
	quote := "none"
	if d.Quote != 0 {
		quote = string(rune(d.Quote))
	}
	parts := []string{fmt.Sprintf("delimiter %q", d.Delimiter), "quote " + quote}
	if d.Delimiter == unit {
		parts[0] = "no delimiter"
	}
	if d.Escape != 0 {
		parts = append(parts, "escape "+string(rune(d.Escape)))
	}
	if d.Comment != 0 {
		parts = append(parts, "comments from "+string(rune(d.Comment)))
	}
	if d.Space {
		parts = append(parts, "spaces after delimiters")
	}
	if d.Loose {
		parts = append(parts, "quotes inside plain fields are text")
	}
	if d.CR {
		parts = append(parts, "lines end in CR")
	}
	if !d.Encoding.utf8() {
		parts = append(parts, string(d.Encoding))
	}
	return strings.Join(parts, ", ")
}
