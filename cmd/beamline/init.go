package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
)

var initCommand = command{
	name: "init", args: "DATA...", short: "look at the data and write a beamline.yaml to fill in",
	examples: []string{"beamline init houses.csv", "beamline init houses.csv new.csv", "beamline init houses.csv --target SalePrice --out prices"},
	flags:    append([]string{"target", "key"}, resultFlags...), more: readFlags,
	long: `Init looks at the data and writes beamline.yaml, here or in --out, with the roles
of the columns and a goal to fill in. Of two files, of which one lacks a single
column of the other, it takes that column as the target and the file without it
as the one to score.`,
	do: func(ctx context.Context, o *options, args []string) error { return o.init(ctx, args) },
}

//go:embed init.yaml.tmpl
var specText string

var specTemplate = template.Must(template.New("spec").Funcs(template.FuncMap{"metrics": metricNames, "names": lists, "yaml": quoteYAML, "inline": inline}).Parse(specText))

// lists are the names of what there is of a kind, as they stand in a list of YAML.
func lists(kind string) string {
	return strings.Join(map[string][]string{"models": catalogue.Names(), "formats": format.Names()}[kind], ", ")
}

// quoteYAML writes a text so that YAML reads it as that text.
func quoteYAML(s string) string { return strconv.Quote(s) }

// inline is a text that stays in its line, where a comment ends.
func inline(s string) string {
	if quoted := strconv.Quote(s); strings.Contains(quoted[1:len(quoted)-1], `\`) {
		return quoted
	}
	return s
}

// proposal is what the template is filled with.
type proposal struct {
	Name, Train, Score, Key string
	Target, Task, Metric    string
	Guessed                 string // why the target was proposed
	Require                 string
	Columns                 []table.Column
	NoHeader                bool
	Delimiter               string
	Rows                    int64
}

// init writes a spec for the data.
func (o *options) init(ctx context.Context, args []string) error {
	o.told = &answer{files: map[string]string{}}
	s, data, err := o.spec(ctx, args)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return fault.Usagef("no data is named: give a file, a folder or a glob")
	}
	name := "beamline.yaml"
	if o.changed("out") {
		name = store.Join(o.out, name)
	}
	if there, err := store.Exists(ctx, name); err != nil {
		return err
	} else if there && !o.force {
		return fault.Usagef("%s is there already; write over it with --force", name)
	}
	if err := o.keepPiped(ctx, data); err != nil {
		return err
	}
	p, err := o.propose(ctx, s, data)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := specTemplate.Execute(&text, p); err != nil {
		return err
	}
	if _, err := spec.Parse(name, []byte(text.String())); err != nil {
		return fmt.Errorf("init: the spec that was written can't be read: %w", err)
	}
	if err := store.MakeDir(store.Dir(name)); err != nil {
		return err
	}
	if err := store.WriteFile(ctx, name, []byte(text.String()), store.Condition{}); err != nil {
		return err
	}
	o.told.files["beamline.yaml"] = name
	o.told.say("%s records of %d columns were looked at.", grouped(p.Rows), len(p.Columns))
	o.told.say("%s is written. %s", name, p.next(name))
	return nil
}

func (p proposal) next(name string) string {
	if p.Target == "" {
		return "Fill in goal.target, then: beamline run " + name
	}
	return fmt.Sprintf("Check the goal (%s, because %s), then: beamline run %s", p.Target, p.Guessed, name)
}

// propose looks at the data.
func (o *options) propose(ctx context.Context, s spec.Spec, data []string) (proposal, error) {
	ctx, release := source.Holding(ctx)
	defer release()
	p := proposal{Name: "question", Train: data[0], Target: s.Goal.Target, Guessed: "you named it", Key: s.Data.Key}
	if len(data) == 2 && p.Target == "" {
		if err := p.compare(ctx, s, data); err != nil {
			return p, err
		}
	}
	rest := data
	if p.Score != "" {
		rest = []string{p.Train}
	}
	p.Name = systems.Title(p.Train)
	t, err := open(ctx, s, rest, s.Data.Key)
	if err != nil {
		return p, err
	}
	s.Runner = spec.Default().Runner // it is a look, and quick
	r, err := o.launcher(s, "beamline")
	if err != nil {
		return p, err
	}
	dir, err := os.MkdirTemp("", "beamline-init-*")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(dir)
	l, err := pipelines.Learn(ctx, r, &t, dir, pipelines.Options{Reading: profile.Reading{Target: p.Target, Missing: s.Data.Missing}})
	if err != nil {
		return p, err
	}
	p.Rows = l.Profile.Rows
	p.roles(l.Profile, s)
	text, _ := t.Text()
	p.NoHeader = !text.Header
	if d := text.Dialect.Delimiter; d != ',' {
		p.Delimiter = string(rune(d))
	}
	return p, nil
}

// compare finds which of two files lacks one column of the other.
func (p *proposal) compare(ctx context.Context, s spec.Spec, data []string) error {
	var columns [2][]string
	for i, d := range data {
		t, err := open(ctx, s, []string{d}, "")
		if err != nil {
			return err
		}
		columns[i] = t.Columns
	}
	for i := range 2 {
		more, less := columns[i], columns[1-i]
		var extra []string
		for _, c := range more {
			if !slices.Contains(less, c) {
				extra = append(extra, c)
			}
		}
		if len(extra) == 1 && len(more) == len(less)+1 {
			p.Train, p.Score, p.Target = data[i], data[1-i], extra[0]
			p.Guessed = data[1-i] + " lacks it"
		}
	}
	return nil
}

// roles fills in what the columns speak for.
func (p *proposal) roles(t profile.Table, s spec.Spec) {
	schema := profile.Infer(t, profile.Options{Target: p.Target, Key: p.Key})
	p.Columns = schema.Columns
	if c, ok := schema.ByRole(table.RoleKey); ok {
		p.Key = c.Name
	}
	c, ok := schema.Column(p.Target)
	if !ok {
		return
	}
	p.Task, p.Require = "regression", "<= 1000"
	if c.Type == table.Categorical {
		p.Task, p.Require = "classification", ">= 0.9"
	}
	p.Metric = string(usual(len(c.Domain)))
}
