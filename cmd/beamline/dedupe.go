package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/report"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/matching"
)

var dedupeCommand = command{
	name: "dedupe", args: "DATA [DATA]", short: "records of the same thing, within one table or between two", reads: trainingData,
	examples: []string{"beamline dedupe houses.csv", "beamline dedupe houses.csv --key Id", "beamline dedupe houses.csv more.csv --out both"},
	flags:    slices.Concat([]string{"key", "threshold", "format", "shards"}, resultFlags),
	more:     slices.Concat(readFlags, runFlags),
	long: `Dedupe finds records that are about the same thing although they differ: typos,
other spellings, exchanged fields. It needs neither examples nor settings. Within
one table it makes clusters; between two tables it links each record to at most
one of the other. Columns that both tables have are compared, and such as hold the
same things under other names; the one that --key names is not.

Each pair is a line of pairs.csv, with its probability and, field by field, what
speaks for it: the weight is the logarithm of how much more probable that is in
records of one thing. --threshold moves the probability from which on two records
are taken for one. survivors.csv, or --format, is the table without what is there
twice: records that are alone, and one for each cluster, built field by field from
its records. clusters.csv says of each record which thing it is of, and report.html
shows pairs side by side, the least sure first.`,
	writes: inAnyFormat(outdir.Survived, outdir.Pairs, outdir.Clusters, outdir.Rejects, outdir.Report),
	body:   dedupeTables,
}

// matched is the tables under comparison.
type matched struct {
	tables   []pipelines.MatchedTable
	keys     [2]string   // columns that name the records of each table; empty where none does
	compared []string    // names of the columns, as the first table has them
	common   int         // columns that could be compared
	joined   [][2]string // those of them that have another name in the second
	model    *match.Model
	pairs    []match.Pair
	clusters [][]match.Place
	records  matching.Records // of pairs
	learned  []pipelines.Learned
}

func dedupeTables(ctx context.Context, j *job) error {
	if len(j.data) > 2 {
		return fault.Usagef("dedupe takes one table or two, not %d; the files of one table are given as a folder or a glob", len(j.data))
	}
	var m matched
	if err := m.learn(ctx, j); err != nil {
		return err
	}
	var found matching.Found
	err := j.stage("match", func(dir string) (err error) {
		if len(m.model.Blocking) > 0 {
			found, err = pipelines.Match(ctx, j.runner, m.model, m.tables, dir)
		}
		return err
	})
	j.stages = j.stages[:len(j.stages)-1] // it leaves no rejects
	if err != nil {
		return err
	}
	m.decide(found)
	if err := j.write(ctx, outdir.Pairs, m.pairsCSV()); err != nil {
		return err
	}
	err = j.stage("things", func(dir string) error {
		return pipelines.Things(ctx, j.runner, m.tables, m.keys, m.decided(j), dir, j.thingsFormat())
	})
	if err != nil {
		return err
	}
	j.say("%s", j.rowsLine())
	m.summary(j)
	m.show(j)
	if err := j.writePage(ctx); err != nil {
		return err
	}
	j.sayReport()
	return nil
}

// thingsFormat is that of the table of things.
func (j *job) thingsFormat() string { return cmp.Or(j.format, format.Delimited.Name) }

// decided says which records are of one thing, for the table of things.
func (m *matched) decided(j *job) matching.Decided {
	d := matching.Decided{Number: map[match.Place]int64{}, Survivor: map[match.Place]matching.Survivor{}}
	for i, c := range m.clusters {
		var records [][]string
		for _, at := range c {
			d.Number[at] = int64(i + 1)
			pick, _ := pipelines.Surviving(m.tables, int(at.Side))
			cells := m.records.Cells(at)
			one := make([]string, len(pick))
			for k, from := range pick {
				one[k] = cells[from]
			}
			records = append(records, one)
		}
		d.Survivor[c[0]] = matching.Survivor{Records: len(c), Cells: match.Survivor(records)}
	}
	next := int64(len(m.clusters))
	for side, l := range m.learned {
		for file := range m.tables[side].Sources {
			d.Offsets[side] = append(d.Offsets[side], next)
			next += l.Files[file].Read
		}
	}
	if j.thingsFormat() == format.Delimited.Name {
		return d
	}
	_, names := pipelines.Surviving(m.tables, 0)
	for _, name := range matching.ThingColumns(names) {
		d.Schema.Columns = append(d.Schema.Columns, table.Column{Name: name, Type: table.Int64, Role: table.RoleNumeric, Presence: table.Optional})
	}
	inferred := profile.Infer(m.learned[0].Profile, profile.Options{})
	for _, name := range names {
		c, _ := inferred.Column(name)
		c.Presence, c.Closed = table.Optional, false
		if len(m.tables) == 2 { // the other may write it otherwise
			c = table.Column{Name: name, Type: table.String, Role: table.RoleText, Presence: table.Optional}
		}
		d.Schema.Columns = append(d.Schema.Columns, c)
	}
	return d
}

