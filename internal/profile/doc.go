// Package profile learns what a table holds: statistics of every column, the
// type and the role that they speak for, and how each goes along with the
// target.
//
// A Table is an accumulator: Add counts a batch of text, Merge joins two, and
// both are exact or deterministic sketches, so that the result does not depend
// on how the work was cut as long as accumulators are merged in a fixed tree
// (package blocktree). Infer then turns it into a table.Schema, and Summarize
// into what profile.json and the report show.
package profile
