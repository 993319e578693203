package jsonrows

// maxEnvelope is how deep in an object the array is looked for.
const maxEnvelope = 4

// envelope finds the array of records in a text that begins with one object, such as
// {"count": 2, "data": [{...}, {...}]}: of the arrays of objects that are in no other
// array, the one that is the least deep. It returns where its bracket stands, or 0, and
// whether several are equally deep. The text may end anywhere.
func envelope(data []byte) (at int, several bool) {
	s := scout{p: parser{data: data, lax: true}}
	s.object(0) // what is wrong behind the array is found when it is read
	return s.at, s.ties > 1
}

// scout looks for arrays of objects.
type scout struct {
	p     parser
	at    int
	depth int // of the array that was found
	ties  int // arrays that are as deep
}

func (s *scout) object(depth int) error {
	return s.p.object(func() error {
		switch p := &s.p; {
		case p.peek() == '{' && depth+1 < maxEnvelope:
			return s.object(depth + 1)
		case p.peek() == '[' && p.objects():
			s.found(depth)
		}
		return s.p.skip()
	})
}

func (s *scout) found(depth int) {
	if s.ties > 0 && depth > s.depth {
		return
	}
	if s.ties == 0 || depth < s.depth {
		s.at, s.depth, s.ties = s.p.pos, depth, 0
	}
	s.ties++
}

// objects reports whether the array at hand begins with an object.
func (p *parser) objects() bool {
	q := parser{data: p.data, pos: p.pos + 1}
	q.space()
	return q.peek() == '{'
}
