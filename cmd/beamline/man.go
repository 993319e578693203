package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/fault"
)

// manTopic prints the manual page.
func manTopic() command {
	return command{name: "man", short: "the manual page of all commands",
		long: `Man prints the manual page, for man to show: beamline man | man -l -`,
		do: func(_ context.Context, o *options, args []string) error {
			if len(args) > 0 {
				return fault.Usagef("man takes no arguments")
			}
			writeManual(o.stdout)
			return nil
		}}
}

// roff escapes a text for troff: backslashes, dashes, and dots and quotes that begin a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// writeManual writes the page, as man(7) has it.
func writeManual(w io.Writer) {
	fmt.Fprintf(w, ".TH BEAMLINE 1 \"\" \"beamline %s\"\n.SH NAME\nbeamline \\- from a table to trusted predictions\n", version)
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B beamline\n.I command\n[arguments] [flags]\n.SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(rootHelp))
	fmt.Fprintln(w, ".SH COMMANDS")
	for _, c := range commands() {
		if !c.hidden {
			c.manual(w, "beamline")
		}
	}
	fmt.Fprintln(w, ".SH FLAGS")
	f, names := allFlags()
	for _, name := range names {
		fmt.Fprintf(w, ".TP\n.B %s\n%s\nTaken by %s.\n", roff("--"+name), roff(f.Lookup(name).Usage), roff(strings.Join(takers(name), ", ")))
	}
}

// manual writes what a command is for.
func (c command) manual(w io.Writer, parent string) {
	name := parent + " " + c.name
	fmt.Fprintf(w, ".SS %s\n", roff(strings.TrimSpace(name+" "+c.args)))
	text := c.long
	if text == "" {
		text = strings.ToUpper(c.short[:1]) + c.short[1:] + "."
	}
	fmt.Fprintf(w, ".nf\n%s\n", roff(strings.TrimSpace(text)))
	if len(c.examples) > 0 {
		fmt.Fprintf(w, "\n    %s\n", roff(strings.Join(c.examples, "\n    ")))
	}
	fmt.Fprintln(w, ".fi")
	for _, s := range c.subs {
		s.manual(w, name)
	}
}

// allFlags are the flags of all commands, and their names in order.
func allFlags() (f *pflag.FlagSet, names []string) {
	f = pflag.NewFlagSet("all", pflag.ContinueOnError)
	for name, define := range defineFlag {
		define(&options{}, f, name)
		names = append(names, name)
	}
	slices.Sort(names)
	return f, names
}
