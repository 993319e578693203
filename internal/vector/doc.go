// Package vector gathers cells into Arrow arrays: Text takes them as they are, Typed as
// values of a column's type, from the indexed bytes of a text or one by one. Readers of
// every format build their batches of it.
package vector
