package table

// Change is a cell that was changed, or that could be; a line of changes.csv or of
// proposals.csv. Of a malformed record that was mended it is the record as a whole:
// then Column is empty.
type Change struct {
	Source     string // as the user named it
	Row        int64  // 1-based number of the data record in its source
	Key        string // of the record; empty where the table has no key
	Column     string
	Old, New   string
	Rule       string
	Confidence float64 // the share of such changes that are right; 0 where none is stated
	Because    string  // what determines the cell, or how often values are there; may be empty
	// Index and Field are where the cell is in the batch that it was read from: its
	// row, and its column, -1 for a record as a whole.
	Index, Field int
}

// Odd is a cell that is not of its column's type.
type Odd struct {
	Row, Column int // of the batch
	Text        string
}
