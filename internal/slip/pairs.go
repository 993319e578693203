package slip

import (
	"cmp"
	"slices"
	"strings"
)

// Value is a text and how often it is there.
type Value struct {
	Text  string
	Count int
}

// Pair is a value that may be a slip of another, as their places in a list.
type Pair struct {
	Rare, Lead int
	Edit       Edit
}

// Bounds of Pairs.
const (
	shortest = 2   // characters of a value that others may be slips of
	longest  = 160 //
	index    = 3e6 // entries of the index; the most frequent values come first
	mostOf   = 60  // values of a length that texts with several errors are held against
	leadSome = 5   // how often such a value is there, at least, and times as often
	mostPair = 2e5 // pairs that are found in all
	perValue = 12  // of one value
)

// Pairs finds the values that differ from another by one edit or by marks, or in
// some characters of a far more frequent one. values are the most frequent first.
// In each pair, Lead is at least as frequent and comes before Rare; a Lead is there
// twice at least. The pairs are in the order of Rare, then of Lead.
func Pairs(values []Value) []Pair {
	f := newFinder(values)
	var out []Pair
	for r := range values {
		if len(out) >= mostPair {
			break
		}
		out = append(out, f.of(r)...)
	}
	return out
}

// finder is an index of texts by what is left of them without one character.
type finder struct {
	values []Value
	runes  [][]rune
	at     map[uint64]int32 // the last entry with a hash
	entry  []entry
	byLen  map[int][]int32 // the most frequent values by length
	folded map[string][]int32
	sorted map[string][]int32 // by the words in order
}

type entry struct {
	value, next int32
}

func newFinder(values []Value) *finder {
	f := &finder{values: values, runes: make([][]rune, len(values)), at: map[uint64]int32{}, byLen: map[int][]int32{}, folded: map[string][]int32{}, sorted: map[string][]int32{}}
	for i, v := range values {
		r := []rune(v.Text)
		f.runes[i] = r
		if v.Count < 2 || len(r) < shortest || len(r) > longest {
			continue
		}
		if float64(len(f.entry)+len(r)) < index {
			deletions(r, func(h uint64) { f.add(h, int32(i)) })
			f.add(hash(r), int32(i))
		}
		if v.Count >= leadSome && len(f.byLen[len(r)]) < mostOf {
			f.byLen[len(r)] = append(f.byLen[len(r)], int32(i))
		}
		if key := bare(v.Text); key != "" {
			f.folded[key] = append(f.folded[key], int32(i))
		}
		if key := inOrder(v.Text); key != "" {
			f.sorted[key] = append(f.sorted[key], int32(i))
		}
	}
	return f
}

func (f *finder) add(h uint64, value int32) {
	last, ok := f.at[h]
	if !ok {
		last = -1
	} else if f.entry[last].value == value {
		return // the same letter twice in a row
	}
	f.at[h] = int32(len(f.entry))
	f.entry = append(f.entry, entry{value, last})
}

// of finds the pairs of one value.
func (f *finder) of(rare int) []Pair {
	r := f.runes[rare]
	if len(r) < 1 || len(r) > longest+1 {
		return nil
	}
	seen := map[int32]Edit{}
	try := func(h uint64) {
		at, ok := f.at[h]
		for ok && at >= 0 {
			e := f.entry[at]
			if int(e.value) < rare {
				if _, is := seen[e.value]; !is {
					seen[e.value] = f.between(rare, int(e.value))
				}
			}
			at = e.next
		}
	}
	try(hash(r))
	deletions(r, try)
	if n := len(r) - 2; n > 0 && r[n] == ' ' {
		try(hash(r[:n]))
	}
	f.marked(rare, seen)
	for _, lead := range f.byLen[len(r)] {
		if int(lead) >= rare || f.values[lead].Count < leadSome*f.values[rare].Count {
			continue
		}
		if e, is := seen[lead]; !is || e.Kind == None {
			seen[lead] = several(r, f.runes[lead])
		}
	}
	if key := bare(f.values[rare].Text); key != "" {
		for _, lead := range f.folded[key] {
			if e, is := seen[lead]; int(lead) < rare && (!is || e.Kind == None) {
				seen[lead] = f.respelled(rare, int(lead))
			}
		}
	}
	if key := inOrder(f.values[rare].Text); key != "" {
		for _, lead := range f.sorted[key] {
			if e, is := seen[lead]; int(lead) < rare && (!is || e.Kind == None) {
				seen[lead] = Edit{Kind: Permuted, N: 2}
			}
		}
	}
	out := make([]Pair, 0, len(seen))
	for lead, e := range seen {
		if e.Kind != None {
			out = append(out, Pair{rare, int(lead), e})
		}
	}
	slices.SortFunc(out, func(a, b Pair) int { return cmp.Compare(a.Lead, b.Lead) })
	return out[:min(len(out), perValue)]
}

