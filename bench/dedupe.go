package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	delimited "github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/inject"
)

// link is two records that are one, by their keys.
type link [2]string

func newLink(a, b string) link {
	if b < a {
		a, b = b, a
	}
	return link{a, b}
}

// dedupe measures how well duplicates are found, and how fast.
func (b *bench) dedupe() error {
	b.say("\n## Records of the same thing, nothing told\n")
	if b.data == "" {
		b.say("Not measured: BEAMLINE_DATA is not set.\n")
		return nil
	}
	b.say("The other tools' blocks and comparisons are set by hand (bench/linkage.py). P and R are of pairs.\n")
	b.say("| table | tool | P | R | F1 | seconds |\n|---|---|---|---|---|---|")
	folder := filepath.Join(b.data, "entities")
	for _, name := range []string{"dataset1", "dataset2"} {
		truth, err := samePersons(filepath.Join(folder, name+".csv"))
		if err != nil {
			return err
		}
		if err := b.linked(name, truth, false, "--key", "rec_id", filepath.Join(folder, name+".csv")); err != nil {
			return err
		}
	}
	truth, err := sameThings(filepath.Join(folder, "dblp-acm", "DBLP-ACM_perfectMapping.csv"))
	if err != nil {
		return err
	}
	err = b.linked("DBLP-ACM", truth, true, "--key", "id", filepath.Join(folder, "dblp-acm", "DBLP2.csv"), filepath.Join(folder, "dblp-acm", "ACM.csv"))
	if err != nil {
		return err
	}
	if err := b.linkers(folder); err != nil {
		return err
	}
	if err := b.manyPersons(); err != nil {
		return err
	}
	return b.repeated()
}

func (b *bench) linked(name string, truth map[link]bool, ordered bool, args ...string) error {
	out := filepath.Join(b.dir, "out-dedupe")
	m, err := b.times(append([]string{"dedupe", "--out", out, "--force", "--quiet"}, args...)...)
	if err != nil {
		return err
	}
	found, right, err := compareLinks(filepath.Join(out, "pairs.csv"), truth, ordered)
	if err != nil {
		return err
	}
	b.say("| %s | beamline | %.4f | %.4f | %.4f | %.1f |", name, share(right, found), share(right, len(truth)), 2*float64(right)/float64(found+len(truth)), m.wall)
	return nil
}

func compareLinks(path string, truth map[link]bool, ordered bool) (found, right int, err error) {
	records, err := readRecords(path)
	if err != nil {
		return 0, 0, err
	}
	for _, r := range records[1:] {
		l := link{r[3], r[6]}
		if !ordered {
			l = newLink(r[3], r[6])
		}
		found++
		if truth[l] {
			right++
		}
	}
	return found, right, nil
}

func readRecords(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReader(f))
	r.TrimLeadingSpace = true
	return r.ReadAll()
}

// samePersons are the pairs of a febrl table: records whose keys have the same
// number.
func samePersons(path string) (map[link]bool, error) {
	records, err := readRecords(path)
	if err != nil {
		return nil, err
	}
	groups := map[string][]string{}
	truth := map[link]bool{}
	for _, r := range records[1:] {
		person := strings.Split(r[0], "-")[1]
		for _, other := range groups[person] {
			truth[newLink(other, r[0])] = true
		}
		groups[person] = append(groups[person], r[0])
	}
	return truth, nil
}

func sameThings(path string) (map[link]bool, error) {
	records, err := readRecords(path)
	if err != nil {
		return nil, err
	}
	truth := map[link]bool{}
	for _, r := range records[1:] {
		truth[link{r[0], r[1]}] = true
	}
	return truth, nil
}

