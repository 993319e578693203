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
	for _, currency := range currencies {
		if rest := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(cell), currency), currency); len(rest) < len(cell) {
			cell = strings.TrimSpace(rest)
		}
	}
	x, ok := number.Parse(cell)
	if !ok {
		x, ok = number.Loose(cell)
	}
	return x, ok
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
