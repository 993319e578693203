package avrorows

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/beamline-go/beamline/internal/grid"
)

// maxDepth bounds how deep types, and values, may be in each other.
const maxDepth = 64

// schema is a type of Avro.
type schema struct {
	kind    string    // null, boolean, int, long, float, double, bytes, string, record, enum, array, map, fixed, union
	logical string    // what a value of that kind means, if it means more
	scale   int       // of a decimal
	size    int       // of a fixed
	symbols []string  // of an enum
	fields  []field   // of a record
	items   *schema   // of an array or a map
	union   []*schema // of a union
}

type field struct {
	name string
	*schema
}

var primitives = map[string]bool{"null": true, "boolean": true, "int": true, "long": true, "float": true, "double": true, "bytes": true, "string": true}

// parser reads a schema, in which names stand for types that came before.
type schemaParser struct {
	named map[string]*schema
	count int
}

// maxTypes bounds the types of a schema.
const maxTypes = 1 << 16

func parseSchema(text []byte) (*schema, error) {
	p := schemaParser{named: map[string]*schema{}}
	return p.parse(text, "", 0)
}

// parse reads a type in a namespace.
func (p *schemaParser) parse(text json.RawMessage, space string, depth int) (*schema, error) {
	if p.count++; depth > maxDepth || p.count > maxTypes {
		return nil, fmt.Errorf("the schema is too large")
	}
	var name string
	if json.Unmarshal(text, &name) == nil {
		return p.byName(name, space)
	}
	var union []json.RawMessage
	if json.Unmarshal(text, &union) == nil {
		out := &schema{kind: "union"}
		for _, t := range union {
			s, err := p.parse(t, space, depth+1)
			if err != nil {
				return nil, err
			}
			out.union = append(out.union, s)
		}
		return out, nil
	}
	var t struct {
		Type, Items, Values          json.RawMessage
		Name, Namespace, LogicalType string
		Fields                       []struct {
			Name string
			Type json.RawMessage
		}
		Symbols     []string
		Size, Scale int
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("the schema: %w", err)
	}
	var kind string
	if json.Unmarshal(t.Type, &kind) != nil {
		return p.parse(t.Type, space, depth+1) // a type in a type
	}
	out := &schema{kind: kind, logical: t.LogicalType, scale: t.Scale, size: t.Size, symbols: t.Symbols}
	if i := strings.LastIndex(t.Name, "."); i >= 0 {
		t.Namespace, t.Name = t.Name[:i], t.Name[i+1:]
	}
	if t.Namespace != "" {
		space = t.Namespace
	}
	switch kind {
	case "record", "error", "enum", "fixed":
		p.named[full(t.Name, space)] = out // its fields may name it
		if out.size < 0 || out.size > maxValue {
			return nil, fmt.Errorf("the schema: %q has %d bytes", t.Name, out.size)
		}
		if kind != "enum" && kind != "fixed" {
			out.kind = "record"
		}
		for _, f := range t.Fields {
			s, err := p.parse(f.Type, space, depth+1)
			if err != nil {
				return nil, err
			}
			out.fields = append(out.fields, field{f.Name, s})
		}
		return out, nil
	case "array", "map":
		inner := t.Items
		if kind == "map" {
			inner = t.Values
		}
		var err error
		out.items, err = p.parse(inner, space, depth+1)
		return out, err
	}
	if !primitives[kind] {
		return p.byName(kind, space)
	}
	return out, nil
}

func (p *schemaParser) byName(name, space string) (*schema, error) {
	if primitives[name] {
		return &schema{kind: name}, nil
	}
	for _, n := range []string{full(name, space), name} {
		if s := p.named[n]; s != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("the schema names a type %q that is not there", name)
}

func full(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// nested returns the record that a value of the type is, or may be: a record, or a
// union of one and null. Of others it is nil.
func (s *schema) nested() *schema {
	if s.kind == "record" {
		return s
	}
	var found *schema
	for _, u := range s.union {
		if u.kind == "null" {
			continue
		}
		if u.kind != "record" || found != nil {
			return nil
		}
		found = u
	}
	return found
}

// columns are the paths of the columns of a record. A record that is inside of itself
// stays a value there. Types that are named may stand in a schema many times, so that it is
// an error where the columns become too many.
func (s *schema) columns() ([]string, error) {
	var names grid.Names
	err := s.flatten(&names, "", map[*schema]bool{})
	return names.List, err
}

// flatten adds the paths of the columns of a record that is in those inside.
func (s *schema) flatten(names *grid.Names, prefix string, inside map[*schema]bool) error {
	inside[s] = true
	defer delete(inside, s)
	for _, f := range s.fields {
		var err error
		if r := f.nested(); r != nil && !inside[r] {
			err = r.flatten(names, prefix+f.name+".", inside)
		} else {
			err = names.Add(prefix + f.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
