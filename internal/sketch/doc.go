// Package sketch holds summaries of a column that stay small however long the
// column is, and that merge: quantiles, distinct values, frequent values.
//
// None draws random numbers, so the same values in the same blocks, merged in
// the same order, give the same bits. All are exact while the column is small.
package sketch
