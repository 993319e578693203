package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
	"github.com/beamline-go/beamline/transforms/validate"
)

// Validate parts a table by the schema of l. The good and the bad records, as out says, and
// the rejects are left in dir. It returns how many are bad, too.
func Validate(ctx context.Context, r Launcher, t tableio.Table, l cleaning.Learned, dir string, out Output) (c Count, bad int64, err error) {
	f, err := format.Find(out.Format)
	if err != nil {
		return c, 0, err
	}
	if err := Fits(t, l, false); err != nil {
		return c, 0, err
	}
	if err := l.Save(ctx, dir); err != nil {
		return c, 0, err
	}
	err = r.Run(ctx, func(s beam.Scope) error {
		planned, all := r.read(s, t)
		var right, wrong, tallies []beam.PCollection
		for _, b := range all {
			good, bad, tallied := validate.Rows(s, dir, t.Columns, !out.text(), b)
			right, wrong, tallies = append(right, good), append(wrong, bad), append(tallies, tallied)
		}
		w := writer{scope: s}
		for name, batches := range map[string][]beam.PCollection{outdir.Good(f.Name): right, outdir.Bad(f.Name): wrong} {
			if out.text() {
				w.write(batches, &sink.Lines{Dir: dir, File: name, Of: f.Name, Settings: out.Settings, Shards: r.Shards})
			} else {
				w.write(batches, sink.File(dir, name, f, r.Shards))
			}
		}
		w.write(right, lines(dir, outdir.Rejects, sink.Rejects))
		r.leave(s, dir, append(counted(s, planned, tallies), result.Done(s, w.made...)...)...)
		return w.err
	})
	if err != nil {
		return c, 0, err
	}
	if c, err = Counted(ctx, dir); err != nil {
		return c, 0, err
	}
	key := tally.Key{Rule: validate.BadRecord}
	bad = c.Findings[key]
	delete(c.Findings, key)
	return c, bad, nil
}
