package match

import "strings"

// abbreviations are words of addresses and of companies that are written out or
// not. The streets are the most frequent of the United States Postal Service's
// Publication 28, appendix C.
var abbreviations = func() map[string]string {
	out := map[string]string{}
	for _, line := range strings.Split(`st street str
ave avenue av
rd road
dr drive
ln lane
ct court crt
pl place
blvd boulevard
hwy highway
pkwy parkway
sq square
ter terrace tce
cir circle
cres crescent
trl trail
pt point
mt mount
apt apartment
ste suite
bldg building
fl floor
no number
n north
s south
e east
w west
co company
corp corporation
inc incorporated
ltd limited
bros brothers
dept department
univ university
intl international
assn association`, "\n") {
		short, long, _ := strings.Cut(line, " ")
		for _, word := range strings.Fields(long) {
			out[word] = short
		}
	}
	return out
}()

// shorts are the words that abbreviations stand for others by.
var shorts = func() map[string]bool {
	out := map[string]bool{}
	for _, short := range abbreviations {
		out[short] = true
	}
	return out
}()

// shorten abbreviates words, but the first: St may be a saint there.
func shorten(words []string) []string {
	for i, w := range words {
		if short, ok := abbreviations[w]; ok && i > 0 {
			words[i] = short
		}
	}
	return words
}

// fewestShort is how many cells of a column must have words that are written out,
// and how many such that are not; in a table of few records one is enough.
const (
	fewestShort = 3
	fewRecords  = 50
)

// abbreviates reports whether some cells write out what others don't.
func abbreviates(tidied []string) bool {
	long, short := 0, 0
	for _, s := range tidied {
		if strings.IndexByte(s, ' ') < 0 {
			continue
		}
		isLong, isShort := false, false
		for i, w := range wordsOf(s) {
			isLong = isLong || i > 0 && abbreviations[w] != ""
			isShort = isShort || i > 0 && shorts[w]
		}
		if isLong {
			long++
		}
		if isShort {
			short++
		}
	}
	fewest := fewestShort
	if len(tidied) < fewRecords {
		fewest = 1
	}
	return long >= fewest && short >= fewest
}
