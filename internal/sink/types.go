package sink

import "github.com/apache/arrow-go/v18/arrow"

// Types are the names that a system has for the types of columns.
type Types struct {
	Int64, Float64, Bool, Date, Text string
	Local, Timestamp                 string // times without a zone, and with one
}

// Of is the type for a column of rows; what has no type of its own is a text.
func (n Types) Of(t arrow.DataType) string {
	switch t.ID() {
	case arrow.INT64:
		return n.Int64
	case arrow.FLOAT64:
		return n.Float64
	case arrow.BOOL:
		return n.Bool
	case arrow.DATE32:
		return n.Date
	case arrow.TIMESTAMP:
		if t.(*arrow.TimestampType).TimeZone == "" {
			return n.Local
		}
		return n.Timestamp
	}
	return n.Text
}
