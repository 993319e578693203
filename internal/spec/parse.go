package spec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/beamline-go/beamline/internal/api"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/yamltext"
)

// Parse reads the text of a spec over the defaults. name is for faults.
func Parse(name string, data []byte) (Spec, error) {
	s := Default()
	p := reader{name: name, lines: strings.Split(string(data), "\n")}
	file, err := yamltext.Parse(data)
	if err != nil {
		return s, p.syntax(err)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return s, fault.Usagef("%s: the spec is empty", name)
	}
	if len(file.Docs) > 1 {
		return s, fault.Usagef("%s: the file holds %d documents, a spec is one", name, len(file.Docs))
	}
	return s, p.value(file.Docs[0].Body, reflect.ValueOf(&s).Elem(), "")
}

// reader fills structs from nodes, and says where a node is wrong.
type reader struct {
	name  string
	lines []string
}

// syntax says where the text is no YAML.
func (p reader) syntax(err error) error {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		at := e.GetToken().Position
		return p.at(at.Line, at.Column, "%s", e.GetMessage())
	}
	return fault.Usagef("%s: %v", p.name, err)
}

func (p reader) at(line, column int, format string, args ...any) error {
	text := ""
	if line >= 1 && line <= len(p.lines) {
		text = p.lines[line-1]
	}
	return position(p.name, line, column, text, format, args...)
}

func (p reader) wrong(n ast.Node, format string, args ...any) error {
	at := n.GetToken().Position
	return p.at(at.Line, at.Column, format, args...)
}

// special returns how to read a type whose values have several forms, or nil.
func special(t reflect.Type) func(reader, ast.Node, reflect.Value) error {
	switch t {
	case reflect.TypeFor[Paths]():
		return readPaths
	case reflect.TypeFor[Place]():
		return readPlace
	case reflect.TypeFor[Bytes]():
		return readBytes
	case reflect.TypeFor[Time]():
		return readTime
	case reflect.TypeFor[place.Secret]():
		return readPassword
	case reflect.TypeFor[Clean]():
		return readClean
	case reflect.TypeFor[Features]():
		return readFeatures
	case reflect.TypeFor[Steps]():
		return readSteps
	case reflect.TypeFor[mapping.Pairs]():
		return readPairs
	case reflect.TypeFor[Models]():
		return readModels
	case reflect.TypeFor[By]():
		return readBy
	case reflect.TypeFor[Split]():
		return readSplit
	}
	return nil
}

// value reads a node into v; path is the name of v for faults.
func (p reader) value(n ast.Node, v reflect.Value, path string) error {
	if n.Type() == ast.NullType {
		return nil
	}
	if read := special(v.Type()); read != nil {
		return read(p, n, v)
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return p.value(n, v.Elem(), path)
	}
	if v.Kind() == reflect.Struct {
		return p.mapping(n, v, path)
	}
	if v.Kind() == reflect.Map {
		return p.options(n, v, path)
	}
	target := reflect.New(v.Type())
	if err := yaml.NodeToValue(n, target.Interface()); err != nil || !fits(n, v.Type()) {
		return p.wrong(n, "%s must be %s", path, describe(v.Type()))
	}
	v.Set(target.Elem())
	return nil
}

// fits refuses what the YAML library would turn into a text or a number.
func fits(n ast.Node, t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		switch n.Type() {
		case ast.StringType, ast.LiteralType, ast.IntegerType, ast.FloatType, ast.BoolType:
			return true
		}
		return false
	case reflect.Bool:
		return n.Type() == ast.BoolType
	case reflect.Slice:
		return n.Type() == ast.SequenceType
	case reflect.Int, reflect.Uint64:
		return n.Type() == ast.IntegerType
	case reflect.Float64:
		return n.Type() == ast.IntegerType || n.Type() == ast.FloatType
	}
	return true
}

func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	}
	return "a mapping"
}

// entries returns the keys and values of a mapping.
func entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (p reader) mapping(n ast.Node, v reflect.Value, path string) error {
	values, ok := entries(n)
	if !ok {
		return p.wrong(n, "%s must be a mapping", orSpec(path))
	}
	fields := map[string]int{}
	var names []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		fields[name], names = i, append(names, name)
	}
	for _, e := range values {
		key := e.Key.GetToken().Value
		i, ok := fields[key]
		if !ok {
			return p.wrong(e.Key, "unknown key %q%s", key, fault.Hint(key, names, "; one of "+strings.Join(names, ", ")))
		}
		if err := p.value(e.Value, v.Field(i), strings.TrimPrefix(path+"."+key, ".")); err != nil {
			return err
		}
	}
	return nil
}

func orSpec(path string) string {
	if path == "" {
		return "the spec"
	}
	return path
}

