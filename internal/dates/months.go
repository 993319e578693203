package dates

import (
	"strings"

	"github.com/beamline-go/beamline/internal/fingerprint"
)

// Tongue is the language of the names of months.
type Tongue uint8

// The languages, in the order in which a name is taken for one of theirs.
const (
	English Tongue = iota
	German
	French
	Spanish
	Italian
	Portuguese
	Dutch
	tongues
)

var tongueCodes = [tongues]string{"en", "de", "fr", "es", "it", "pt", "nl"}

// Names of months, and how they are shortened most often.
var (
	monthNames = [tongues]string{
		"January February March April May June July August September October November December",
		"Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		"janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
		"januari februari maart april mei juni juli augustus september oktober november december",
	}
	monthsShort = [tongues]string{
		"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
		"Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
		"janv févr mars avr mai juin juil août sept oct nov déc",
		"ene feb mar abr may jun jul ago sep oct nov dic",
		"gen feb mar apr mag giu lug ago set ott nov dic",
		"jan fev mar abr mai jun jul ago set out nov dez",
		"jan feb mrt apr mei jun jul aug sep okt nov dec",
	}
)

// monthStyles are the names as they are written, by Layout.Month.
var monthStyles = func() (styles [3][tongues][]string) {
	for t := range tongues {
		styles[1][t] = strings.Fields(monthsShort[t])
		styles[2][t] = strings.Fields(monthNames[t])
	}
	return styles
}()

// named is a month as a name tells it.
type named struct {
	month  int
	style  uint8 // as Layout.Month
	tongue Tongue
}

// namedMonths is what names mean, folded; English first, then short names.
var namedMonths = func() map[string][]named {
	out := map[string][]named{"sept": {{9, 1, English}}}
	for t := range tongues {
		for style := uint8(1); style <= 2; style++ {
			for i, name := range monthStyles[style][t] {
				name = nameKey(name)
				out[name] = append(out[name], named{i + 1, style, t})
			}
		}
	}
	return out
}()

// longestName is that of the bytes of a name, with accents.
const longestName = 12

// nameKey takes case and accents away.
func nameKey(s string) string { return strings.ToLower(fingerprint.Plain(s)) }
