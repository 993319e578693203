package clean

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// dictionary is names of things, folded, and the thing that each means.
type dictionary struct {
	name string
	ids  func() map[string]string
}

// dictionaries are tried in this order; the first of equally fitting ones wins.
var dictionaries = []dictionary{
	{"country", sync.OnceValue(countries)},
	{"us_state", sync.OnceValue(func() map[string]string { return listed(usStates) })},
	{"currency", sync.OnceValue(func() map[string]string { return listed(currencies) })},
	{"weekday", sync.OnceValue(func() map[string]string { return listed(weekdays) })},
	{"month", sync.OnceValue(func() map[string]string { return listed(months) })},
}

// nameLanguages are those in which countries are known.
var nameLanguages = []language.Tag{
	language.English, language.German, language.French, language.Spanish, language.Italian, language.Portuguese,
	language.Dutch, language.Polish, language.Swedish, language.Danish, language.Norwegian, language.Finnish, language.Czech,
	language.Turkish, language.Hungarian, language.Russian, language.Greek, language.Japanese, language.Chinese,
}

// countries are the codes of ISO 3166-1 and the names of the CLDR, as
// golang.org/x/text has them, and other usual names. Of names that mean two
// countries in different languages the first language counts.
func countries() map[string]string {
	ids := map[string]string{}
	add := func(name, id string) {
		if key := fold(name); key != "" && ids[key] == "" {
			ids[key] = id
		}
	}
	var regions []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err == nil && r.IsCountry() && r.Canonicalize() == r {
				regions = append(regions, r)
			}
		}
	}
	for _, r := range regions {
		add(r.String(), r.String())
	}
	for _, r := range regions {
		add(r.ISO3(), r.String())
	}
	for name, id := range usualCountries {
		add(name, id)
	}
	for _, l := range nameLanguages {
		in := display.Regions(l)
		for _, r := range regions {
			add(in.Name(r), r.String())
		}
	}
	return ids
}

// usualCountries are names that the CLDR does not have.
var usualCountries = map[string]string{
	"USA": "US", "U.S.A.": "US", "U.S.": "US", "United States of America": "US", "America": "US", "The United States": "US",
	"UK": "GB", "U.K.": "GB", "Great Britain": "GB", "Britain": "GB", "United Kingdom of Great Britain and Northern Ireland": "GB",
	"Holland": "NL", "The Netherlands": "NL", "Czech Republic": "CZ", "Korea": "KR", "Republic of Korea": "KR", "Korea, Republic of": "KR",
	"Russian Federation": "RU", "Viet Nam": "VN", "Ivory Coast": "CI", "Cote d'Ivoire": "CI", "Burma": "MM", "Swaziland": "SZ",
	"UAE": "AE", "Emirates": "AE", "Macedonia": "MK", "Cape Verde": "CV", "East Timor": "TL", "Turkey": "TR", "Türkiye": "TR",
	"Bosnia": "BA", "Bosnia and Herzegovina": "BA", "Iran, Islamic Republic of": "IR", "Syrian Arab Republic": "SY",
	"Tanzania, United Republic of": "TZ", "Venezuela, Bolivarian Republic of": "VE", "Bolivia, Plurinational State of": "BO",
	"Moldova, Republic of": "MD", "Lao People's Democratic Republic": "LA", "Brunei Darussalam": "BN", "Hong Kong": "HK", "Macau": "MO",
	"Republic of Ireland": "IE", "Eire": "IE", "Slovak Republic": "SK", "PRC": "CN", "People's Republic of China": "CN", "Mainland China": "CN",
	"Palestine": "PS", "Vatican": "VA", "Democratic Republic of the Congo": "CD", "DR Congo": "CD", "Congo": "CG", "The Gambia": "GM", "The Bahamas": "BS",
}

// listed reads lines of names that mean one thing, the first of which is its id.
func listed(lines string) map[string]string {
	ids := map[string]string{}
	for line := range strings.Lines(lines) {
		names := strings.Split(strings.TrimSpace(line), "|")
		for _, name := range names {
			ids[nameKey(name)] = names[0]
		}
	}
	return ids
}

