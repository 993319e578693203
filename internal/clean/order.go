package clean

import (
	"slices"
	"strings"
	"unicode"
)

// orders puts the parts of a value back in their order: "Good Very" is "Very Good"
// where that is frequent, and where no other value of the column has its parts where
// the wrong one has them. What has its parts in both orders, as routes and results
// have, stays.
var orders = Rule{Name: "order", cells: orderedCells.cells, learn: orderedCells.learn, why: whySpelling}

var orderedCells = cellRule("order", learnOrder, misspellingRepair)

// Bounds of learnOrder.
const (
	partMarks     = " -_/:" // not those of lists, whose order is their own
	mostParts     = 40
	partedShare   = 0.1 // cells with a mark, for it to be looked at
	fewestOrdered = 5   // cells of a value whose order is known
	bothOrders    = 0.3 // of two orders of the same parts, from which on both may be meant,
	bothShare     = 0.1 // and the share of such cells, from which on they are
	orderedLead   = 3   // times as often as the other orders, where several values show it,
	onlyLead      = 10  // and where one does
	elsewhere     = 0.05
	fewestShaped  = 20  // cells of a word beside a number,
	shapedShare   = 0.5 // and their share
	wrongShare    = 0.25
)

// learnOrder looks for values whose parts stand in another order than those of a
// frequent one.
func learnOrder(c *Column) *slips {
	if !c.Type.Textual() {
		return nil
	}
	out := map[string]meant{}
	for _, mark := range partMarks {
		if p := c.parted(string(mark)); p != nil {
			p.mend(c, out)
			p.shape(c, out)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return &slips{Values: out}
}

// parted is the values of a column taken apart at a mark.
type parted struct {
	mark    string
	classes map[string][]Value // by their parts in the order of the alphabet, the most frequent first
	names   []string           // of the classes, sorted
	cells   map[string]int     // by part, of the first value of each class
	first   map[string]int
	last    map[string]int
}

func (c *Column) parted(mark string) *parted {
	p := &parted{mark: mark, classes: map[string][]Value{}, cells: map[string]int{}, first: map[string]int{}, last: map[string]int{}}
	n := 0
	for v := range c.Present() {
		parts := strings.Split(v.Text, mark)
		if len(parts) < 2 || len(parts) > mostParts || slices.Contains(parts, "") {
			continue
		}
		n += v.Count
		slices.Sort(parts)
		name := strings.Join(parts, mark)
		p.classes[name] = append(p.classes[name], v) // Values are sorted by their counts
	}
	if float64(n) < partedShare*float64(c.Filled()) {
		return nil
	}
	for name, values := range p.classes {
		p.names = append(p.names, name)
		parts := strings.Split(values[0].Text, mark)
		p.first[parts[0]] += values[0].Count
		p.last[parts[len(parts)-1]] += values[0].Count
		for _, w := range parts {
			p.cells[w] += values[0].Count
		}
	}
	slices.Sort(p.names)
	return p
}

// orders counts the values that stand in several orders, and reports whether the order is
// meant: in too many of their cells another order is nearly as frequent.
func (p *parted) orders() (shown int, apart bool) {
	cells, both := 0, 0
	for _, name := range p.names {
		v := p.classes[name]
		if len(v) < 2 || v[0].Count < fewestOrdered {
			continue
		}
		shown++
		cells += v[0].Count
		if float64(v[1].Count) > bothOrders*float64(v[0].Count) {
			both += v[0].Count
		}
	}
	return shown, float64(both) > bothShare*float64(cells)
}

// ordersMeant reports whether the order of the parts of values tells them apart: from Oslo
// to Hamar is not from Hamar to Oslo.
func (c *Column) ordersMeant() bool {
	for _, mark := range partMarks {
		if p := c.parted(string(mark)); p != nil {
			if _, apart := p.orders(); apart {
				return true
			}
		}
	}
	return false
}

// mend finds values that are a frequent one in another order.
func (p *parted) mend(c *Column, out map[string]meant) {
	shown, apart := p.orders()
	if apart {
		return
	}
	ratio := orderedLead
	if shown < 2 {
		ratio = onlyLead
	}
	for _, name := range p.names {
		v := p.classes[name]
		others := 0
		for _, w := range v[1:] {
			others += w.Count
		}
		if v[0].Count < max(fewestOrdered, ratio*others) || !strings.ContainsFunc(name, unicode.IsLetter) || p.list(c, name) {
			continue
		}
		for _, w := range v[1:] {
			if !p.usual(w.Text, v[0]) {
				out[w.Text] = meant{To: v[0].Text, Confidence: orderShare(v[0].Count, w.Count), Lead: v[0].Count, Count: w.Count}
			}
		}
	}
}

// list reports whether each part is a value of the column by itself.
func (p *parted) list(c *Column, name string) bool {
	for _, part := range strings.Split(name, p.mark) {
		if c.Find(part) == nil {
			return false
		}
	}
	return true
}

// usual reports whether other values than lead have the first or the last part of text
// where it has it.
func (p *parted) usual(text string, lead Value) bool {
	parts, right := strings.Split(text, p.mark), strings.Split(lead.Text, p.mark)
	at := func(counts map[string]int, w, same string) bool {
		if w == same {
			return false
		}
		return counts[w] > 0 && float64(counts[w]) >= elsewhere*float64(p.cells[w]-lead.Count)
	}
	n := len(parts) - 1
	return at(p.first, parts[0], right[0]) || at(p.last, parts[n], right[n])
}

// shape mends values of a word and a number, where that word stands at the other end
// beside the numbers of most cells: "patients 160".
func (p *parted) shape(c *Column, out map[string]meant) {
	type sides struct{ front, behind int }
	counts := map[string]*sides{}
	each := func(f func(v Value, word string, front bool)) {
		for _, name := range p.names {
			for _, v := range p.classes[name] {
				a, b, _ := strings.Cut(v.Text, p.mark)
				switch {
				case strings.Contains(b, p.mark):
				case onlyLetters(a) && strings.ContainsFunc(b, unicode.IsDigit):
					f(v, a, true)
				case onlyLetters(b) && strings.ContainsFunc(a, unicode.IsDigit):
					f(v, b, false)
				}
			}
		}
	}
	each(func(v Value, word string, front bool) {
		if counts[word] == nil {
			counts[word] = &sides{}
		}
		if front {
			counts[word].front += v.Count
		} else {
			counts[word].behind += v.Count
		}
	})
	each(func(v Value, word string, front bool) {
		right, wrong := counts[word].behind, counts[word].front
		if !front {
			right, wrong = wrong, right
		}
		if right < fewestShaped || float64(right) < shapedShare*float64(c.Filled()) || float64(wrong) > wrongShare*float64(right) {
			return
		}
		if _, known := out[v.Text]; !known {
			a, b, _ := strings.Cut(v.Text, p.mark)
			out[v.Text] = meant{To: b + p.mark + a, Confidence: orderShare(right, wrong), Lead: right, Count: v.Count}
		}
	})
}

// orderShare is the share of the cells in the right order, as a confidence.
func orderShare(right, wrong int) float64 {
	return thousandths(min(0.99, float64(right)/float64(right+wrong)))
}

func onlyLetters(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}
