package clean

import (
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/number"
)

// Change is one cell that a rule mended: a line of the ledger.
type Change struct {
	Source     string
	Row        int64
	Key        string
	Column     string
	Old, New   string
	Rule       string
	Confidence float64
	Because    string // what determines the cell, or how often values are there; may be empty
}

// LedgerHeader is the first line of changes.csv, and ProposalsHeader that of
// proposals.csv, which has a column for the verdict of a person.
const (
	LedgerHeader    = "source,row,key,column,old,new,rule,confidence,because\n"
	ProposalsHeader = "source,row,key,column,old,new,rule,confidence,because,verdict\n"
)

// AppendCSV appends the change as a line of changes.csv.
func (c Change) AppendCSV(dst []byte) []byte {
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
func (c Change) AppendProposal(dst []byte) []byte {
	dst = c.AppendCSV(dst)
	return append(dst[:len(dst)-1], ",\n"...)
}
