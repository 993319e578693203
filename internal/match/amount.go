package match

import (
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// currencies are the codes that stand beside amounts most often (ISO 4217), as tidied
// cells have them.
var currencies = []string{"usd", "eur", "gbp", "cad", "aud", "chf", "jpy", "cny", "inr", "us"}

// amountOf reads an amount of money or another quantity.
func amountOf(cell string) (float64, bool) {
	cell = strings.TrimSpace(cell)
	if x, ok := plainAmount(cell); ok || !strings.ContainsAny(cell, "0123456789") {
		return x, ok
	}
	cell = strings.ToLower(cell)
	for _, currency := range currencies {
		cell = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(cell, currency), currency))
	}
	return plainAmount(cell)
}

func plainAmount(cell string) (float64, bool) {
	if x, ok := number.Parse(cell); ok {
		return x, true
	}
	return number.Loose(cell)
}

// Ratios of amounts.
const (
	closeAmounts = 1.1
	alikeAmounts = 1.4
)

// compareAmounts holds two amounts against each other by their ratio.
func compareAmounts(a, b float64) int8 {
	lo, hi := min(a, b), max(a, b)
	switch {
	case lo == hi:
		return same
	case lo <= 0:
		return different
	case hi <= closeAmounts*lo:
		return nearly
	case hi <= alikeAmounts*lo:
		return alike
	}
	return different
}
