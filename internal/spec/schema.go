package spec

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/beamline-go/beamline/internal/api"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/place"
)

// Key is a key of a spec.
type Key struct {
	Path, Type, Doc string
	Default         string   // empty where there is none
	One             []string // the values that it may have; nil is any
}

// Choices are the values that a key may have which others know, by its path, such as
// goal.metric; and the names of the learners under models, and of the rules under clean.
type Choices map[string][]string

// Keys lists all keys in their order, each mapping before what is in it.
func Keys(c Choices) []Key { return keysOf(reflect.ValueOf(Default()), "", c) }

// DatabaseKeys lists the keys of a table of a database, where a spec has it in parts.
func DatabaseKeys(c Choices) []Key { return keysOf(reflect.ValueOf(place.Parts{}), "", c) }

// APIKeys lists the keys of what is asked of an API.
func APIKeys(c Choices) []Key { return keysOf(reflect.ValueOf(api.Request{}), "", c) }

// StepKeys lists the keys of a step.
func StepKeys(c Choices) []Key { return keysOf(reflect.ValueOf(mapping.Step{}), "", c) }

func keysOf(v reflect.Value, path string, c Choices) (keys []Key) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		k := Key{Path: below(path, f), Doc: f.Tag.Get("doc"), Type: typeName(f.Type)}
		k.One = c.of(f, k.Path)
		inner := f.Type.Kind() == reflect.Struct && (special(f.Type) == nil || f.Type == reflect.TypeFor[Split]())
		if !inner && !v.Field(i).IsZero() {
			k.Default = fmt.Sprint(v.Field(i).Interface())
		}
		keys = append(keys, k)
		switch {
		case inner:
			keys = append(keys, keysOf(v.Field(i), k.Path, c)...)
		case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct && special(f.Type.Elem()) == nil:
			keys = append(keys, keysOf(reflect.New(f.Type.Elem()).Elem(), k.Path, c)...)
		}
	}
	return keys
}

// below is the path of a field of what is at path.
func below(path string, f reflect.StructField) string {
	return strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), ".")
}

// of are the values that a field may have; nil is any, or of several forms.
func (c Choices) of(f reflect.StructField, path string) []string {
	if one := f.Tag.Get("one"); one != "" {
		return strings.Split(one, ",")
	}
	if special(f.Type) != nil {
		return nil
	}
	return c[path]
}

// typeName says what a value is, as faults say it.
func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Paths]():
		return "a name, a table of a database, or a list of them"
	case reflect.TypeFor[Place]():
		return "a text or a mapping"
	case reflect.TypeFor[place.Secret]():
		return "{env: NAME} or {file: PATH}"
	case reflect.TypeFor[By]():
		return "a text or a mapping"
	case reflect.TypeFor[Bytes]():
		return "a size, such as 4GB"
	case reflect.TypeFor[Time]():
		return "a time, such as 2h"
	case reflect.TypeFor[Steps]():
		return "a list of mappings"
	case reflect.TypeFor[mapping.Pairs]():
		return "a mapping"
	case reflect.TypeFor[Clean](), reflect.TypeFor[Models](), reflect.TypeFor[Features]():
		return "a text or a list"
	}
	return describe(t)
}

// Schema is the JSON Schema (draft 2020-12) of a spec, for editors that complete and
// check what is written.
func Schema(c Choices) map[string]any {
	s := object(reflect.TypeFor[Spec](), "", c)
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "beamline.yaml"
	return s
}

func object(t reflect.Type, path string, c Choices) map[string]any {
	properties := map[string]any{}
	for i := range t.NumField() {
		f := t.Field(i)
		at := below(path, f)
		p := schemaOf(f.Type, at, c)
		if one := c.of(f, at); one != nil {
			p = oneOf(one...)
		}
		p["description"] = f.Tag.Get("doc")
		properties[f.Tag.Get("yaml")] = p
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// parts is a mapping that has to say where.
func parts(t reflect.Type, c Choices) map[string]any {
	o := object(t, "", c)
	o["required"] = []string{"at"}
	return o
}

func schemaOf(t reflect.Type, path string, c Choices) map[string]any {
	switch t {
	case reflect.TypeFor[Paths]():
		named := []map[string]any{text(), parts(reflect.TypeFor[place.Parts](), c), parts(reflect.TypeFor[api.Request](), c)}
		return either(append(named, list(either(named...)))...)
	case reflect.TypeFor[Place]():
		return either(text(), parts(reflect.TypeFor[place.Parts](), c))
	case reflect.TypeFor[place.Secret]():
		return either(only("env", text()), only("file", text()))
	case reflect.TypeFor[Steps]():
		return list(object(reflect.TypeFor[mapping.Step](), path, c))
	case reflect.TypeFor[mapping.Pairs]():
		return map[string]any{"type": "object", "additionalProperties": scalar()}
	case reflect.TypeFor[Clean]():
		return cleanSchema(c[path])
	case reflect.TypeFor[Features]():
		return oneOf("auto")
	case reflect.TypeFor[Models]():
		return modelsSchema(c[path])
	case reflect.TypeFor[Split]():
		return either(oneOf("auto"), object(t, path, c))
	case reflect.TypeFor[Time]():
		return text()
	case reflect.TypeFor[Bytes]():
		return either(text(), map[string]any{"type": "integer"})
	case reflect.TypeFor[By]():
		return either(oneOf("random"), only("group", text()), only("time", text()))
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), path, c)
	case reflect.Struct:
		return object(t, path, c)
	case reflect.Slice:
		return list(scalar())
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": scalar()}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return scalar()
}

// scalar is a text, which a number or a truth value may stand for, and nothing too.
func scalar() map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean", "null"}}
}

func text() map[string]any { return map[string]any{"type": "string"} }

func list(items map[string]any) map[string]any {
	return map[string]any{"type": "array", "items": items}
}

func oneOf(values ...string) map[string]any { return map[string]any{"enum": values} }

func either(forms ...map[string]any) map[string]any { return map[string]any{"anyOf": forms} }

// only is a mapping of one key.
func only(key string, value map[string]any) map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{key: value}, "required": []string{key}, "additionalProperties": false}
}

func cleanSchema(rules []string) map[string]any {
	values := map[string]any{"type": "object", "additionalProperties": scalar()}
	return either(map[string]any{"enum": []any{"auto", "off", false}},
		only("precision", map[string]any{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
		list(either(oneOf(rules...), only("labels", text()), only("reviewed", text()), only("constraints", text()),
			only("map", map[string]any{"type": "object", "properties": map[string]any{"column": text(), "values": values},
				"required": []string{"column", "values"}, "additionalProperties": false}))))
}

func modelsSchema(learners []string) map[string]any {
	settings := map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "number"}}
	with := map[string]any{}
	for _, l := range learners {
		with[l] = settings
	}
	return either(oneOf("auto"), list(either(oneOf(learners...), map[string]any{"type": "object", "properties": with, "additionalProperties": false})))
}
