package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/ledger"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/spec"
)

const reference = "docs/reference"

// TestReference holds the pages of docs/reference to the code; -rewrite writes them.
func TestReference(t *testing.T) {
	pages := map[string]string{"commands.md": commandsPage(), "spec.md": specPage(), "rules.md": rulesPage(t), "metrics.md": metricsPage(),
		"files.md": filesPage(t), "findings.md": findingsPage(), "beamline.schema.json": schemaText(), "../../cmd/beamline/rules.md": rulesPage(t)}
	for name, want := range pages {
		path := filepath.Join(reference, name)
		if *rewrite {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the code says; run make golden and read the difference (%v)", path, err)
		}
	}
}

// row is a row of a table.
func row(out *strings.Builder, cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(strings.ReplaceAll(c, "|", `\|`), "\n", " ")
	}
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

func head(out *strings.Builder, cells ...string) {
	row(out, cells...)
	row(out, slices.Repeat([]string{"---"}, len(cells))...)
}

// code sets words as code, with commas.
func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}

func commandsPage() string {
	var out strings.Builder
	out.WriteString("# Commands\n\nA flag that a command does not use is refused by name. A flag wins over the spec.\n")
	for _, c := range commands() {
		if !c.hidden {
			describeCommand(&out, "beamline", c)
		}
	}
	return out.String()
}

func describeCommand(out *strings.Builder, parent string, c command) {
	name := parent + " " + c.name
	fmt.Fprintf(out, "\n## %s\n\n    %s\n\n", name, strings.TrimSpace(name+" "+c.args))
	if c.long == "" {
		fmt.Fprintf(out, "%s.\n", strings.ToUpper(c.short[:1])+c.short[1:])
	} else {
		fmt.Fprintln(out, strings.TrimSpace(c.long))
	}
	if len(c.examples) > 0 {
		fmt.Fprintf(out, "\n    %s\n", strings.Join(c.examples, "\n    "))
	}
	if flags := slices.Concat(c.flags, c.others()); len(flags) > 0 {
		slices.Sort(flags)
		out.WriteString("\n")
		head(out, "flag", "what")
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		for _, f := range flags {
			defineFlag[f](&options{}, set, f)
			row(out, "`--"+f+"`", set.Lookup(f).Usage)
		}
	}
	if len(c.writes) > 0 {
		fmt.Fprintf(out, "\nIt writes %s and `run.json`.\n", code(c.writes))
	}
	for _, s := range c.subs {
		describeCommand(out, name, s)
	}
}

// findingsPage is what explain says of findings and rejects.
func findingsPage() string {
	var out strings.Builder
	out.WriteString("# Findings, rejects and exit codes\n\n`beamline explain CODE` says the same. Rules of cleaning are in [rules.md](rules.md).\n\n")
	head(&out, "code", "what it means", "what to do")
	for _, x := range explanations() {
		if x.Do != "" {
			row(&out, "`"+x.Code+"`", x.Text, x.Do)
		}
	}
	return out.String()
}

func specPage() string {
	var out strings.Builder
	out.WriteString("# The spec\n\nEvery key is optional but the data and the target; unknown keys are faults. Editors that know\nJSON Schema complete and check a spec by `beamline schema`: write that to a file and name it in\nthe first line, `# yaml-language-server: $schema=beamline.schema.json`.\n\n")
	keys(&out, spec.Keys(specChoices()))
	out.WriteString("\n## A table of a database\n\nIts name is one text, `postgres://user@host/db?table=houses`, with what follows as its options,\nor a mapping of these keys:\n\n")
	keys(&out, spec.DatabaseKeys(specChoices()))
	out.WriteString("\n## An API\n\nA mapping whose `at` is an address of the web, among the data:\n\n")
	keys(&out, spec.APIKeys(specChoices()))
	out.WriteString("\n## A step\n\nA mapping with one of these keys, and a `name` if it is to have one:\n\n")
	keys(&out, spec.StepKeys(specChoices()))
	return out.String()
}

func keys(out *strings.Builder, all []spec.Key) {
	head(out, "key", "value", "default", "what")
	for _, k := range all {
		value := k.Type
		if len(k.One) > 0 {
			value = code(k.One)
		}
		row(out, "`"+k.Path+"`", value, code(slices.DeleteFunc([]string{k.Default}, func(s string) bool { return s == "" })), k.Doc)
	}
}

// sources parses the files of a package.
func sources(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal(dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// values goes through the constants or variables of a package.
func values(files []*ast.File, kind token.Token, each func(doc *ast.CommentGroup, s *ast.ValueSpec, name string, value ast.Expr)) {
	for _, f := range files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != kind {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, x := range v.Values {
					each(g.Doc, v, v.Names[i].Name, x)
				}
			}
		}
	}
}

// asides are what a comment says to those who read the code.
var asides = regexp.MustCompile(` \(see \w+(\.\w+)?\)`)

