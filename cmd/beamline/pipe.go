package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines"
)

// mostPiped bounds what is read of a pipe, in bytes.
const mostPiped = 1 << 40

// keepPiped reads the standard input, pipes and devices among data into temporary files, as
// tables are read more than once.
func (o *options) keepPiped(ctx context.Context, data []string) error {
	for _, name := range data {
		if store.Kept(name) || !store.Flows(name) {
			continue
		}
		if name == store.Stdin && term.IsTerminal(int(os.Stdin.Fd())) {
			fmt.Fprintln(o.stderr, "The table is read from this terminal; Ctrl-D ends it.")
		}
		n, err := store.Keep(ctx, name, "", mostPiped)
		switch {
		case ctx.Err() != nil:
			return pipelines.ErrInterrupted
		case err != nil:
			return err
		}
		o.log().Info(fmt.Sprintf("%s: %s bytes are kept in a temporary file while they are read.", name, grouped(n)))
	}
	return nil
}

// flow has a command that makes a table of the standard input write it to the standard
// output, where no other place is named.
func (j *job) flow() error {
	makes := map[string]string{"score": outdir.Predicted(j.scoreFormat()), "clean": outdir.Cleaned(j.cleanFormat())}[j.command.name]
	if makes == "" || !slices.Equal(j.data, []string{store.Stdin}) || j.changed("out") || j.json || j.spec.Output.To != "" || j.shards != 1 || !store.Flows(store.Stdin) {
		return nil
	}
	j.options.model = j.modelDir()
	dir, err := os.MkdirTemp("", "flow-*")
	if err != nil {
		return err
	}
	if j.command.name == cleanCommand.name && j.format == "" {
		j.format, makes = "csv", outdir.Cleaned("csv")
	}
	j.spec.Output.Dir, j.flows = dir, store.Join(dir, makes)
	return nil
}

// pour writes the table that was made to the standard output, and has what there is to say
// said on the other. The folder of the results is temporary.
func (j *job) pour() error {
	if j.flows == "" {
		return nil
	}
	defer os.RemoveAll(j.spec.Output.Dir)
	j.lines = slices.DeleteFunc(j.lines, func(line string) bool { return strings.Contains(line, j.spec.Output.Dir) })
	for _, line := range j.lines {
		if !j.quiet {
			fmt.Fprintln(j.stderr, painted(j.stderr, line))
		}
	}
	j.lines = nil
	in, err := os.Open(j.flows)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(j.stdout, in); err != nil {
		return unwritten(err)
	}
	return nil
}
