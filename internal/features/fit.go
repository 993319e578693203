package features

// Bounds by which Fit decides.
const (
	rareRows       = 5   // rows that a level must have; rarer ones are pooled
	maxLevels      = 100 // levels of a one-hot encoding
	missingRows    = 5   // rows that must lack a value for an indicator of it
	lowCardinality = 20  // distinct whole numbers that are also taken as levels
	treeLevels     = 10  // levels of a one-hot encoding in the tree view
)

// Fit learns an encoder from the rows of f, which are the training rows, and
// returns their matrix too. The two differ from Transform only where the target
// is looked at: training rows are then encoded out of fold. Of very many columns the tree
// view has those that tell most of the target.
func Fit(f *Frame, t Target, o Options) (*Encoder, *Matrix, error) {
	if o.View == Tree {
		f = screen(f, t)
	}
	b := builder{e: &Encoder{View: o.View}, m: &Matrix{N: f.N}, o: o}
	if f.has(func(c *Column) bool { return c.Kind == Word && len(c.Order) == 0 }) {
		b.values = t.values()
		if o.View == Tree && len(b.values) == 1 {
			b.effects = fitEffects(f, b.values)
		}
		if b.effects != nil {
			b.rests = b.effects.rests(f, b.values)
		}
	}
	for i := range f.Columns {
		b.column(f, &f.Columns[i])
	}
	return b.e, b.m, b.e.bags(f, b.m)
}

type builder struct {
	e *Encoder
	m *Matrix
	o Options

	values  [][]float64 // of the target, where there are words
	effects *effects    // of the columns, or nil
	rests   [][]float64 // of the target without them
}

// of is the values of the target as far as a column tells them, when the others are held.
func (b *builder) of(f *Frame, c *Column) [][]float64 {
	if b.effects == nil {
		return b.values
	}
	out := newColumns(len(b.rests), c.N())
	for v := range out {
		copy(out[v], b.rests[v])
	}
	b.effects.add(f, c.Name, 1, out)
	return out
}

func (b *builder) column(f *Frame, c *Column) {
	tree := b.o.View == Tree
	switch c.Kind {
	case Number:
		if tree {
			b.e.Parts = append(b.e.Parts, Named{c.Name, "raw", &rawPart{}})
			b.m.Dense = append(b.m.Dense, c.Num) // as it is; nobody writes to it
			return
		}
		if b.o.Plain {
			b.addIf(c, "number", fitNumber(c.Num, false, false).unclipped(c))
			return
		}
		b.addIf(c, "number", fitNumber(c.Num, b.o.Squares, true))
		b.addIf(c, "one_hot", fitWholeLevels(c))
	case Time:
		b.addIf(c, "date", fitDate(c, tree))
	case Text:
		b.addIf(c, "text_measures", fitMeasures(c, tree))
		if b.o.Text {
			if bag := fitBag(c); len(bag.Words) > 0 {
				b.e.Bags = append(b.e.Bags, bag)
			}
		}
	case Word:
		b.word(f, c, tree)
	}
}

func (b *builder) word(f *Frame, c *Column, tree bool) {
	if len(c.Order) > 0 {
		b.addIf(c, "ordinal", fitOrdinal(c, b.o.Squares, tree))
		return
	}
	levels, counts := levelsOf(c)
	if !tree {
		b.addIf(c, "one_hot", fitOneHot(levels, counts, maxLevels, c.N(), true))
	}
	if tree && len(levels) <= treeLevels {
		b.addIf(c, "one_hot", fitOneHot(levels, counts, maxLevels, c.N(), false))
	}
	if len(levels) > treeLevels || tree && len(levels) > 2 && len(b.values) == 1 {
		p, own := fitMeans(c, b.of(f, c), !tree)
		b.e.Parts = append(b.e.Parts, Named{c.Name, "target_mean", p})
		b.m.Dense = append(b.m.Dense, own...)
	}
}

// add takes a part on, and encodes the training rows with it.
func (b *builder) add(c *Column, kind string, p part) {
	out := newColumns(p.width(), c.N())
	p.encode(c, out)
	b.e.Parts = append(b.e.Parts, Named{c.Name, kind, p})
	b.m.Dense = append(b.m.Dense, out...)
}

// addIf takes a part on that has columns.
func (b *builder) addIf(c *Column, kind string, p part) {
	if p.width() > 0 {
		b.add(c, kind, p)
	}
}

// N is the number of rows.
func (c *Column) N() int { return max(len(c.Num), len(c.Str)) }