// said is a comment as one line, without the name that it begins with.
func said(c *ast.CommentGroup, name string) string {
	text, named := strings.CutPrefix(strings.Join(strings.Fields(asides.ReplaceAllString(c.Text(), "")), " "), name+" ")
	if is, rest, ok := strings.Cut(text, " "); named && ok && (is == "is" || is == "are") {
		text = rest
	}
	return strings.TrimSuffix(text, ".")
}

func rulesPage(t *testing.T) string {
	files, texts, docs := sources(t, "internal/clean"), map[string]string{}, map[string]string{}
	values(files, token.CONST, func(_ *ast.CommentGroup, _ *ast.ValueSpec, name string, x ast.Expr) {
		if l, ok := x.(*ast.BasicLit); ok && l.Kind == token.STRING {
			texts[name], _ = strconv.Unquote(l.Value)
		}
	})
	named := map[string]string{} // rules by variable
	text := func(x ast.Expr) string {
		switch x := x.(type) {
		case *ast.BasicLit:
			s, _ := strconv.Unquote(x.Value)
			return s
		case *ast.Ident:
			return texts[x.Name]
		case *ast.SelectorExpr:
			return named[x.X.(*ast.Ident).Name]
		}
		return ""
	}
	for range 2 { // a rule may be named after one that stands behind it
		values(files, token.VAR, func(doc *ast.CommentGroup, _ *ast.ValueSpec, name string, x ast.Expr) {
			switch x := x.(type) {
			case *ast.CallExpr:
				if f, ok := x.Fun.(*ast.Ident); !ok || f.Name != "cellRule" && f.Name != "rowRule" {
					return
				}
				named[name] = text(x.Args[0])
			case *ast.CompositeLit:
				if i, ok := x.Type.(*ast.Ident); !ok || i.Name != "Rule" || len(x.Elts) == 0 {
					return
				}
				named[name] = text(x.Elts[0].(*ast.KeyValueExpr).Value)
			}
			if rule := named[name]; rule != "" && doc != nil {
				docs[rule] = said(doc, name)
			}
		})
	}
	var out strings.Builder
	out.WriteString("# Rules of cleaning\n\nIn the order in which they are learned and applied. `clean: [NAME, ...]` in a spec names the\nones to use; all are used where it is left out.\n\n")
	out.WriteString("What was right is the share of its changes that were, in the mean over columns, where they were held against the\n" +
		"truth: in tables with known errors, and in published ones of which some cells were written otherwise\n" +
		"(`make judge`). Where a rule has no evidence of its own in the table, it is its confidence, drawn to a half where the\n" +
		"columns are few.\n\n")
	head(&out, "rule", "what it does", "right, columns")
	for _, name := range clean.Names() {
		if docs[name] == "" {
			t.Errorf("nothing is said of the rule %s", name)
		}
		right := ""
		if m := clean.MeasuredOf(name); m.Columns > 0 {
			right = fmt.Sprintf("%.3f, %d", m.Right/float64(m.Columns), m.Columns)
		}
		row(&out, "`"+name+"`", docs[name], right)
	}
	return out.String()
}

func metricsPage() string {
	var out strings.Builder
	out.WriteString("# Metrics\n\n")
	head(&out, "metric", "of", "what it is")
	for _, k := range metrics.Kinds {
		row(&out, "`"+string(k.Name)+"`", map[bool]string{false: "a quantity", true: "classes"}[k.Classes != nil], k.About)
	}
	return out.String()
}

// described are the files of results, and the types that they are written from.
var described = []struct{ name, dir, of, about string }{
	{"run.json", "cmd/beamline", "runFile", "what was run; written last, so that it marks a run as complete"},
	{"run.json: inputs", "cmd/beamline", "input", "one for each source"},
	{"run.json: rows", "internal/tally", "Rows", "in all, and of each input; of the whole run also trained and scored"},
	{"run.json: goal", "cmd/beamline", "goalDoc", "where there is one"},
	{"metrics.json", "cmd/beamline", "metricsFile", "how the model was chosen, and how good it is"},
	{"metrics.json: candidates", "models/training", "Measured", "each that was tried"},
	{"metrics.json: interval", "models/training", "Interval", "of a quantity"},
	{"metrics.json: holdout", "cmd/beamline", "holdout", "empty where no labelled records were kept back"},
	{"metrics.json: slices", "models/training", "Slice", "parts of the records"},
	{"schema.yaml: columns", "table", "Column", "what the columns of the table are"},
	{"anomalies.jsonl", "table", "Finding", "an object a line, one for each finding"},
	{"rejects.jsonl", "table", "Reject", "an object a line, one for each record that was refused; `input` is the record byte for byte, `base64` where it is no text"},
	{"profile.json: columns", "internal/profile", "Column", "statistics of a column that can be merged with those of another table"},
}

