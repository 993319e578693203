package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/spec"
)

// command is one of the commands of the command line.
type command struct {
	name, args, short, long string
	// examples are command lines that help shows, and that a test runs in a folder with
	// houses.csv, more.csv, new.csv and beamline.yaml.
	examples []string
	// flags are the names of those that help shows, and more of those that are taken
	// besides; any other is refused.
	flags, more []string
	// unparsed says that arguments are taken as they are.
	unparsed bool
	hidden   bool
	subs     []command
	// do carries the command out. Where it is nil, and there is a body, the command reads
	// data and publishes a folder; where both are nil it shows its help.
	do func(ctx context.Context, o *options, args []string) error

	// Of commands that read data and write a folder:
	reads  func(s spec.Spec) spec.Paths // the data that the spec has for it
	also   func(s spec.Spec) spec.Paths // data that it reads beside that; may be nil
	model  bool                         // it uses an artifact that is there
	writes []string                     // files that it may write
	body   func(ctx context.Context, j *job) error
}

// commands are all commands, in the order of help.
func commands() []command {
	return []command{initCommand, profileCommand, validateCommand, cleanCommand, dedupeCommand, trainCommand, evaluateCommand, scoreCommand, runCommand, compareCommand, streamCommand, replayCommand,
		jobsCommand, workerCommand, explainCommand, versionCommand, manTopic(), runnersTopic(), flagsTopic(), schemaTopic,
		notThere("models"), notThere("serve"), notThere("gate")}
}

// notThere is a command of the contract that is not there yet.
func notThere(name string) command {
	return command{name: name, short: "not there yet", hidden: true, unparsed: true,
		do: func(context.Context, *options, []string) error { return fault.Usagef("%s is not there yet", name) }}
}

// cobra returns the command as cobra has it.
func (c command) cobra(o *options) *cobra.Command {
	k := &cobra.Command{Use: strings.TrimSpace(c.name + " " + c.args), Short: c.short, Long: c.long, Hidden: c.hidden,
		Example: strings.Join(c.examples, "\n"), DisableFlagParsing: c.unparsed}
	k.RunE = func(k *cobra.Command, args []string) error {
		o.set = k.Flags()
		switch {
		case c.do != nil:
			return c.do(k.Context(), o, args)
		case c.body != nil:
			return o.doDays(k.Context(), c, args)
		case len(args) > 0 && len(c.subs) > 0:
			return fault.Usagef("%s: unknown command %q%s", c.name, args[0], fault.Hint(args[0], names(c.subs), ""))
		}
		return k.Help()
	}
	o.define(k.Flags(), c)
	for _, s := range c.subs {
		k.AddCommand(s.cobra(o))
	}
	return k
}

func names(all []command) (names []string) {
	for _, c := range all {
		if !c.hidden {
			names = append(names, c.name)
		}
	}
	return names
}

// takes reports whether a command, or one below it, takes a flag.
func (c command) takes(flag string) bool {
	return c.takesOwn(flag) || slices.ContainsFunc(c.subs, func(s command) bool { return s.takes(flag) })
}

// takesOwn reports whether the command itself takes a flag.
func (c command) takesOwn(flag string) bool {
	return slices.Contains(c.flags, flag) || slices.Contains(c.others(), flag)
}

// others are the flags that are taken, and that help only names.
func (c command) others() []string {
	if slices.Contains(c.flags, "out") {
		return slices.Concat(c.more, logFlags)
	}
	return c.more
}

// takers are the commands that take a flag.
func takers(flag string) (names []string) {
	for _, c := range commands() {
		if c.takes(flag) {
			names = append(names, c.name)
		}
	}
	return names
}
