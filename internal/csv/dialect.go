package csv

import "fmt"

// Limits on what a file may hold.
const (
	MaxRecord  = 16 << 20 // bytes of one record
	MaxColumns = 1 << 16
)

// Encoding is how the bytes of a file become text.
type Encoding string

// The encodings that can be read.
const (
	UTF8        Encoding = "utf-8"
	Latin1      Encoding = "latin-1"
	Windows1252 Encoding = "windows-1252"
)

// Dialect is how a file spells records and fields.
type Dialect struct {
	Delimiter byte     // between fields
	Quote     byte     // around fields; 0 when quotes are plain characters
	Space     bool     // spaces after a delimiter are not part of the field
	Encoding  Encoding // empty means UTF8
}

// Default is the dialect of RFC 4180.
var Default = Dialect{Delimiter: ',', Quote: '"'}

// Validate reports settings that contradict each other.
func (d Dialect) Validate() error {
	switch {
	case d.Delimiter == 0 || d.Delimiter == '\n' || d.Delimiter == '\r':
		return fmt.Errorf("csv: %q can't be a delimiter", d.Delimiter)
	case d.Delimiter >= 0x80:
		return fmt.Errorf("csv: the delimiter must be one ASCII character")
	case d.Quote == d.Delimiter:
		return fmt.Errorf("csv: delimiter and quote are both %q", d.Quote)
	case d.Quote >= 0x80 || d.Quote == '\n' || d.Quote == '\r':
		return fmt.Errorf("csv: %q can't be a quote", d.Quote)
	}
	switch d.Encoding {
	case "", UTF8, Latin1, Windows1252:
		return nil
	}
	return fmt.Errorf("csv: unknown encoding %q; one of utf-8, latin-1, windows-1252", d.Encoding)
}

// String names the dialect for a person.
func (d Dialect) String() string {
	quote := "none"
	if d.Quote != 0 {
		quote = string(rune(d.Quote))
	}
	return fmt.Sprintf("delimiter %q, quote %s", d.Delimiter, quote)
}
