package arrowtext

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/fault"
)

// Safely turns what a library makes of a damaged file of a kind, errors and panics, into
// a fault of the data.
func Safely(kind, source string, do func() error) (err error) {
	broken := func(what any) error {
		return fault.Dataf("%s: the %s file is damaged, or written in a way that can't be read: %v", source, kind, what)
	}
	defer func() {
		if p := recover(); p != nil {
			err = broken(p)
		}
	}()
	if err = do(); err != nil && !fault.Is(err) {
		err = broken(err)
	}
	return err
}

// Detect returns the columns of a file of a kind, of which schema reads the schema.
func Detect(kind, source string, schema func() (*arrow.Schema, error)) (columns []string, err error) {
	err = Safely(kind, source, func() error {
		s, err := schema()
		if err != nil {
			return err
		}
		if columns, err = Columns(s); err != nil {
			return fault.Dataf("%s: %v", source, err)
		}
		return nil
	})
	return columns, err
}
