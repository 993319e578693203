package sqlite

import (
	"errors"
	"fmt"
	"slices"

	sqlite3 "modernc.org/sqlite"

	"github.com/beamline-go/beamline/internal/fault"
)

// Codes of SQLite, the lower eight bits; see sqlite.org/rescode.html.
const (
	generic     = 1 // a name that is not there, or a fault of the language
	readOnly    = 8
	corrupt     = 11
	cantOpen    = 14
	constraint  = 19
	mismatch    = 20
	notDatabase = 26
)

// codeOf is the code of an error of SQLite, or 0.
func codeOf(err error) int {
	var x *sqlite3.Error
	if errors.As(err, &x) {
		return x.Code() & 0xff
	}
	return 0
}

// named brings the name of a table into an error. What the user can mend is the user's
// fault, and so are the codes in usage.
func named(given string, err error, usage ...int) error {
	if err == nil || fault.Is(err) {
		return err
	}
	switch code := codeOf(err); {
	case code == generic || slices.Contains(usage, code):
		return fault.Usagef("%s: %v", given, err)
	case slices.Contains([]int{constraint, mismatch, notDatabase, corrupt}, code):
		return fault.Dataf("%s: %v", given, err)
	}
	return fmt.Errorf("%s: %w", given, err)
}