// nameKey is what spellings of one name have in common; a sign such as € is its
// own.
func nameKey(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) {
		return name
	}
	key := fold(name)
	if len(key) <= 3 && len(key) < len(name) && !dottedNames[name] {
		return name // S.A. is no code of a country
	}
	return key
}

// dottedNames are short names that are written with full stops.
var dottedNames = map[string]bool{"U.S.A.": true, "U.S.": true, "U.K.": true, "D.C.": true, "Fr.": true, "R$": true, "A$": true, "C$": true, "S$": true}

// usStates are the states, the district and the territories of the USA with
// their postal codes (USPS Publication 28, appendix B).
const usStates = `AL|Alabama
AK|Alaska
AZ|Arizona|Ariz.
AR|Arkansas
CA|California|Calif.
CO|Colorado
CT|Connecticut|Conn.
DE|Delaware
DC|District of Columbia|Washington DC|D.C.
FL|Florida|Fla.
GA|Georgia
HI|Hawaii
ID|Idaho
IL|Illinois|Ill.
IN|Indiana
IA|Iowa
KS|Kansas
KY|Kentucky
LA|Louisiana
ME|Maine
MD|Maryland
MA|Massachusetts|Mass.
MI|Michigan|Mich.
MN|Minnesota|Minn.
MS|Mississippi
MO|Missouri
MT|Montana
NE|Nebraska
NV|Nevada
NH|New Hampshire
NJ|New Jersey
NM|New Mexico
NY|New York
NC|North Carolina
ND|North Dakota
OH|Ohio
OK|Oklahoma|Okla.
OR|Oregon
PA|Pennsylvania|Penn.|Penna.
RI|Rhode Island
SC|South Carolina
SD|South Dakota
TN|Tennessee|Tenn.
TX|Texas
UT|Utah
VT|Vermont
VA|Virginia
WA|Washington
WV|West Virginia
WI|Wisconsin|Wis.
WY|Wyoming
PR|Puerto Rico
GU|Guam
VI|Virgin Islands
AS|American Samoa
MP|Northern Mariana Islands`

// currencies are codes of ISO 4217 with the signs and names that mean no other
// one.
const currencies = `EUR|€|euro|euros
USD|US$|US dollar|US dollars
GBP|£|pound sterling|pounds sterling
INR|₹
KRW|₩
RUB|₽
TRY|₺
UAH|₴
ILS|₪
VND|₫
NGN|₦
PHP|₱
BRL|R$
CHF|Swiss franc|Fr.
JPY|yen|Japanese yen
CNY|RMB|renminbi
PLN|zł
CZK|Kč
SEK|Swedish krona
NOK|Norwegian krone
DKK|Danish krone
AUD|A$
CAD|C$|CA$
NZD|NZ$
HKD|HK$
SGD|S$
MXN|MX$
ZAR|rand
HUF|Ft
THB|฿
ISK
DOP
XCD
XOF
XAF
IQD
NAD
IDR
GNF
MUR
IRR
MRU
GEL
RON
BGN
EGP
MAD
KES
GHS
ARS
CLP
COP
PEN
UYU
SAR
AED
QAR
KWD
PKR
BDT
LKR
MYR
TWD
KZT
RSD
TND
ETB
UGX
TZS
ZMW
BWP
MZN`

const weekdays = `monday|mon
tuesday|tue|tues
wednesday|wed
thursday|thu|thur|thurs
friday|fri
saturday|sat
sunday|sun`

const months = `january|jan
february|feb
march|mar
april|apr
may
june|jun
july|jul
august|aug
september|sep|sept
october|oct
november|nov
december|dec`

// ownNames reports whether two texts are names of two things that a dictionary
// knows: Zambia and Gambia.
func ownNames(a, b string) bool {
	if len(a) > maxKnownCell {
		return false
	}
	for _, d := range dictionaries {
		ids := d.ids()
		if x, y := ids[nameKey(a)], ids[nameKey(b)]; x != "" && y != "" && x != y {
			return true
		}
	}
	return false
}