// options reads a mapping of texts.
func (p reader) options(n ast.Node, v reflect.Value, path string) error {
	values, ok := entries(n)
	if !ok {
		return p.wrong(n, "%s must be a mapping", path)
	}
	out := map[string]string{}
	for _, e := range values {
		var s string
		if err := p.value(e.Value, reflect.ValueOf(&s).Elem(), path+"."+e.Key.GetToken().Value); err != nil {
			return err
		}
		out[e.Key.GetToken().Value] = s
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

func readPaths(p reader, n ast.Node, v reflect.Value) error {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	var out Paths
	for _, item := range items {
		name, err := p.named(item, "the data must be a path, a table of a database, or a list of such")
		if err != nil {
			return err
		}
		out = append(out, name)
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

func readPlace(p reader, n ast.Node, v reflect.Value) error {
	name, err := p.named(n, "a place must be the name of a table of a database, or a mapping with at and table")
	v.SetString(name)
	return err
}

// named reads the name of data: a text, or the parts of a table of a database.
func (p reader) named(n ast.Node, otherwise string) (name string, err error) {
	if _, ok := entries(n); !ok {
		if p.value(n, reflect.ValueOf(&name).Elem(), "") != nil {
			err = p.wrong(n, "%s", otherwise)
		}
		return name, err
	}
	if isAPI(n) {
		return p.api(n)
	}
	var d place.Parts
	if err := p.mapping(n, reflect.ValueOf(&d).Elem(), "the table"); err != nil {
		return "", err
	}
	switch {
	case d.At == "":
		return "", p.wrong(n, "at is missing: the address of the database")
	case d.Mode != "" && !slices.Contains(place.Modes, d.Mode):
		return "", p.noneOf(n, "mode", string(d.Mode), texts(place.Modes))
	}
	return d.Name(), nil
}

// isAPI reports whether a mapping names an API: whether its address is one of the web.
func isAPI(n ast.Node) bool {
	values, _ := entries(n)
	return slices.ContainsFunc(values, func(e *ast.MappingValueNode) bool {
		at := e.Value.GetToken().Value
		return e.Key.GetToken().Value == "at" && (strings.HasPrefix(at, "https://") || strings.HasPrefix(at, "http://"))
	})
}

func (p reader) api(n ast.Node) (string, error) {
	var a api.Request
	if err := p.mapping(n, reflect.ValueOf(&a).Elem(), "the API"); err != nil {
		return "", err
	}
	if a.Page.By != "" && !slices.Contains(api.Ways, a.Page.By) {
		return "", p.noneOf(n, "page.by", string(a.Page.By), texts(api.Ways))
	}
	return a.Name()
}

// noneOf refuses a value that is not one of those that a key may have.
func (p reader) noneOf(n ast.Node, key, value string, all []string) error {
	return p.wrong(n, "%s %q is none of %s%s", key, value, strings.Join(all, ", "), fault.Hint(value, all, ""))
}

func texts[T ~string](all []T) (out []string) {
	for _, x := range all {
		out = append(out, string(x))
	}
	return out
}

// readPassword says where a password is, which is never in the spec.
func readPassword(p reader, n ast.Node, v reflect.Value) error {
	if _, ok := entries(n); !ok {
		at := n.GetToken().Position
		return position(p.name, at.Line, at.Column, "", "a password is not written in a spec; say where it is: {env: NAME} or {file: PATH}")
	}
	return p.mapping(n, v, "password")
}

func readSteps(p reader, n ast.Node, v reflect.Value) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return p.wrong(n, "steps must be a list")
	}
	out := Steps{}
	for i, item := range list.Values {
		var s mapping.Step
		if err := p.mapping(item, reflect.ValueOf(&s).Elem(), fmt.Sprintf("steps[%d]", i)); err != nil {
			return err
		}
		if err := s.Check(); err != nil {
			return p.wrong(item, "%v", err)
		}
		out = append(out, s)
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

// readPairs reads a mapping of texts in its order.
func readPairs(p reader, n ast.Node, v reflect.Value) error {
	values, ok := entries(n)
	if !ok {
		return p.wrong(n, "this must be a mapping")
	}
	out := mapping.Pairs{}
	for _, e := range values {
		var text string
		if err := p.value(e.Value, reflect.ValueOf(&text).Elem(), e.Key.GetToken().Value); err != nil {
			return err
		}
		out = append(out, [2]string{e.Key.GetToken().Value, text})
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

func readFeatures(p reader, n ast.Node, v reflect.Value) error {
	if n.GetToken().Value != "auto" {
		return p.wrong(n, "features must be auto; other choices are not there yet")
	}
	return nil
}

func readClean(p reader, n ast.Node, v reflect.Value) error {
	c := v.Addr().Interface().(*Clean)
	if _, ok := entries(n); ok {
		return p.precision(n, c)
	}
	if n.Type() != ast.SequenceType {
		switch n.GetToken().Value {
		case "auto":
		case "off", "false":
			c.Off = true
		default:
			return p.wrong(n, "clean must be auto, off, {precision: P} or a list of steps")
		}
		return nil
	}
	for _, step := range n.(*ast.SequenceNode).Values {
		if err := p.step(step, c); err != nil {
			return err
		}
	}
	c.Off = len(c.Rules) == 0 && len(c.Maps) == 0 && c.Labels+c.Reviewed+c.Constraints == ""
	return nil
}

// precision reads how sure cleaning must be.
func (p reader) precision(n ast.Node, c *Clean) error {
	var m struct {
		Precision float64 `yaml:"precision"`
	}
	if err := p.mapping(n, reflect.ValueOf(&m).Elem(), "clean"); err != nil {
		return err
	}
	if m.Precision <= 0 || m.Precision >= 1 {
		return p.wrong(n, "precision must lie between 0 and 1")
	}
	c.Precision = m.Precision
	return nil
}

// step reads the name of a rule, {map: {column: C, values: {a: b}}}, or a file:
// {labels: F}, {reviewed: F}, {constraints: F}.
func (p reader) step(n ast.Node, c *Clean) error {
	values, ok := entries(n)
	if !ok {
		c.Rules = append(c.Rules, n.GetToken().Value)
		return nil
	}
	var m struct {
		Map struct {
			Column string            `yaml:"column"`
			Values map[string]string `yaml:"values"`
		} `yaml:"map"`
		Labels      string `yaml:"labels"`
		Reviewed    string `yaml:"reviewed"`
		Constraints string `yaml:"constraints"`
	}
	if len(values) != 1 {
		return p.wrong(n, "a step is the name of a rule, {map: {column: C, values: {from: to}}}, or one of labels, reviewed and constraints with a file")
	}
	if err := p.mapping(n, reflect.ValueOf(&m).Elem(), "clean"); err != nil {
		return err
	}
	switch {
	case m.Labels != "":
		c.Labels = m.Labels
		return nil
	case m.Reviewed != "":
		c.Reviewed = m.Reviewed
		return nil
	case m.Constraints != "":
		c.Constraints = m.Constraints
		return nil
	}
	if m.Map.Column == "" || len(m.Map.Values) == 0 {
		return p.wrong(n, "map needs a column and values")
	}
	if c.Maps == nil {
		c.Maps = map[string]map[string]string{}
	}
	c.Maps[m.Map.Column] = m.Map.Values
	return nil
}

func readModels(p reader, n ast.Node, v reflect.Value) error {
	if n.Type() != ast.SequenceType {
		if n.GetToken().Value == "auto" {
			return nil
		}
		return p.wrong(n, "models must be auto or a list")
	}
	var out Models
	for _, item := range n.(*ast.SequenceNode).Values {
		values, ok := entries(item)
		if !ok {
			out = append(out, Model{Name: item.GetToken().Value})
			continue
		}
		for _, e := range values {
			m := Model{Name: e.Key.GetToken().Value, Settings: map[string]float64{}}
			settings, ok := entries(e.Value)
			if !ok {
				return p.wrong(e.Value, "the settings of %s must be a mapping", m.Name)
			}
			for _, s := range settings {
				var x float64
				if err := p.value(s.Value, reflect.ValueOf(&x).Elem(), s.Key.GetToken().Value); err != nil {
					return err
				}
				m.Settings[s.Key.GetToken().Value] = x
			}
			out = append(out, m)
		}
	}
	v.Set(reflect.ValueOf(out))
	return nil
}

// readSplit takes auto, which is what is done anyway, or a mapping.
func readSplit(p reader, n ast.Node, v reflect.Value) error {
	if _, ok := entries(n); !ok && n.GetToken().Value == "auto" {
		return nil
	}
	return p.mapping(n, v, "split")
}

func readBy(p reader, n ast.Node, v reflect.Value) error {
	by := v.Addr().Interface().(*By)
	values, ok := entries(n)
	if !ok {
		if n.GetToken().Value != "random" {
			return p.wrong(n, "split.by must be random, {group: COLUMN} or {time: COLUMN}")
		}
		by.Random = true
		return nil
	}
	names := []string{"group", "time"}
	for _, e := range values {
		key := e.Key.GetToken().Value
		if !slices.Contains(names, key) {
			return p.wrong(e.Key, "unknown key %q; one of group, time", key)
		}
		var s string
		if err := p.value(e.Value, reflect.ValueOf(&s).Elem(), "split.by."+key); err != nil {
			return err
		}
		if key == "group" {
			by.Group = s
		} else {
			by.Time = s
		}
	}
	if len(values) != 1 {
		return p.wrong(n, "split.by names one column")
	}
	return nil
}