func filesPage(t *testing.T) string {
	var out strings.Builder
	out.WriteString("# Files of a run\n\nOne folder, which several commands may share. Bytes depend on the inputs, the settings and the\nseed alone, but for `seconds` and `peak_rss_bytes` of `run.json`.\n\n## changes.csv and proposals.csv\n\n")
	out.WriteString("A line for each cell that was changed, or that could be: `" + strings.TrimSpace(ledger.ProposalsHeader) + "`. Only\nproposals have a verdict, which is empty.\n")
	for _, w := range described {
		fmt.Fprintf(&out, "\n## %s\n\n%s.\n\n", w.name, strings.ToUpper(w.about[:1])+w.about[1:])
		head(&out, "field", "type", "what")
		fields := fieldsOf(t, w.dir, w.of)
		if len(fields) == 0 {
			t.Errorf("%s.%s has no fields", w.dir, w.of)
		}
		for _, f := range fields {
			row(&out, f...)
		}
	}
	return out.String()
}

// fieldsOf are the fields of a struct by the names that they are written under.
func fieldsOf(t *testing.T, dir, name string) (rows [][]string) {
	for _, f := range sources(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.TypeSpec)
			if !ok || s.Name.Name != name {
				return true
			}
			for _, field := range s.Type.(*ast.StructType).Fields.List {
				if field.Tag == nil { // it holds the fields of another type
					if i, ok := field.Type.(*ast.Ident); ok {
						rows = append(rows, fieldsOf(t, dir, i.Name)...)
					}
					continue
				}
				tag, _ := strconv.Unquote(field.Tag.Value)
				key, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
				if key == "" || key == "-" {
					continue
				}
				about := strings.TrimSpace(said(field.Doc, field.Names[0].Name) + " " + said(field.Comment, ""))
				if about == "" {
					t.Errorf("nothing is said of %s of %s.%s", key, dir, name)
				}
				rows = append(rows, []string{"`" + key + "`", typeText(field.Type), about})
			}
			return false
		})
	}
	return rows
}

// typeText says of what kind a value is in JSON.
func typeText(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.ArrayType:
		return "list"
	case *ast.MapType:
		return "object"
	case *ast.StarExpr:
		return typeText(x.X)
	case *ast.SelectorExpr:
		return typeText(x.Sel)
	case *ast.Ident:
		switch x.Name {
		case "string", "Type", "Role", "Presence", "Severity", "Metric":
			return "text"
		case "bool":
			return "true or false"
		case "int", "int64", "uint64", "float64", "Value":
			return "number"
		}
	}
	return "object"
}

// TestSchemaTakesSpecs holds the schema of the spec to what the reader takes.
func TestSchemaTakesSpecs(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(schemaText()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("spec.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("spec.json")
	if err != nil {
		t.Fatal(err)
	}
	houses, err := os.ReadFile("testdata/houses/beamline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for text, sound := range map[string]bool{
		string(houses): true,
		"goal: {target: y, metric: auc, confidence: 0.9}\ndata: {train: [a.csv, b.csv], header: false, missing: [NA, 9]}\nclean: {precision: 0.9}\nmodels: auto\nsplit: auto\n": true,
		"goal: {target: }\nclean: [whitespace, {map: {column: a, values: {b: 1}}}, {labels: l.csv}]\nmodels: [ridge, {gbdt: {trees: 9}}]\nsplit: {folds: 4, by: {group: g}}\n":  true,
		"clean: off\nsplit: {by: random}\nrunner: {name: flink, options: {parallelism: 2}}\noutput: {format: parquet}\n":                                                        true,
		"data: {score: {at: 'postgres://h/d', table: t, password: {env: P}}}\noutput: {to: {at: 'sqlite:a.db', table: s, mode: replace, by: 'day={date}'}}\n":                   true,
		"data: {train: [a.csv, {at: 'sqlite:a.db', query: select 1}]}\noutput: {to: 'sqlite:a.db?table=s'}\nexpect: {rows: '>= 10', refused: <= 0.1}\n":                         true,
		"data: {train: {at: 'sqlite:a.db', password: hush}}\n":       false,
		"data: {train: {table: t}}\n":                                false,
		"output: {to: {at: 'sqlite:a.db', table: s, mode: upsrt}}\n": false,
		"goal: {metrik: auc}\n":                                      false,
		"goal: {confidence: high}\n":                                 false,
		"clean: {precision: 2}\n":                                    false,
		"split: {by: {fold: g}}\n":                                   false,
		"output: {format: xls}\n":                                    false,
		"data: {damaged: perhaps}\n":                                 false,
		"models: [{ridge: strong}]\n":                                false,
	} {
		_, err := spec.Read("beamline.yaml", []byte(text))
		if (err == nil) != sound {
			t.Errorf("%s is read with %v", text, err)
		}
		if err := schema.Validate(asJSON(t, text)); (err == nil) != sound {
			t.Errorf("%s is held against the schema with %v", text, err)
		}
	}
}

// asJSON is YAML as a validator of JSON Schema takes it.
func asJSON(t *testing.T, text string) any {
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
