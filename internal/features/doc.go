// Package features turns the columns of a table into what learners take.
//
// A Frame holds typed columns in memory. An Encoder is fitted on the training
// rows alone, travels in the artifact as JSON, and turns any frame with the same
// columns into a Matrix, row by row: what a row becomes depends on nothing but
// the row. There are two views: Linear, for learners that add and compare
// columns (imputed, logged, clipped, standardized, one-hot), and Tree, for those
// that cut them (raw, missing kept).
package features
