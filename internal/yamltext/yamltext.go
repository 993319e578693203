// Package yamltext parses YAML that strangers wrote: what is nested too deep, or becomes too
// much where its aliases are followed, is an error before anything is made of it.
package yamltext

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a text.
const (
	maxBytes = 64 << 20
	maxDepth = 200       // of values in each other
	maxNodes = 4_000_000 // with those that aliases stand for
)

// Parse parses a text.
func Parse(text []byte) (*ast.File, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%d bytes of YAML, more than the %d that are read", len(text), maxBytes)
	}
	tokens := lexer.Tokenize(string(text))
	if err := nested(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, err
	}
	w := weigher{anchors: map[string]int{}}
	for _, doc := range file.Docs {
		if w.weight(doc.Body) > maxNodes {
			return nil, fmt.Errorf("the aliases make more than %d values of it", maxNodes)
		}
	}
	return file, nil
}

// Check reports whether a text is YAML that can be read with no harm.
func Check(text []byte) error {
	_, err := Parse(text)
	return err
}

// nested looks at how deep brackets, and lists that begin in one line, are in each other, and
// for tags that nothing is known of. What is nested by its indentation needs so much text that
// its size bounds it.
func nested(tokens token.Tokens) error {
	depth, row := 0, 0
	var unknown error
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		switch t.Type {
		case token.SequenceEntryType, token.MappingKeyType, token.TagType:
			row++
		default:
			row = 0
		}
		if max(depth, row) > maxDepth {
			return fmt.Errorf("line %d: more than %d values in each other", t.Position.Line, maxDepth)
		}
		if _, known := token.ReservedTagKeywordMap[token.ReservedTagKeyword(t.Value)]; t.Type == token.TagType && !known && unknown == nil {
			unknown = fmt.Errorf("line %d: there is no tag %s; write a text that begins with ! in quotes", t.Position.Line, t.Value)
		}
	}
	return unknown
}

// weigher counts the nodes of a document as they are once aliases are followed.
type weigher struct{ anchors map[string]int }

// weight is the nodes of one, up to a little more than maxNodes.
func (w weigher) weight(n ast.Node) int {
	sum := 1
	add := func(of ast.Node) {
		if sum <= maxNodes {
			sum += w.weight(of)
		}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			add(v)
		}
	case *ast.MappingValueNode:
		add(n.Key)
		add(n.Value)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			add(v)
		}
	case *ast.TagNode:
		add(n.Value)
	case *ast.AnchorNode:
		add(n.Value)
		w.anchors[n.Name.String()] = sum
	case *ast.AliasNode:
		sum += w.anchors[n.Value.String()]
	}
	return sum
}
