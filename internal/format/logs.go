package format

import (
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/logrows"
)

// The logs that are read: those of web servers, syslog, logfmt, and lines of a pattern
// that the user gives.
var (
	CombinedIn = logIn(logrows.Combined)
	CommonIn   = logIn(logrows.Common)
	SyslogIn   = logIn(logrows.Syslog)
	LogfmtIn   = logIn(logrows.Logfmt)
	PatternIn  = logIn(logrows.Pattern)
)

func logIn(kind logrows.Kind) In {
	return In{
		Name:  string(kind),
		Plain: true,
		Is: func(sample []byte, name string) bool {
			is, ok := logrows.Sniff(sample, name)
			return ok && is == kind
		},
		Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
			if kind == logrows.Logfmt && len(s.Columns) > 0 {
				return csv.Format{}, fault.Usagef("%s: the keys of logfmt are its columns, and have no other names", b.Name)
			}
			columns, err := logrows.Detect(kind, s.Pattern, b.Sample, b.Name)
			if n := len(s.Columns); err == nil && n > 0 && n != len(columns) {
				return csv.Format{}, fault.Usagef("%s: the file is read as %s, which has %d columns, not %d: %s", b.Name, kind, len(columns), n, fault.Few(columns))
			}
			f := named(columns, s)
			f.Pattern = s.Pattern
			return f, err
		},
		Grammar: func(f csv.Format) csv.Dialect { return csv.Lines(f.Dialect.Limit) },
		Reader: func(r Reading) grid.Reader {
			return &logrows.Reader{Kind: kind, Pattern: r.Format.Pattern, Names: r.Format.Names, Plan: r.Grid, Source: r.Source, File: r.Input, Columns: r.Columns,
				Limit: r.Format.Dialect.Limit}
		},
	}
}