// decide keeps what holds together of what was found.
func (m *matched) decide(found matching.Found) {
	m.pairs = match.Decide(found.Pairs, m.model.Two)
	m.clusters = match.Clusters(m.pairs)
	m.records = found.Records
}

// learn reads the tables once, and learns how to compare their records.
func (m *matched) learn(ctx context.Context, j *job) error {
	var samples []match.Cells
	rows := int64(0)
	learned := make([]pipelines.Learned, len(j.data))
	m.learned = learned
	for i, data := range j.data {
		t, err := open(ctx, j.spec, []string{data}, "")
		if err != nil {
			return err
		}
		if key := j.spec.Data.Key; slices.Contains(t.Columns, key) {
			t.Key = key
		} else if key != "" && i == 0 {
			return fault.Usagef("%s: the key %q is not a column%s", t.Name(), key, fault.Hint(key, t.Columns, "; the columns are "+fault.Few(t.Columns)))
		}
		m.tables = append(m.tables, pipelines.MatchedTable{Table: t})
		err = j.stage("profile"+[]string{"", " of the second"}[i], func(dir string) error {
			learned[i], err = pipelines.Learn(ctx, j.runner, &m.tables[i].Table, dir, pipelines.Options{Sample: sample.Budget})
			return err
		})
		m.keys[i] = t.Key
		if c, ok := profile.Infer(learned[i].Profile, profile.Options{}).ByRole(table.RoleKey); ok && t.Key == "" {
			m.keys[i] = c.Name
		}
		if learned[i].Planned != nil {
			if err := j.count(t, learned[i].Count); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	if err := m.choose(learned); err != nil {
		return err
	}
	for i := range learned {
		l := &learned[i]
		m.tables[i].Records, m.tables[i].Size = l.Sample.Seen, l.Sample.Size()
		l.Sample.Shrink(dedupeSample)
		samples = m.sample(samples, l, i)
		rows += l.Sample.Seen
	}
	m.model = match.Learn(m.compared, samples, rows)
	if p := j.threshold; j.changed("threshold") {
		m.model.Least = math.Log(p / (1 - p))
	}
	return nil
}

// dedupeSample bounds the records of a table that are learned from, in bytes.
const dedupeSample = 12 << 20

// choose finds the columns to compare: those that the tables have by the same name, and
// of two tables those that hold the same things. What only names the records of a table
// is left out.
func (m *matched) choose(learned []pipelines.Learned) error {
	first, last := m.tables[0], m.tables[len(m.tables)-1]
	names := m.ownNames(learned)
	var alone [2]map[string][]string // columns that the other table has not
	for i, t := range m.tables {
		var own []int
		for k, name := range t.Columns {
			switch {
			case name == t.Key || names[name]:
			case !slices.Contains(m.tables[len(m.tables)-1-i].Columns, name):
				own = append(own, k)
			case i == 0:
				m.compared = append(m.compared, name)
				m.tables[0].Compared = append(m.tables[0].Compared, k)
				if len(m.tables) > 1 {
					m.tables[1].Compared = append(m.tables[1].Compared, slices.Index(last.Columns, name))
				}
			}
		}
		alone[i] = map[string][]string{}
		for j, cells := range cellsOf(&learned[i], own) {
			alone[i][t.Columns[own[j]]] = cells
		}
	}
	if len(m.tables) > 1 {
		m.joined = match.Join(alone[0], alone[1])
		for _, p := range m.joined {
			m.compared = append(m.compared, p[0])
			m.tables[0].Compared = append(m.tables[0].Compared, slices.Index(first.Columns, p[0]))
			m.tables[1].Compared = append(m.tables[1].Compared, slices.Index(last.Columns, p[1]))
		}
	}
	if len(m.compared) == 0 {
		return fault.Dataf("%s and %s have no column in common to compare, by its name or by what it holds; their columns are %s and %s",
			first.Name(), last.Name(), fault.Few(first.Columns), fault.Few(last.Columns))
	}
	if m.common = len(m.compared); m.common > match.MostCompared {
		keep := match.MostTelling(cellsOf(&learned[0], m.tables[0].Compared), match.MostCompared)
		m.compared = chosen(m.compared, keep)
		for i := range m.tables {
			m.tables[i].Compared = chosen(m.tables[i].Compared, keep)
		}
	}
	return nil
}

// chosen are the elements at some places.
func chosen[T any](of []T, places []int) (out []T) {
	for _, k := range places {
		out = append(out, of[k])
	}
	return out
}

// cellsOf is the cells of some columns in the sample of a table.
func cellsOf(l *pipelines.Learned, of []int) [][]string {
	cells := make([][]string, len(of))
	l.Sample.Each(func(row []string) {
		for i, k := range of {
			cells[i] = append(cells[i], row[k])
		}
	})
	return cells
}

// ownNames are the columns that name the records of each table, and of each other's
// none: they are called so, and have no value twice.
func (m *matched) ownNames(learned []pipelines.Learned) map[string]bool {
	out := map[string]bool{}
	var keys []string
	for i := range learned {
		s := profile.Infer(learned[i].Profile, profile.Options{})
		if key, ok := s.ByRole(table.RoleKey); ok {
			keys = append(keys, key.Name)
		}
	}
	if len(keys) < len(learned) {
		return out
	}
	if len(keys) == 2 && keys[0] == keys[1] {
		seen := map[string]bool{}
		for _, cell := range cellsOf(&learned[0], []int{slices.Index(m.tables[0].Columns, keys[0])})[0] {
			seen[cell] = true
		}
		for _, cell := range cellsOf(&learned[1], []int{slices.Index(m.tables[1].Columns, keys[1])})[0] {
			if seen[cell] {
				return out // it may be the same name for the same thing
			}
		}
	}
	for _, k := range keys {
		out[k] = true
	}
	return out
}

func (m *matched) sample(to []match.Cells, l *pipelines.Learned, side int) []match.Cells {
	at := m.tables[side].Compared
	n := int64(0)
	l.Sample.Each(func(cells []string) {
		n++
		c := match.Cells{Place: match.Place{Side: uint8(side), Row: n}, Cells: make([]string, len(at))}
		for k, from := range at {
			c.Cells[k] = cells[from]
		}
		to = append(to, c)
	})
	return to
}

const pairsHeader = "cluster,left_source,left_row,left_key,right_source,right_row,right_key,probability,why\n"

// pairsCSV writes the pairs, cluster by cluster.
func (m *matched) pairsCSV() []byte {
	cluster := map[match.Place]int{}
	for i, c := range m.clusters {
		for _, at := range c {
			cluster[at] = i + 1
		}
	}
	slices.SortFunc(m.pairs, func(a, b match.Pair) int {
		return cmp.Or(cmp.Compare(cluster[a.A], cluster[b.A]), a.Compare(b))
	})
	out := []byte(pairsHeader)
	matcher := match.NewMatcher(m.model)
	record := func(at match.Place) *match.Record {
		r := matcher.Record(match.Cells{Place: at, Cells: m.compare(at)})
		return &r
	}
	for _, p := range m.pairs {
		out = strconv.AppendInt(out, int64(cluster[p.A]), 10)
		for _, at := range []match.Place{p.A, p.B} {
			t := m.tables[at.Side]
			key := ""
			if k := slices.Index(t.Columns, m.keys[at.Side]); k >= 0 {
				key = m.records.Cells(at)[k]
			}
			out = field(out, t.Sources[at.File].Name())
			out = field(out, strconv.FormatInt(at.Row, 10))
			out = field(out, key)
		}
		out = append(out, ',')
		probability, reasons := matcher.Reasons(record(p.A), record(p.B))
		out = number.Append(out, number.Round(probability, 4))
		out = field(out, why(reasons))
		out = append(out, '\n')
	}
	return out
}

func field(out []byte, text string) []byte {
	return csv.AppendField(append(out, ','), text, csv.Default)
}

// why lists the columns, what speaks most for the pair first.
func why(reasons []match.Reason) string {
	slices.SortStableFunc(reasons, func(a, b match.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = fmt.Sprintf("%s %s %+.1f", r.Column, r.Level, r.Weight)
		if r.Level == "missing" {
			parts[i] = r.Column + " missing"
		}
	}
	return strings.Join(parts, "; ")
}

// compare picks the cells of a record that are compared.
func (m *matched) compare(at match.Place) []string {
	out := make([]string, len(m.compared))
	cells := m.records.Cells(at)
	for k, from := range m.tables[at.Side].Compared {
		out[k] = cells[from]
	}
	return out
}

// mostShown bounds the pairs of the page.
const mostShown = 100

// show adds pairs to the page, side by side, the least sure first.
func (m *matched) show(j *job) {
	p := &j.page
	p.Title = "Which records of " + ownName(m.tables[0].Name()) + " are of one thing"
	if m.model.Two {
		p.Title = "Which records of " + ownName(m.tables[0].Name()) + " are in " + ownName(m.tables[1].Name())
	}
	p.Facts = append(p.Facts, report.Fact{Name: "records read", Value: grouped(j.run.Rows.Read)}, report.Fact{Name: "pairs of one thing", Value: grouped(int64(len(m.pairs)))},
		report.Fact{Name: "things of several records", Value: grouped(int64(len(m.clusters)))})
	order := slices.SortedStableFunc(slices.Values(m.pairs), func(a, b match.Pair) int { return cmp.Compare(a.Odds, b.Odds) })
	for _, pair := range order[:min(len(order), mostShown)] {
		left, right := m.compare(pair.A), m.compare(pair.B)
		shown := report.Pair{Probability: number.Shown(1/(1+math.Exp(-pair.Odds)), 3), Left: m.placeOf(pair.A), Right: m.placeOf(pair.B)}
		for k, name := range m.compared {
			shown.Fields = append(shown.Fields, report.PairField{Column: name, Left: brief(left[k]), Right: brief(right[k]), Same: left[k] == right[k]})
		}
		p.Pairs = append(p.Pairs, shown)
	}
	p.MorePairs = grouped(int64(max(len(order)-mostShown, 0)))
}

// placeOf says where a record is, with its key where it has one.
func (m *matched) placeOf(at match.Place) string {
	t := m.tables[at.Side]
	text := fmt.Sprintf("%s, row %s", ownName(t.Sources[at.File].Name()), grouped(at.Row))
	if k := slices.Index(t.Columns, m.keys[at.Side]); k >= 0 {
		text += ", " + t.Columns[k] + " " + brief(m.records.Cells(at)[k])
	}
	return text
}

// summary tells what was found, and by which keys.
func (m *matched) summary(j *job) {
	records := 0
	for _, c := range m.clusters {
		records += len(c)
	}
	if m.model.Two {
		j.say("%s records are in both tables.", grouped(int64(len(m.pairs))))
	} else {
		j.say("%s records are of %s things: %s pairs.", grouped(int64(records)), grouped(int64(len(m.clusters))), grouped(int64(len(m.pairs))))
	}
	if m.model.Strict {
		j.say("  Records that are alike differ here in what tells things apart, as the members of a family do; only those with at most one small error are taken for one.")
	}
	if m.common > len(m.compared) {
		j.say("  Compared by %d of %s columns, those that tell records apart the most.", len(m.compared), grouped(int64(m.common)))
	}
	for _, p := range m.joined {
		j.say("  %s is compared with %s, which holds the same.", p[0], p[1])
	}
	for _, k := range m.model.Blocking {
		var parts []string
		for _, p := range k.Parts {
			what := map[string]string{"all": "", "prefix": "the beginning of ", "rare": "a rare word of ", "rare_pair": "two rare words of "}[p.Take]
			parts = append(parts, what+m.model.Columns[p.Column].Name)
		}
		j.say("  Compared where they share %s.", strings.Join(parts, " and "))
	}
	in := func(name string) string { return store.Join(j.folder.Dir, name) }
	j.say("The pairs are in %s, the table without what is there twice in %s, the thing of each record in %s.", in(outdir.Pairs), j.where(outdir.Survived(j.thingsFormat())), in(outdir.Clusters))
}
