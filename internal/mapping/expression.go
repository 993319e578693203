package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

// rowName is the name by which an expression finds columns whose names are no words of
// CEL: row["Living Area"].
const rowName = "row"

// maxCost bounds what an expression that loops may do for a row, as CEL counts it.
const maxCost = 1_000_000

// celTypes are the types of columns in CEL. A cell that is empty is null, but for a text.
var celTypes = map[table.Type]*cel.Type{table.Int64: cel.NullableType(cel.IntType), table.Float64: cel.NullableType(cel.DoubleType),
	table.Bool: cel.NullableType(cel.BoolType), table.Date: cel.NullableType(cel.TimestampType), table.Timestamp: cel.NullableType(cel.TimestampType)}

// formula is an expression that fits columns.
type formula struct {
	text    string
	program cel.Program
	uses    []used
	result  table.Type
}

// used is a column that an expression uses.
type used struct {
	name string
	at   int
	is   table.Type
}

// compiled fits an expression to the scope. key is what faults call it.
func compiled(key, text string, sc *scope) (*formula, error) {
	vars := []cel.EnvOption{ext.Strings(), ext.Math(), ofReals("math.log", math.Log), ofReals("math.exp", math.Exp), cel.CrossTypeNumericComparisons(true), cel.Variable(rowName, cel.MapType(cel.StringType, cel.DynType))}
	for _, c := range sc.columns {
		if word(c) {
			t := celTypes[sc.types[c]]
			if t == nil {
				t = cel.StringType
			}
			vars = append(vars, cel.Variable(c, t))
		}
	}
	env, err := cel.NewEnv(vars...)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	tree, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, fault.Usagef("%s: %s", key, explained(issues, text, sc))
	}
	f := &formula{text: text, result: resultOf(tree.OutputType())}
	if f.uses, err = sc.used(tree.NativeRep()); err != nil {
		return nil, fault.Usagef("%s: %v", key, err)
	}
	o := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if loops(tree.NativeRep()) { // the rest takes as long as it is written
		o = append(o, cel.CostLimit(maxCost))
	}
	if f.program, err = env.Program(tree, o...); err != nil {
		return nil, fault.Usagef("%s: %v", key, err)
	}
	return f, nil
}

// loops reports whether an expression goes through lists.
func loops(tree *ast.AST) (is bool) {
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) { is = is || e.Kind() == ast.ComprehensionKind }))
	return is
}

// ofReals is a function of a real number that CEL does not have. It has no value where
// mathematics has none.
func ofReals(name string, f func(float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_double", []*cel.Type{cel.DoubleType}, cel.DoubleType, cel.UnaryBinding(func(x ref.Val) ref.Val {
		v, ok := x.(types.Double)
		if !ok {
			return types.MaybeNoSuchOverloadErr(x)
		}
		if y := f(float64(v)); !math.IsNaN(y) && !math.IsInf(y, 0) {
			return types.Double(y)
		}
		return types.NewErr("%s of %v", name, v)
	})))
}

// reserved are words that CEL keeps to itself, of its grammar.
var reserved = strings.Fields("as break const continue else false for function if import in let loop package namespace null return true var void while " + rowName)

// word reports whether a name can stand in an expression as it is.
func word(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && !slices.Contains(reserved, name)
}

// explained says what is wrong with an expression, where, and what a person may have meant.
func explained(issues *cel.Issues, text string, sc *scope) string {
	e := issues.Errors()[0]
	said := fmt.Sprintf("%d:%d: %s", e.Location.Line(), e.Location.Column()+1, e.Message)
	if name, ok := strings.CutPrefix(e.Message, "undeclared reference to '"); ok {
		name, _, _ = strings.Cut(name, "'")
		said = fmt.Sprintf("%d:%d: there is no column %s%s", e.Location.Line(), e.Location.Column()+1, name, fault.Hint(name, sc.columns, ""))
	}
	if strings.Contains(e.Message, "no matching overload") {
		var kinds []string
		for _, c := range sc.columns {
			if t := sc.types[c]; word(c) && strings.Contains(text, c) {
				kinds = append(kinds, c+" is "+string(orText(t)))
			}
		}
		if len(kinds) > 0 {
			said += " (" + strings.Join(kinds, ", ") + "; a cast before it says what a column is, and 2.0 is a number with decimals where 2 is a whole one)"
		}
	}
	return said
}

func orText(t table.Type) table.Type {
	if t == "" {
		return table.String
	}
	return t
}