func (f *finder) between(rare, lead int) Edit {
	if strings.EqualFold(f.values[rare].Text, f.values[lead].Text) {
		return Edit{}
	}
	return single(f.runes[rare], f.runes[lead])
}

// marked looks for the value without marks at its ends.
func (f *finder) marked(rare int, seen map[int32]Edit) {
	r := f.runes[rare]
	if len(r) < 3 || !isMark(r[len(r)-1]) {
		return
	}
	m := r[len(r)-1]
	end, head := len(r), 0
	for end > 0 && (r[end-1] == m || r[end-1] == ' ') {
		end--
	}
	for head < end && r[head] == m {
		head++
	}
	for _, from := range []int{0, head} {
		at, ok := f.at[hash(r[from:end])]
		for ok && at >= 0 {
			if e := f.entry[at]; int(e.value) < rare && seen[e.value].Kind == None {
				seen[e.value] = marks(r, f.runes[e.value])
			}
			at = f.entry[at].next
		}
	}
}

// respelled compares texts whose letters and digits are the same.
func (f *finder) respelled(rare, lead int) Edit {
	a, b := f.runes[rare], f.runes[lead]
	if strings.EqualFold(f.values[rare].Text, f.values[lead].Text) {
		return Edit{}
	}
	e := single(a, b)
	if e.Kind != None {
		return e
	}
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	return Edit{Kind: Spelling, At: head, N: 2}
}

// hash is the polynomial of the characters modulo 2^64; deletions can be had from
// its parts.
func hash(r []rune) uint64 {
	h := uint64(0)
	for _, c := range r {
		h = h*base + uint64(c) + 1
	}
	return h
}

const base = 0x9E3779B97F4A7C15

// deletions calls f with the hash of r without each of its characters.
func deletions(r []rune, f func(h uint64)) {
	var buffer [longest + 2]uint64
	tail := buffer[:0] // hash of what follows, from the end on
	power := [longest + 2]uint64{1}
	h, p := uint64(0), uint64(1)
	tail = append(tail, 0)
	for i := len(r) - 1; i >= 0; i-- {
		h += (uint64(r[i]) + 1) * p
		p *= base
		tail = append(tail, h)
		power[len(r)-i] = p
	}
	head := uint64(0)
	for i := range r {
		left := len(r) - i - 1
		f(head*power[left] + tail[left])
		head = head*base + uint64(r[i]) + 1
	}
}

// inOrder is the words of a text in the order of the alphabet, and what stands
// between them; empty where it has only one.
func inOrder(s string) string {
	words := strings.FieldsFunc(s, parts)
	if len(words) < 2 || len(s) > longest {
		return ""
	}
	slices.Sort(words)
	return strings.Join(words, " ") + "\x00" + strings.Map(func(r rune) rune {
		if parts(r) {
			return r
		}
		return -1
	}, s)
}

// parts reports whether a character parts words.
func parts(r rune) bool { return strings.ContainsRune(" -_/,;|", r) }