// linkers measures the other tools.
func (b *bench) linkers(folder string) error {
	if b.linkage == "" {
		b.say("| other tools | not measured, no python was named | | | | |")
		return nil
	}
	c := exec.Command(b.linkage, "bench/linkage.py", folder)
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err != nil {
		return fmt.Errorf("linkage.py: %w", err)
	}
	var all []struct {
		Table, Tool, Failed            string
		Precision, Recall, F1, Seconds float64
	}
	if err := json.Unmarshal(said, &all); err != nil {
		return fmt.Errorf("linkage.py: %w", err)
	}
	for _, r := range all {
		if r.Failed != "" {
			b.say("| %s | %s | failed: %s | | | |", r.Table, r.Tool, r.Failed)
			continue
		}
		b.say("| %s | %s | %.4f | %.4f | %.4f | %.1f |", r.Table, r.Tool, r.Precision, r.Recall, r.F1, r.Seconds)
	}
	return nil
}

// repeated puts copies of rows, with an error each, into clean tables. Of a pair
// that was there before it is not known whether it is right; it counts as wrong.
func (b *bench) repeated() error {
	b.say("\nCopies of rows with a typo in one cell, put into clean tables by internal/dirt; any other pair counts as wrong:\n")
	b.say("| table | rate | copies | pairs found | right | recall | precision |\n|---|---|---|---|---|---|---|")
	for _, c := range rightTables {
		if !slices.Contains([]string{"hospital", "beers", "movies", "penguins", "titanic"}, c.name) {
			continue
		}
		t, err := readText(filepath.Join(b.data, c.path), !c.noHeader)
		if err != nil {
			return err
		}
		for _, rate := range []float64{0, 0.01, 0.05, 0.2} {
			if err := b.repeatedIn(c.name, t, rate); err != nil {
				return err
			}
		}
	}
	b.say("")
	return nil
}

func (b *bench) repeatedIn(name string, t text, rate float64) error {
	rows, of := inject.Repeat(t.rows, rate, 11)
	path := filepath.Join(b.dir, "repeated.csv")
	data := []byte(delimited.Header(t.columns, delimited.Default))
	for _, r := range rows {
		data = delimited.AppendRecord(data, r, delimited.Default)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	truth := map[link]bool{}
	for i, from := range of {
		truth[newLink(strconv.Itoa(from+1), strconv.Itoa(len(t.rows)+i+1))] = true
	}
	out := filepath.Join(b.dir, "out-dedupe")
	if _, err := once("dedupe", path, "--out", out, "--force", "--quiet"); err != nil {
		return err
	}
	records, err := readRecords(filepath.Join(out, "pairs.csv"))
	if err != nil {
		return err
	}
	right := 0
	for _, r := range records[1:] {
		if truth[newLink(r[2], r[5])] {
			right++
		}
	}
	found := len(records) - 1
	if len(of) == 0 {
		b.say("| %s | 0 %% | 0 | %d | | | |", name, found)
		return nil
	}
	b.say("| %s | %.0f %% | %d | %d | %d | %.3f | %.3f |", name, 100*rate, len(of), found, right, share(right, len(of)), share(right, found))
	return nil
}

// manyPersons finds the duplicates among a million generated records.
func (b *bench) manyPersons() error {
	b.say("\nGenerated persons, a fifth of them there again with one to four errors (typos, empty or exchanged fields, another home), a third in the household of another (bench/dedupe.go):\n")
	b.say("| records | P | R | F1 | seconds | CPU seconds | peak MB |\n|---|---|---|---|---|---|---|")
	for _, n := range []int{20_000, 1_000_000} {
		path := filepath.Join(b.dir, "persons.csv")
		truth, err := writePersons(path, n)
		if err != nil {
			return err
		}
		out := filepath.Join(b.dir, "out-dedupe")
		m, err := once("dedupe", path, "--key", "id", "--out", out, "--force", "--quiet")
		if err != nil {
			return err
		}
		found, right, err := compareLinks(filepath.Join(out, "pairs.csv"), truth, false)
		if err != nil {
			return err
		}
		b.say("| %d | %.4f | %.4f | %.4f | %.1f | %.1f | %.0f |", n, share(right, found), share(right, len(truth)), 2*float64(right)/float64(found+len(truth)), m.wall, m.cpu, m.peak)
	}
	b.say("")
	return nil
}

// person is the fields of a record: given and family name, number, street, house,
// town, postcode, state, day of birth.
type person [9]string

// writePersons writes n records of persons and returns the pairs that are one.
func writePersons(path string, n int) (map[link]bool, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "id,given,family,number,street,house,town,postcode,state,born")
	g := newPersons()
	truth := map[link]bool{}
	written, last := 0, person{}
	for i := 0; written < n; i++ {
		p := g.person()
		if i > 0 && g.IntN(3) == 0 { // of the household before
			copy(p[1:8], last[1:8])
		}
		last = p
		ids := []string{fmt.Sprint(i)}
		fmt.Fprintf(w, "%s,%s\n", ids[0], strings.Join(p[:], ","))
		for k := 0; g.IntN(5) == 0 && k < 3; k++ {
			id := fmt.Sprintf("%d-%d", i, k)
			twin := g.spoil(p)
			fmt.Fprintf(w, "%s,%s\n", id, strings.Join(twin[:], ","))
			for _, other := range ids {
				truth[newLink(other, id)] = true
			}
			ids = append(ids, id)
		}
		written += len(ids)
	}
	return truth, errors.Join(w.Flush(), f.Close())
}

