package sink

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/ledger"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

// Lines is a file of lines, or several: workers make the lines, and a commit puts them
// end to end.
type Lines struct {
	Dir  string
	File string // name of the output
	// Of is what a batch has for the output: one of Rejects, Changes and Proposals, or
	// the name of a format that has lines.
	Of       string
	Settings format.Settings
	Shards   int // files that it is cut in, of about the same size; one where it is 0
}

// What a batch has beside its rows.
const (
	Rejects   = "rejects"
	Changes   = "changes"
	Proposals = "proposals"
)

// Name implements Sink.
func (l *Lines) Name() string { return l.File }

// Part implements Sink.
func (l *Lines) Part(ctx context.Context) (Part, error) {
	e, err := l.encoding()
	return newPart(ctx, l.Dir, l.File, e), err
}

func (l *Lines) encoding() (encoding, error) {
	switch l.Of {
	case Rejects:
		return rejectLines{}, nil
	case Changes:
		return changeLines{}, nil
	case Proposals:
		return proposalLines{}, nil
	}
	f, err := format.Find(l.Of)
	if err == nil && f.Append == nil {
		err = fmt.Errorf("sink: a file of %s is no file of lines", l.Of)
	}
	return rowLines{f, l.Settings}, err
}

// rejectLines are the lines of rejects.jsonl.
type rejectLines struct{}

func (rejectLines) header(table.Batch) []byte { return nil }

func (rejectLines) append(dst []byte, b table.Batch) (_ []byte, err error) {
	for _, r := range b.Rejects {
		if dst, err = r.AppendJSON(dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// changeLines are the lines of changes.csv.
type changeLines struct{}

func (changeLines) header(table.Batch) []byte { return []byte(ledger.Header) }

func (changeLines) append(dst []byte, b table.Batch) ([]byte, error) {
	for _, c := range b.Changes {
		dst = ledger.Append(dst, c)
	}
	return dst, nil
}

// proposalLines are the lines of proposals.csv.
type proposalLines struct{}

func (proposalLines) header(table.Batch) []byte { return []byte(ledger.ProposalsHeader) }

func (proposalLines) append(dst []byte, b table.Batch) ([]byte, error) {
	for _, c := range b.Proposals {
		dst = ledger.AppendProposal(dst, c)
	}
	return dst, nil
}

// rowLines are the rows of batches.
type rowLines struct {
	format.Out
	settings format.Settings
}

func (r rowLines) header(b table.Batch) []byte { return r.Header(b.Record.Schema(), r.settings) }

func (r rowLines) append(dst []byte, b table.Batch) ([]byte, error) {
	return r.Append(dst, b, r.settings)
}

// Commit implements Sink.
func (l *Lines) Commit(ctx context.Context, parts []Written) (made []Made, err error) {
	all, first := inOrder(parts), header(parts)
	total := int64(0)
	for _, p := range all {
		total += p.Length
	}
	shards, done := max(l.Shards, 1), int64(0)
	for k := range shards {
		own := 0
		for ; own < len(all) && (k == shards-1 || done+all[own].Length/2 < total*int64(k+1)/int64(shards)); own++ {
			done += all[own].Length
		}
		name := store.Join(l.Dir, outdir.Part(l.File, k, shards))
		n, err := join(ctx, name, first, all[:own])
		if err != nil {
			return nil, fmt.Errorf("sink: %s: %w", l.File, err)
		}
		made, all = append(made, Made{Output: l.File, Path: name, Bytes: n}), all[own:]
	}
	return made, nil
}

// join writes the pieces in their order to a file, as a whole, so that an
// attempt that is repeated replaces it.
func join(ctx context.Context, path string, header []byte, pieces []place) (n int64, err error) {
	err = store.Write(ctx, path, func(out io.Writer) error {
		w := bufio.NewWriterSize(out, 1<<20)
		if _, err := w.Write(header); err != nil {
			return err
		}
		n = int64(len(header))
		open := partFiles{}
		defer open.close()
		for _, p := range pieces {
			if err := ctx.Err(); err != nil {
				return err
			}
			file, err := open.get(ctx, p.Part)
			if err != nil {
				return err
			}
			k, err := io.Copy(w, io.NewSectionReader(file, p.Offset, p.Length))
			if err != nil {
				return err
			}
			n += k
		}
		return w.Flush()
	})
	return n, err
}
