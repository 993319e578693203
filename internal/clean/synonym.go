package clean

import (
	"slices"

	"github.com/beamline-go/beamline/internal/names"
)

// synonyms gives countries, states of the USA, currencies, days and months the
// name that leads in the column: Germany for DE, Deutschland or GERMANY. Which
// names mean one thing is known (see names.Dictionaries), whether the column is of such
// things is what nearly all of its cells say.
var synonyms = cellRule("synonym", learnSynonyms, func(s synonym) (Repair, error) {
	i := slices.IndexFunc(names.Dictionaries, func(d names.Dictionary) bool { return d.Name == s.Dictionary })
	if i < 0 {
		return func(string) (string, float64, bool) { return "", 0, false }, nil
	}
	ids, kept := names.Dictionaries[i].IDs(), setOf(s.Kept)
	return func(cell string) (string, float64, bool) {
		if len(cell) > maxKnownCell || kept[cell] {
			return "", 0, false
		}
		id, ok := ids[names.Key(cell)]
		if !ok {
			return "", 0, false
		}
		lead, ok := s.Leads[id]
		return lead, precisionOf("synonym"), ok && lead != cell
	}, nil
})

// synonym is the name that a column has for each thing.
type synonym struct {
	Dictionary string            `json:"dictionary"`
	Leads      map[string]string `json:"leads"`
	Kept       []string          `json:"kept,omitempty"` // names that stay
}

func (s synonym) keptValues() []string { return s.Kept }

// Bounds of learnSynonyms.
const (
	namedShare   = 0.85 // cells that are in the dictionary
	fewestThings = 3
	nameRatio    = 3 // times as many cells as the next name of the same thing
)

func learnSynonyms(c *Column) *synonym {
	if !c.Type.Textual() {
		return nil
	}
	var best *synonym
	most := 0
	for _, d := range names.Dictionaries {
		if s, n := c.synonymsIn(d); s != nil && n > most {
			best, most = s, n
		}
	}
	return best
}

// synonymsIn is what a column calls the things of a dictionary, and how many of
// its cells are such names.
func (c *Column) synonymsIn(d names.Dictionary) (*synonym, int) {
	ids, all := d.IDs(), c.Filled()
	named, seen := 0, 0
	called := map[string][]Value{}
	for v := range c.Present() { // the most frequent first
		seen += v.Count
		if len(v.Text) <= maxKnownCell {
			if id, ok := ids[names.Key(v.Text)]; ok {
				named += v.Count
				called[id] = append(called[id], v)
			}
		}
		if float64(all-seen+named) < namedShare*float64(all) {
			return nil, 0 // whatever the others are
		}
	}
	if all < fewestCells || len(called) < fewestThings {
		return nil, 0
	}
	s := &synonym{Dictionary: d.Name, Leads: map[string]string{}}
	for id, values := range called {
		if values[0].Count < leadCount {
			continue
		}
		s.Leads[id] = values[0].Text
		for _, v := range values[1:] {
			if values[0].Count < nameRatio*v.Count {
				s.Kept = append(s.Kept, v.Text)
			}
		}
	}
	slices.Sort(s.Kept)
	return s, named
}