// persons draws names, some of which are frequent.
type persons struct {
	*rand.Rand
	given, family, streets, houses []string
	towns                          [][3]string
}

func newPersons() *persons {
	g := &persons{Rand: rand.New(rand.NewPCG(4, 4))}
	names := func(n, syllables int, end string) (out []string) {
		for range n {
			out = append(out, g.name(syllables)+end)
		}
		return out
	}
	g.given, g.family = names(2500, 2, ""), names(30000, 3, "")
	g.streets, g.houses = names(15000, 3, " street"), names(15000, 3, " house")
	for _, town := range names(2500, 3, "") {
		g.towns = append(g.towns, [3]string{town, fmt.Sprint(1000 + g.IntN(9000)), []string{"nsw", "vic", "qld", "wa", "sa"}[g.IntN(5)]})
	}
	return g
}

func (g *persons) name(syllables int) string {
	const onsets, vowels, codas = "bcdfghjklmnprstvw", "aeiou", " nrlst"
	var s []byte
	for range 1 + g.IntN(syllables) {
		s = append(s, onsets[g.IntN(len(onsets))], vowels[g.IntN(5)])
		if c := codas[g.IntN(len(codas))]; c != ' ' {
			s = append(s, c)
		}
	}
	return string(s)
}

// often picks one of some, the first ones more often.
func often[T any](g *persons, of []T) T {
	x := g.Float64()
	return of[int(x*x*float64(len(of)))]
}

func (g *persons) person() person {
	town := often(g, g.towns)
	return person{often(g, g.given), often(g, g.family), fmt.Sprint(1 + g.IntN(300)), often(g, g.streets), often(g, g.houses),
		town[0], town[1], town[2], fmt.Sprintf("%d%02d%02d", 1925+g.IntN(80), 1+g.IntN(12), 1+g.IntN(28))}
}

// spoil puts one to four errors into a record.
func (g *persons) spoil(p person) person {
	for range 1 + g.IntN(4) {
		k := g.IntN(len(p))
		switch x := g.IntN(20); {
		case x < 13 && p[k] != "":
			at := g.IntN(len(p[k]))
			letter := string("abcdefghijklmnopqrstuvwxyz"[g.IntN(26)])
			if p[k][at] >= '0' && p[k][at] <= '9' {
				letter = string("0123456789"[g.IntN(10)])
			}
			p[k] = p[k][:at] + []string{letter, "", letter + p[k][at:at+1]}[g.IntN(3)] + p[k][at+1:]
		case x < 15:
			p[k] = ""
		case x < 17:
			p[0], p[1] = p[1], p[0]
		case x < 18:
			other := g.person()
			copy(p[2:8], other[2:8])
		}
	}
	return p
}
