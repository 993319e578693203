package features

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Bounds of a bag of words.
const (
	bagRows  = 2     // rows in which a word must stand
	bagWords = 20000 // words that are kept, the most frequent first
	maxToken = 40    // bytes of a word; longer ones are cut
)

// Bag counts the words of a free text: term frequency on a log scale times
// inverse document frequency, each row of length one (Salton and Buckley,
// "Term-weighting approaches in automatic text retrieval", 1988).
type Bag struct {
	Column string
	Words  []string // sorted
	IDF    []float64

	at map[string]int32
}

// Tokens calls word for each word of a text in lower case, and for the shape of
// each number (digits become 0), since which number it is says little and how
// long it is a lot.
func Tokens(text string, word func(string)) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("£$€!?", r)
	}) {
		token := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return '0'
			}
			return unicode.ToLower(r)
		}, w)
		word(token[:min(len(token), maxToken)])
	}
}

func fitBag(c *Column) Bag {
	rows := map[string]int{}
	for _, text := range c.Str {
		seen := map[string]bool{}
		Tokens(text, func(w string) {
			if !seen[w] {
				seen[w] = true
				rows[w]++
			}
		})
	}
	var words []string
	for w, n := range rows {
		if n >= bagRows {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(rows[b], rows[a]), cmp.Compare(a, b)) })
	words = words[:min(len(words), bagWords)]
	slices.Sort(words)
	b := Bag{Column: c.Name, Words: words, IDF: make([]float64, len(words))}
	for i, w := range words {
		b.IDF[i] = math.Log(float64(1+c.N())/float64(1+rows[w])) + 1
	}
	b.index()
	return b
}

// UnmarshalJSON reads a bag and makes it ready for use.
func (b *Bag) UnmarshalJSON(data []byte) error {
	type plain Bag
	if err := json.Unmarshal(data, (*plain)(b)); err != nil {
		return err
	}
	b.index()
	return nil
}

func (b *Bag) index() {
	b.at = make(map[string]int32, len(b.Words))
	for i, w := range b.Words {
		b.at[w] = int32(i)
	}
}

// row appends the words of one text, whose columns begin at first.
func (b *Bag) row(text string, first int32, out *Sparse) {
	var found []int32
	Tokens(text, func(w string) {
		if j, ok := b.at[w]; ok {
			found = append(found, j)
		}
	})
	slices.Sort(found)
	from := len(out.Values)
	length := 0.0
	for i := 0; i < len(found); {
		j := i
		for j < len(found) && found[j] == found[i] {
			j++
		}
		v := (1 + math.Log(float64(j-i))) * b.IDF[found[i]]
		length += v * v
		out.Index, out.Values = append(out.Index, first+found[i]), append(out.Values, v)
		i = j
	}
	if length = math.Sqrt(length); length > 0 {
		for k := from; k < len(out.Values); k++ {
			out.Values[k] /= length
		}
	}
}

// measuresPart is what can be told of a text without its words.
type measuresPart struct {
	Numbers []*numberPart // in the linear view
}

var measureNames = []string{"length", "words", "digits", "capitals", "punctuation"}

func fitMeasures(c *Column, tree bool) *measuresPart {
	p := &measuresPart{}
	if tree {
		return p
	}
	for _, x := range measures(c) {
		p.Numbers = append(p.Numbers, fitNumber(x, false, true))
	}
	return p
}

func measures(c *Column) [][]float64 {
	out := newColumns(len(measureNames), c.N())
	for i, text := range c.Str {
		var letters, words, digits, capitals, marks float64
		word := false
		for _, r := range text {
			letters++
			space := unicode.IsSpace(r)
			if !space && !word {
				words++
			}
			word = !space
			switch {
			case unicode.IsDigit(r):
				digits++
			case unicode.IsUpper(r):
				capitals++
			case unicode.IsPunct(r) || unicode.IsSymbol(r):
				marks++
			}
		}
		for j, v := range []float64{letters, words, digits, capitals, marks} {
			out[j][i] = v
		}
	}
	return out
}

func (p *measuresPart) width() int {
	if p.Numbers == nil {
		return len(measureNames)
	}
	n := 0
	for _, x := range p.Numbers {
		n += x.width()
	}
	return n
}

func (p *measuresPart) encode(c *Column, out [][]float64) {
	for j, x := range measures(c) {
		if p.Numbers == nil {
			copy(out[j], x)
			continue
		}
		w := p.Numbers[j].width()
		p.Numbers[j].encode(&Column{Num: x}, out[:w])
		out = out[w:]
	}
}

func (p *measuresPart) names(column string) []string {
	var out []string
	for j, m := range measureNames {
		name := column + " " + m
		if p.Numbers == nil {
			out = append(out, name)
		} else if p.Numbers[j].width() > 0 {
			out = append(out, p.Numbers[j].names(name)...)
		}
	}
	return out
}
