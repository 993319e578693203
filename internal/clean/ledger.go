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
}

// LedgerHeader is the first line of changes.csv.
const LedgerHeader = "source,row,key,column,old,new,rule,confidence\n"

// AppendCSV appends the change as a line of changes.csv.
func (c Change) AppendCSV(dst []byte) []byte {
	for _, s := range []string{c.Source, number.Itoa(int(c.Row)), c.Key, c.Column, c.Old, c.New, c.Rule} {
		dst = append(csv.AppendField(dst, s, csv.Default), ',')
	}
	return append(number.Append(dst, c.Confidence), '\n')
}
