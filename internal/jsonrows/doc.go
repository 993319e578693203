// Package jsonrows reads records from JSON: a line for each (JSON Lines), or one
// array of objects. Members of objects inside of a record become columns by their
// path, such as address.city; arrays stay JSON text; numbers stay as they are
// written.
//
//  1. Detect tells the kind and the columns from the beginning of a file.
//  2. NewPlan notes the grid of blocks in one pass.
//  3. A Reader turns one block into columns of text, and into rejects.
package jsonrows
