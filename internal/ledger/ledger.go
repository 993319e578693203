// Package ledger writes and reads the ledger of a table: a line of CSV for each cell
// that was changed, or that could be.
package ledger

import (
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// Header is the first line of changes.csv, and ProposalsHeader that of proposals.csv,
// which has a column for the verdict of a person.
const (
	Header          = "source,row,key,column,old,new,rule,confidence,because\n"
	ProposalsHeader = "source,row,key,column,old,new,rule,confidence,because,verdict\n"
)

// Append appends the change as a line of changes.csv.
func Append(dst []byte, c table.Change) []byte {
	for _, s := range []string{c.Source, number.Itoa(int(c.Row)), c.Key, c.Column, c.Old, c.New, c.Rule} {
		dst = append(csv.AppendField(dst, s, csv.Default), ',')
	}
	if c.Confidence > 0 { // it states none of what it only tells of
		dst = number.Append(dst, c.Confidence)
	}
	dst = append(dst, ',')
	return append(csv.AppendField(dst, c.Because, csv.Default), '\n')
}

// AppendProposal appends the change as a line of proposals.csv, without a verdict.
func AppendProposal(dst []byte, c table.Change) []byte {
	dst = Append(dst, c)
	return append(dst[:len(dst)-1], ",\n"...)
}
