// Package table is the noun that every layer of Beamline shares: a batch of
// rows, the schema that describes its columns, and the records that were
// refused.
//
// A Batch is an Apache Arrow record of some thousands of rows that remembers
// where it came from: the source, the block of that source, and the number of
// each row. A batch is immutable once it is made; readers may share it, and
// nobody releases it, since it lives in Go memory.
//
// A Schema says what a column is (its Type), what it is for (its Role), whether
// a value must be there (Presence), and which values are known (Domain, Range).
// It is data, not a Go type: it is inferred at run time, written as YAML that a
// person may edit, and travels with pipelines and models.
//
// A Reject is a record that could not be used. It is a value, never an error,
// and keeps the record as it was read, so that it can be mended and read again.
package table
