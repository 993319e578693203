package clean

import (
	"slices"

	"github.com/beamline-go/beamline/internal/dependence"
	"github.com/beamline-go/beamline/internal/fusion"
	"github.com/beamline-go/beamline/internal/number"
)

// sources reconciles rows about one thing that come from several sources and
// disagree: flights as many sites show them. Which column names the thing, which
// the source, and which values the sources state is found in the table (see
// findRoles); what is true is decided by weighing the sources (see decide). Only
// what is decided is written, into all rows of the thing.
var sources = rowRule("source", learnSources, func(k reconciled, columns []string) (RowRepair, error) {
	entity := slices.Index(columns, k.Entity)
	at := make([]int, len(k.Columns))
	for i, c := range k.Columns {
		at[i] = slices.Index(columns, c.Name)
	}
	return func(r *Row) {
		if entity < 0 {
			return
		}
		for i, c := range k.Columns {
			if at[i] < 0 {
				continue
			}
			if v, ok := c.Truths[r.Cells[entity]]; ok {
				r.Set(at[i], v.Text, v.Confidence)
			}
		}
	}, nil
})

// reconciled is what was decided, by the thing that rows are about.
type reconciled struct {
	Entity  string        `json:"entity"`
	Source  string        `json:"source"`
	Columns []truthColumn `json:"columns"`
}

type truthColumn struct {
	Name   string           `json:"name"`
	Truths map[string]truth `json:"truths"`
}

type truth struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
}

// Bounds of the roles of columns.
const (
	fewestEntities  = 5
	mostSources     = 2000
	rowsEach        = 4    // rows of a thing, and of a source, on average
	density         = 0.3  // rows as a share of things times sources
	oncePerSource   = 0.98 // rows whose thing and source no other row has
	statedKappa     = 0.25 // rows of one thing agree at least so much
	statedChance    = 0.1  // and any two rows at most so much
	sourceKappa     = 0.1  // rows of one source agree less
	disagreement    = 0.98 // a column in conflict agrees less
	meanDisagree    = 0.75 // mean kappa of the columns in conflict
	columnsConflict = 2
)

// roles are columns of a table: what rows are about, who says so, what is said.
type roles struct {
	entity, source int
	stated         []int
}

func learnSources(t *Table) []reconciled {
	r, ok := findRoles(t)
	if !ok {
		return nil
	}
	k := reconciled{Entity: t.Columns[r.entity].Name, Source: t.Columns[r.source].Name}
	claims := make([]fusion.Claims, len(r.stated))
	for i, y := range r.stated {
		claims[i] = newClaims(t, r, y)
	}
	for i, decided := range fusion.Decide(claims) {
		c := t.Columns[r.stated[i]]
		c.Reconciled = true
		column := truthColumn{c.Name, map[string]truth{}}
		for entity, v := range decided {
			if v.OK && !c.Fixed {
				column.Truths[t.Columns[r.entity].Values[entity].Text] = truth{c.Values[v.Value].Text, number.Round(v.Confidence, 3)}
			}
		}
		if len(column.Truths) > 0 {
			k.Columns = append(k.Columns, column)
		}
	}
	if len(k.Columns) == 0 {
		return nil
	}
	return []reconciled{k}
}

// findRoles looks for a column of things and one of sources: each source speaks
// once of each thing, what is said depends on the thing and not on the source,
// and the sources are in conflict in two columns or more.
func findRoles(t *Table) (best roles, ok bool) {
	columns := t.coded()
	conflicts, kappas := 0, 0.0
	for x := range t.Columns {
		from, to := t.beside(x)
		for s := from; s < to; s++ {
			n, things, speakers := float64(t.Rows), columns[x].Distinct, columns[s].Distinct
			switch {
			case x == s, things < fewestEntities, speakers > mostSources, float64(things)*float64(speakers) < oncePerSource*n,
				t.Rows < rowsEach*things, t.Rows < rowsEach*speakers, n < density*float64(things)*float64(speakers):
				continue
			}
			if _, pairs := dependence.PairCodes(columns[x].Codes, columns[s].Codes, t.Rows+1); float64(pairs) < oncePerSource*n {
				continue
			}
			r, conflict, kappa := statedBy(columns, x, s, t.Rows)
			if conflict < columnsConflict || kappa >= meanDisagree*float64(conflict) {
				continue
			}
			if conflict > conflicts || conflict == conflicts && kappa > kappas {
				best, conflicts, kappas, ok = r, conflict, kappa, true
			}
		}
	}
	return best, ok
}

// statedBy lists what the sources in column s say of the things in x, and how
// many of these columns are in conflict, with the sum of their kappas.
func statedBy(columns []dependence.Column, x, s, rows int) (r roles, conflicts int, kappas float64) {
	var w dependence.Counter
	r = roles{entity: x, source: s}
	things, speakers := dependence.GroupBy(columns[x].Codes, columns[x].Values), dependence.GroupBy(columns[s].Codes, columns[s].Values)
	for y, c := range columns {
		if y == x || y == s || c.Chance > statedChance {
			continue
		}
		e := things.Weigh(c, &w)
		if !e.Covers(rows) || e.Kappa < statedKappa {
			continue
		}
		if b := speakers.Weigh(c, &w); b.Rows >= dependence.FewestGrouped && b.Kappa >= sourceKappa {
			continue
		}
		r.stated = append(r.stated, y)
		if e.Agreement < disagreement {
			conflicts++
			kappas += e.Kappa
		}
	}
	return r, conflicts, kappas
}

// newClaims gathers what the sources say in column y. A cell in another form
// than the rest of its column is no claim.
func newClaims(t *Table, r roles, y int) fusion.Claims {
	x, s, c := t.Columns[r.entity], t.Columns[r.source], t.Columns[y]
	out := fusion.Claims{Of: make([][]fusion.Claim, len(x.Values)), Spoken: make([][]int32, len(x.Values)), Speakers: len(s.Values)}
	form := clockForm(c)
	for row := range t.Rows {
		entity, source, value := x.Codes[row], s.Codes[row], c.Codes[row]
		if x.Values[entity].Absent || s.Values[source].Absent {
			continue
		}
		out.Spoken[entity] = append(out.Spoken[entity], source)
		if v := c.Values[value]; !v.Absent && form(v.Text) {
			out.Of[entity] = append(out.Of[entity], fusion.Claim{Speaker: source, Value: value})
		}
	}
	for entity := range out.Of {
		out.Of[entity] = fusion.OnePerSpeaker(out.Of[entity])
		slices.Sort(out.Spoken[entity])
		out.Spoken[entity] = slices.Compact(out.Spoken[entity])
	}
	return out
}
