package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"

	"github.com/beamline-go/beamline/internal/fault"
)

//go:embed explain.yaml
var explainText []byte

// rulesText is docs/reference/rules.md, which is written from what stands above the rules.
//
//go:embed rules.md
var rulesText string

// explained is what a code means and what to do about it. Rules of cleaning say only what
// they do.
type explained struct {
	Code string `yaml:"-"`
	Text string `yaml:"means"`
	Do   string `yaml:"do"`
}

// explanations are all codes that are explained, in order.
func explanations() (all []explained) {
	var inOrder yaml.MapSlice
	known := map[string]explained{}
	if err := cmp.Or(yaml.Unmarshal(explainText, &inOrder), yaml.Unmarshal(explainText, &known)); err != nil {
		panic(err) // it is a part of the program, and a test reads it
	}
	for _, item := range inOrder {
		x := known[item.Key.(string)]
		x.Code = item.Key.(string)
		all = append(all, x)
	}
	for line := range strings.Lines(rulesText) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if code := strings.Trim(cells[0], "`"); len(cells) >= 2 && code != cells[0] && known[code].Text == "" {
			all = append(all, explained{Code: code, Text: "Cleaning " + strings.ReplaceAll(cells[1], `\|`, "|") + "."})
		}
	}
	return all
}

var explainCommand = command{
	name: "explain", args: "CODE", short: "what a rule, a finding or an exit code means, and what to do about it",
	examples: []string{"beamline explain shift", "beamline explain ragged", "beamline explain 3"},
	long: `Explain says what a rule of rejects.jsonl, anomalies.jsonl or changes.csv means, or an
exit code, and what to do about it. Without a code it lists all of them.`,
	do: func(_ context.Context, o *options, args []string) error { return o.explain(args) },
}

func (o *options) explain(args []string) error {
	all := explanations()
	if len(args) > 1 {
		return fault.Usagef("explain takes one code, not %d", len(args))
	}
	if len(args) == 0 {
		w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
		for _, x := range all {
			first, _, _ := strings.Cut(x.Text, ". ")
			fmt.Fprintf(w, "%s\t%s\n", x.Code, brief(cmp.Or(first, x.Text)))
		}
		return w.Flush()
	}
	code := args[0]
	i := slices.IndexFunc(all, func(x explained) bool { return x.Code == code || x.Code == "exit "+code })
	if i < 0 {
		var codes []string
		for _, x := range all {
			codes = append(codes, x.Code)
		}
		return fault.Usagef("unknown code %q%s", code, fault.Hint(code, codes, "; beamline explain lists all"))
	}
	fmt.Fprintln(o.stdout, all[i].Text)
	if all[i].Do != "" {
		fmt.Fprintln(o.stdout, "What to do: "+all[i].Do)
	}
	return nil
}
