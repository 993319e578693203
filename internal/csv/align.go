package csv

import (
	"bytes"
	"cmp"
	"slices"
)

// best is how many readings are kept at each place.
const best = 6

// aligner finds the cheapest readings of a record: a shortest path over the places
// of its text and the number of columns filled.
type aligner struct {
	m     *Mender
	d     Dialect
	text  []byte
	stops []int // offsets of the delimiters, and the end
	at    map[place][]*reading
	queue []place // of at, sorted
}

// place is where a reading stands: before offset pos of the text, with so many
// columns filled.
type place struct{ pos, columns int }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.pos, q.pos), cmp.Compare(p.columns, q.columns))
}

// align returns the cheapest readings of a record in the file's own dialect.
func (m *Mender) align(text []byte, d Dialect) []*reading {
	a := aligner{m: m, d: d, text: text, at: map[place][]*reading{}}
	for i, c := range text {
		if c == d.Delimiter {
			a.stops = append(a.stops, i)
		}
	}
	a.stops = append(a.stops, len(text))
	if len(a.stops) > 4*len(m.Columns)+maxTries {
		return nil
	}
	a.reach(place{}, &reading{})
	for len(a.queue) > 0 {
		p := a.queue[0]
		a.queue = a.queue[1:]
		if p.pos > len(text) && p.columns == len(m.Columns) {
			break
		}
		for _, r := range a.at[p] {
			a.extend(p, r)
		}
	}
	return a.at[place{len(text) + 1, len(m.Columns)}]
}

// reach notes that r gets to p, if it is among the cheapest there.
func (a *aligner) reach(p place, r *reading) {
	if p.columns > len(a.m.Columns) || r.slips > maxSlips {
		return
	}
	there, known := a.at[p]
	i, _ := slices.BinarySearchFunc(there, r, func(x, y *reading) int { return cmp.Compare(x.cost, y.cost) })
	if i == best {
		return
	}
	there = slices.Insert(there, i, r)
	a.at[p] = there[:min(len(there), best)]
	if !known {
		k, _ := slices.BinarySearchFunc(a.queue, p, place.compare)
		a.queue = slices.Insert(a.queue, k, p)
	}
}

// extend goes on from a reading by one cell or one slip.
func (a *aligner) extend(p place, r *reading) {
	if p.columns < len(a.m.Columns) { // a cell is missing
		c := &a.m.Columns[p.columns]
		a.reach(place{p.pos, p.columns + 1}, r.with(nil, c.cost(nil, false), slipMissing, RuleRagged))
	}
	if p.pos > len(a.text) {
		return
	}
	first, _ := slices.BinarySearch(a.stops, p.pos)
	if a.stops[first] == p.pos { // a delimiter too many
		less := *r
		less.cost, less.slips, less.rule = r.cost+slipExtra, r.slips+slipExtra, cmp.Or(r.rule, RuleRagged)
		a.reach(place{p.pos + 1, p.columns}, &less)
	}
	if p.columns == len(a.m.Columns) {
		return
	}
	from := p.pos
	for a.d.Space && from < a.stops[first] && a.text[from] == ' ' {
		from++
	}
	a.plain(p, r, from, first)
	if a.d.Quote != 0 && from < len(a.text) && a.text[from] == a.d.Quote {
		a.quoted(p, r, from, first)
	}
	a.cut(p, r, from, a.stops[first])
}

// plain reads a cell without quotes up to the next delimiter, or the one behind it.
func (a *aligner) plain(p place, r *reading, from, first int) {
	for k, slip := range []float64{0, slipInside} {
		if first+k >= len(a.stops) {
			return
		}
		end := a.stops[first+k]
		content := a.text[from:end]
		rule := RuleRagged
		if a.d.Quote != 0 && !a.d.Loose && a.d.bareQuote(content) {
			slip += slipQuote * float64(bytes.Count(content, []byte{a.d.Quote}))
			rule = RuleBadQuote
		}
		if a.d.Quote == 0 && a.d.Escape != 0 {
			content = a.d.unescape(content)
		}
		a.fill(p, r, content, false, end+1, slip, rule)
	}
}

// quoted reads a cell in quotes up to each delimiter that a quote stands before.
func (a *aligner) quoted(p place, r *reading, from, first int) {
	tries := 0
	for _, end := range a.stops[first:] {
		stop := end
		for a.d.Space && stop > from+1 && a.text[stop-1] == ' ' {
			stop--
		}
		if stop < from+2 || a.text[stop-1] != a.d.Quote {
			continue
		}
		if tries++; tries > maxTries {
			return
		}
		content, loose := a.d.inner(a.text[from+1 : stop-1])
		a.fill(p, r, content, true, end+1, slipQuote*float64(loose), RuleBadQuote)
	}
}

// inner takes the marks of quotes off, and counts the quotes that have none.
func (d Dialect) inner(b []byte) (content []byte, loose int) {
	for i := 0; i < len(b); i++ {
		switch {
		case (b[i] == d.Quote || b[i] == d.Escape && d.Escape != 0) && i+1 < len(b) && (b[i+1] == d.Quote || b[i+1] == d.Escape && d.Escape != 0):
			i++
		case b[i] == d.Quote && (i+1 == len(b) || !d.apostrophe(b[i+1])):
			loose++
		}
	}
	return d.unquote(b), loose
}

// cut reads a cell that ends where no delimiter stands.
func (a *aligner) cut(p place, r *reading, from, end int) {
	if r.slips+slipNone > maxSlips || end-from > maxInside && a.d.Quote == 0 {
		return
	}
	if from < end && a.text[from] == a.d.Quote && a.d.Quote != 0 {
		// Only between two quotes, the text between which may hold delimiters.
		for m := from + 2; m < len(a.text); m++ {
			if a.text[m-1] != a.d.Quote || a.text[m] == a.d.Delimiter {
				continue
			}
			if content, loose := a.d.inner(a.text[from+1 : m-1]); loose == 0 {
				slip := float64(slipNone)
				if a.text[m] == a.d.Quote {
					slip = slipBetween
				}
				a.fill(p, r, content, true, m, slip, RuleRagged)
			}
		}
		return
	}
	if end-from > maxInside || a.m.whole {
		return
	}
	for m := from + 1; m < end; m++ {
		if a.d.Quote != 0 && a.text[m-1] == a.d.Quote {
			return
		}
		slip := float64(slipNone)
		if a.text[m] == a.d.Quote && a.d.Quote != 0 {
			slip = slipBetween
		}
		a.fill(p, r, a.text[from:m], false, m, slip, RuleRagged)
	}
}

// fill goes on behind a cell.
func (a *aligner) fill(p place, r *reading, content []byte, quoted bool, next int, slip float64, rule string) {
	like := content
	if rule == RuleBadQuote && slip > 0 { // a quote that is text makes no other shape of it
		like = bytes.Trim(content, string([]byte{a.d.Quote}))
	}
	cost := a.m.Columns[p.columns].cost(like, quoted)
	a.reach(place{next, p.columns + 1}, r.with(content, cost, slip, rule))
}
