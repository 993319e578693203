// Package csv reads delimited text by blocks, so that a file can be cut
// anywhere and still gives the same rows.
//
// A file is read in three steps:
//
//  1. Detect looks at a sample and finds the Dialect and the header.
//  2. NewPlan runs once over the bytes with a small state machine and notes, for
//     each block of a fixed grid, where the first record of the block starts and
//     which number it has. A record belongs to the block in which it starts.
//  3. A Reader turns one block into columns of text, and into rejects.
//
// The grammar is RFC 4180 with the liberties that files in the wild take: lines
// end in LF or CRLF, also mixed; empty lines are skipped; a quote inside an
// unquoted field is a plain character; a space after a delimiter is skipped when
// the dialect says so. A record that the grammar can't hold is refused alone.
package csv
