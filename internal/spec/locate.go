package spec

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/beamline-go/beamline/internal/yamltext"
)

var (
	// keyed begins a fault that names a key of the spec.
	keyed = regexp.MustCompile(`^([a-z_]+(?:\.[a-z_]+)*): `)
	// quotedTexts are texts that a fault quotes.
	quotedTexts = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// Locate puts the line and the column in front of a fault that is about what a spec says:
// of the key that it names, or of a value that it quotes or begins with. A fault about
// nothing in the spec stays as it is.
func Locate(name string, text []byte, fault string) string {
	if strings.HasPrefix(fault, name+":") {
		return fault
	}
	file, err := yamltext.Parse(text)
	if err != nil || len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return fault
	}
	body := file.Docs[0].Body
	var at ast.Node
	if m := keyed.FindStringSubmatch(fault); m != nil {
		at = byKey(body, strings.Split(m[1], "."))
	}
	for _, value := range values(fault) {
		if found := byValue(body, value); found != nil && (at == nil || within(at, found)) {
			at = found
			break
		}
	}
	if at == nil {
		return fault
	}
	return reader{name, strings.Split(string(text), "\n")}.wrong(at, "%s", fault).Error()
}

// values are texts of a fault that may stand in the spec: those that it quotes, and what
// stands before its first colon.
func values(fault string) (out []string) {
	for _, q := range quotedTexts.FindAllString(fault, -1) {
		if text, err := strconv.Unquote(q); err == nil && text != "" {
			out = append(out, text)
		}
	}
	if first, _, ok := strings.Cut(fault, ": "); ok {
		out = append(out, first)
	}
	return out
}

// byKey is the value of a key, or nil.
func byKey(n ast.Node, path []string) ast.Node {
	entries, _ := entries(n)
	for _, e := range entries {
		if e.Key.GetToken().Value != path[0] {
			continue
		}
		if len(path) == 1 {
			return e.Value
		}
		if found := byKey(e.Value, path[1:]); found != nil {
			return found
		}
		return e.Value
	}
	return nil
}

// byValue is the first scalar of that value, or nil. Keys are no values.
func byValue(n ast.Node, value string) ast.Node {
	for _, inner := range inside(n) {
		if found := byValue(inner, value); found != nil {
			return found
		}
	}
	if scalar, ok := n.(ast.ScalarNode); ok && scalar.GetToken().Value == value {
		return n
	}
	return nil
}

// within reports whether a node stands in another, or is it.
func within(outer, inner ast.Node) bool {
	return outer == inner || slices.ContainsFunc(inside(outer), func(n ast.Node) bool { return within(n, inner) })
}

// inside are the values that stand in a node.
func inside(n ast.Node) (out []ast.Node) {
	if list, ok := n.(*ast.SequenceNode); ok {
		return list.Values
	}
	all, _ := entries(n)
	for _, e := range all {
		out = append(out, e.Value)
	}
	return out
}