// used finds the columns of an expression.
func (sc *scope) used(tree *ast.AST) (list []used, err error) {
	add := func(name string) {
		if i := slices.Index(sc.columns, name); i >= 0 && !slices.ContainsFunc(list, func(u used) bool { return u.at == i }) {
			list = append(list, used{name, i, sc.types[name]})
		}
	}
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			if e.AsIdent() != rowName {
				add(e.AsIdent())
			}
		case ast.CallKind:
			call := e.AsCall()
			if call.FunctionName() != operators.Index || call.Args()[0].Kind() != ast.IdentKind || call.Args()[0].AsIdent() != rowName {
				return
			}
			name := ""
			if call.Args()[1].Kind() == ast.LiteralKind {
				name, _ = call.Args()[1].AsLiteral().Value().(string)
			}
			if !slices.Contains(sc.columns, name) {
				err = fmt.Errorf("%s[%q]: there is no such column%s", rowName, name, fault.Hint(name, sc.columns, ""))
			}
			add(name)
		case ast.SelectKind:
			if s := e.AsSelect(); s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == rowName {
				err = fmt.Errorf("write %s[%q]", rowName, s.FieldName())
			}
		}
	}))
	return list, err
}

// resultOf is the type of a column of results.
func resultOf(t *cel.Type) table.Type {
	for is, c := range map[table.Type]*cel.Type{table.Int64: cel.IntType, table.Float64: cel.DoubleType, table.Bool: cel.BoolType, table.Timestamp: cel.TimestampType, table.String: cel.StringType} {
		if t.IsEquivalentType(c) || t.IsEquivalentType(cel.NullableType(c)) {
			return is
		}
	}
	return ""
}

// activation is the row that an expression is evaluated for.
type activation struct {
	*formula
	columns []*array.String
	row     int
	bad     error // a cell is not of its column's type
}

// ResolveName implements cel.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	if name == rowName {
		cells := map[string]any{}
		for _, u := range a.uses {
			cells[u.name] = a.value(u)
		}
		return cells, true
	}
	for _, u := range a.uses {
		if u.name == name {
			return a.value(u), true
		}
	}
	return nil, false
}

// Parent implements cel.Activation.
func (a *activation) Parent() cel.Activation { return nil }

func (a *activation) value(u used) any {
	v, ok := read(u.is, a.columns[u.at].Value(a.row))
	switch {
	case !ok:
		a.bad = errors.New(unread(u.name, u.is, a.columns[u.at].Value(a.row)))
		return types.NullValue
	case v == nil:
		return types.NullValue
	}
	return v
}

// empty reports whether a column that the expression uses has no value in the row.
func (a *activation) empty() bool {
	for _, u := range a.uses {
		if strings.TrimSpace(a.columns[u.at].Value(a.row)) == "" && orText(u.is) != table.String {
			return true
		}
	}
	return false
}

// eval evaluates the expression for the row. The result is nil where a value that it
// needs is missing.
func (a *activation) eval() (any, error) {
	a.bad = nil
	v, _, err := a.program.Eval(a)
	switch {
	case a.bad != nil:
		return nil, a.bad
	case err != nil && a.empty():
		return nil, nil
	case err != nil:
		return nil, err
	}
	return native(v)
}

// native is a result as a value of Go.
func native(v ref.Val) (any, error) {
	switch x := v.(type) {
	case types.Null:
		return nil, nil
	case types.Timestamp:
		return x.Time, nil
	case types.Uint:
		return int64(x), nil
	case types.Duration:
		return x.Duration.String(), nil
	}
	switch x := v.Value().(type) {
	case string, int64, float64, bool, time.Time:
		return x, nil
	case []byte:
		return string(x), nil
	}
	doc, err := v.ConvertToNative(reflect.TypeFor[*structpb.Value]())
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(doc.(*structpb.Value).AsInterface()) // that of protobuf puts blanks by chance
	return string(body), err
}

// computed is columns of the results of expressions.
type computed struct {
	into     []int
	columns  []string
	formulas []*formula
}

func (c computed) do(f *frame) {
	for k, x := range c.formulas {
		a := &activation{formula: x, columns: slices.Clone(f.columns)}
		f.put(c.into[k], f.made(func(dst []byte, i int) []byte {
			a.row = i
			v, err := a.eval()
			if err != nil {
				f.refuse(i, c.columns[k]+": "+err.Error())
				return dst
			}
			return appendValue(dst, x.result, v)
		}))
	}
}

func compileExpression(pairs Pairs, sc *scope) (op, error) {
	var c computed
	for _, p := range pairs {
		x, err := compiled("expression."+p[0], p[1], sc)
		if err != nil {
			return nil, err
		}
		c.into, c.columns, c.formulas = append(c.into, sc.put(p[0], x.result)), append(c.columns, p[0]), append(c.formulas, x)
	}
	return c, nil
}

// filter leaves rows out.
type filter struct{ *formula }

func (x filter) do(f *frame) {
	a := &activation{formula: x.formula, columns: f.columns}
	for i := range f.n {
		if f.out(i) {
			continue
		}
		a.row = i
		switch v, err := a.eval(); {
		case err != nil:
			f.refuse(i, err.Error())
		case v != true:
			f.refuse(i, "left out, since it is not true that "+x.text)
		}
	}
}

func compileFilter(text string, sc *scope) (op, error) {
	x, err := compiled("filter", text, sc)
	if err != nil {
		return nil, err
	}
	if x.result != table.Bool {
		return nil, fault.Usagef("filter: %s is %s, and no condition", text, orText(x.result))
	}
	return filter{x}, nil
}
