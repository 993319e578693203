package table

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// Type is what the cells of a column are. A missing cell is a null, never a
// special value of the type.
type Type string

// The types of columns.
const (
	Bool        Type = "bool"
	Int64       Type = "int64"
	Float64     Type = "float64"
	String      Type = "string"
	Date        Type = "date"      // a day, without a zone
	Timestamp   Type = "timestamp" // microseconds, UTC or, in a column that is Local, without a zone
	Categorical Type = "categorical"
)

// Types lists every Type, in the order in which they are documented.
var Types = []Type{Bool, Int64, Float64, String, Date, Timestamp, Categorical}

// Numeric reports whether values of the type are numbers that can be averaged.
func (t Type) Numeric() bool { return t == Int64 || t == Float64 }

// Temporal reports whether values of the type are points in time.
func (t Type) Temporal() bool { return t == Date || t == Timestamp }

// Textual reports whether values of the type are kept as text.
func (t Type) Textual() bool { return t == String || t == Categorical }

// Arrow returns the Arrow type that holds the values of t. Categorical values
// are plain strings in memory; files that have dictionaries make their own.
func (t Type) Arrow() (arrow.DataType, error) {
	switch t {
	case Bool:
		return arrow.FixedWidthTypes.Boolean, nil
	case Int64:
		return arrow.PrimitiveTypes.Int64, nil
	case Float64:
		return arrow.PrimitiveTypes.Float64, nil
	case String, Categorical:
		return arrow.BinaryTypes.String, nil
	case Date:
		return arrow.FixedWidthTypes.Date32, nil
	case Timestamp:
		return arrow.FixedWidthTypes.Timestamp_us, nil
	}
	return nil, fmt.Errorf("table: unknown type %q", string(t))
}

// Role is what a column is for.
type Role string

// The roles of columns.
const (
	RoleKey         Role = "key"         // names the record; not a feature
	RoleTarget      Role = "target"      // what is predicted
	RoleNumeric     Role = "numeric"     // a quantity
	RoleCategorical Role = "categorical" // one of a set of values
	RoleText        Role = "text"        // free text, used as a bag of words
	RoleDate        Role = "date"        // a point in time, used as its parts
	RoleConstant    Role = "constant"    // one value only; not a feature
	RoleIgnore      Role = "ignore"      // kept, but not a feature
)

// Roles lists every Role, in the order in which they are documented.
var Roles = []Role{RoleKey, RoleTarget, RoleNumeric, RoleCategorical, RoleText, RoleDate, RoleConstant, RoleIgnore}

// Feature reports whether a column of this role may explain the target.
func (r Role) Feature() bool {
	switch r {
	case RoleNumeric, RoleCategorical, RoleText, RoleDate:
		return true
	}
	return false
}
