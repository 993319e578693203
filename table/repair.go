package table

// Repair is a malformed record that could be read all the same.
type Repair struct {
	Row        int64   // 1-based number of the data record in its source
	Rule       string  // what was wrong with it
	Old, New   string  // the record as it was and as it should have been
	Confidence float64 // between 0 and 1, that no other reading is right
}

// Odd is a cell that is not of its column's type.
type Odd struct {
	Row, Column int // of the batch
	Text        string
}
