package jsonrows

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth bounds how deep objects and arrays may be in each other.
const MaxDepth = 200

// maxPath bounds the path of a member: the names of the objects that it is in, and its own.
const maxPath = 16 << 10

// syntaxError is what is wrong with a JSON text, and where.
type syntaxError struct {
	at   int
	what string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d of the record", e.what, e.at+1)
}

// parser reads one JSON text (RFC 8259), strictly, or but for some words.
type parser struct {
	data  []byte
	pos   int
	depth int
	lax   bool   // numbers that JSON lacks are taken
	path  []byte // of the member that is read
	cell  []byte // scratch for texts with escapes
}

// Check reports what is wrong with a JSON text of any kind.
func Check(data []byte) error {
	p := parser{data: data}
	p.space()
	if err := p.skip(); err != nil {
		return err
	}
	return p.end()
}

func (p *parser) fail(what string) error { return &syntaxError{p.pos, what} }

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

func (p *parser) end() error {
	if p.space(); p.pos < len(p.data) {
		return p.fail("something follows the value")
	}
	return nil
}

func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return p.fail(fmt.Sprintf("more than %d levels", MaxDepth))
	}
	p.pos++
	p.space()
	return nil
}

// bare are values without quotes: those of JSON, and the numbers that it lacks and that Python and
// JavaScript write.
var bare = []string{"true", "false", "null", "NaN", "Infinity", "-Infinity"}

func (p *parser) words() []string {
	if p.lax {
		return bare
	}
	return bare[:3]
}

// skip reads a value of any kind.
func (p *parser) skip() error {
	switch c := p.peek(); {
	case c == '{':
		return p.object(func() error { return p.skip() })
	case c == '[':
		return p.array()
	case c == '"':
		_, err := p.text()
		return err
	case c == '-' && !(p.lax && bytes.HasPrefix(p.data[p.pos:], []byte("-I"))), c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range p.words() {
		if n := p.pos + len(word); n <= len(p.data) && string(p.data[p.pos:n]) == word {
			p.pos = n
			return nil
		}
	}
	if p.pos >= len(p.data) {
		return p.fail("the text ends where a value is expected")
	}
	return p.fail("no value begins so")
}

func (p *parser) array() error {
	if err := p.enter(); err != nil {
		return err
	}
	defer func() { p.depth-- }()
	if p.peek() == ']' {
		p.pos++
		return nil
	}
	for {
		if err := p.skip(); err != nil {
			return err
		}
		if more, err := p.more(']'); !more {
			return err
		}
	}
}

// more reads what stands behind an element: a comma, or the end.
func (p *parser) more(shut byte) (bool, error) {
	p.space()
	switch p.peek() {
	case ',':
		p.pos++
		p.space()
		return true, nil
	case shut:
		p.pos++
		return false, nil
	}
	return false, p.fail(fmt.Sprintf("neither a comma nor %q", shut))
}

// object reads an object; value reads the value of the member whose path is
// p.path.
func (p *parser) object(value func() error) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer func() { p.depth-- }()
	if p.peek() == '}' {
		p.pos++
		return nil
	}
	before := len(p.path)
	for {
		if p.peek() != '"' {
			return p.fail("no name of a member")
		}
		name, err := p.text()
		if err != nil {
			return err
		}
		if before+len(name) > maxPath {
			return p.fail(fmt.Sprintf("names of more than %d bytes, one in the other", maxPath))
		}
		p.path = append(p.path[:before], name...)
		if p.space(); p.peek() != ':' {
			return p.fail("no colon behind the name of a member")
		}
		p.pos++
		p.space()
		if err := value(); err != nil {
			return err
		}
		p.path = p.path[:before]
		if more, err := p.more('}'); !more {
			return err
		}
	}
}

// record reads an object and calls use with each value that is no object, and
// its path. Both are valid until use returns. A null has no text.
func (p *parser) record(use func(path, cell []byte) error) error {
	p.lax = true
	p.space()
	if p.peek() != '{' {
		return p.fail("the record is no object")
	}
	if err := p.object(func() error { return p.member(use) }); err != nil {
		return err
	}
	return p.end()
}

func (p *parser) member(use func(path, cell []byte) error) error {
	start := p.pos
	switch p.peek() {
	case '{':
		p.path = append(p.path, '.')
		return p.object(func() error { return p.member(use) })
	case '"':
		cell, err := p.text()
		if err != nil {
			return err
		}
		return use(p.path, cell)
	case 'n':
		if err := p.skip(); err != nil {
			return err
		}
		return use(p.path, nil)
	}
	if err := p.skip(); err != nil {
		return err
	}
	return use(p.path, p.data[start:p.pos])
}

// text reads a string, and returns what it says: a part of the data, or, where it
// has escapes, of a scratch that the next call writes over.
func (p *parser) text() ([]byte, error) {
	p.pos++
	start := p.pos
	ascii := true
	for ; p.pos < len(p.data); p.pos++ {
		switch c := p.data[p.pos]; {
		case c == '"':
			out := p.data[start:p.pos]
			if !ascii && !utf8.Valid(out) {
				return nil, p.fail("a text that is not UTF-8")
			}
			p.pos++
			return out, nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return nil, p.fail("a control character in a text")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, p.fail("a text that is not closed")
}

// escaped reads on a string at its first escape.
func (p *parser) escaped(start int) ([]byte, error) {
	p.cell = append(p.cell[:0], p.data[start:p.pos]...)
	for p.pos < len(p.data) {
		c := p.data[p.pos]
		switch {
		case c == '"':
			p.pos++
			if !utf8.Valid(p.cell) {
				return nil, p.fail("a text that is not UTF-8")
			}
			return p.cell, nil
		case c < 0x20:
			return nil, p.fail("a control character in a text")
		case c != '\\':
			p.cell = append(p.cell, c)
			p.pos++
			continue
		}
		if err := p.escape(); err != nil {
			return nil, err
		}
	}
	return nil, p.fail("a text that is not closed")
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escape() error {
	p.pos++
	c := p.peek()
	if to, ok := escapes[c]; ok {
		p.cell = append(p.cell, to)
		p.pos++
		return nil
	}
	if c != 'u' {
		return p.fail("no escape of JSON")
	}
	r, err := p.hex()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		if p.peek() != '\\' || p.pos+1 >= len(p.data) || p.data[p.pos+1] != 'u' {
			return p.fail("half of a surrogate pair")
		}
		p.pos++
		low, err := p.hex()
		if err != nil {
			return err
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return p.fail("half of a surrogate pair")
		}
	}
	p.cell = utf8.AppendRune(p.cell, r)
	return nil
}

// hex reads u and four digits.
func (p *parser) hex() (rune, error) {
	if p.pos+5 > len(p.data) {
		return 0, p.fail("a text that is not closed")
	}
	n, err := strconv.ParseUint(string(p.data[p.pos+1:p.pos+5]), 16, 16)
	if err != nil {
		return 0, p.fail("no four hexadecimal digits behind \\u")
	}
	p.pos += 5
	return rune(n), nil
}

// number reads a number, which stays as it is written.
func (p *parser) number() error {
	if p.peek() == '-' {
		p.pos++
	}
	if p.peek() == '0' {
		p.pos++
	} else if p.digits() == 0 {
		return p.fail("no digit")
	}
	if p.peek() == '.' {
		p.pos++
		if p.digits() == 0 {
			return p.fail("no digit behind the point")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if p.digits() == 0 {
			return p.fail("no digit in the exponent")
		}
	}
	return nil
}

func (p *parser) digits() int {
	start := p.pos
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.pos++
	}
	return p.pos - start
}
