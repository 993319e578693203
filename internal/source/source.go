// Package source says what the records of a table are read from.
//
// A Source is planned once a run: its plan says where its blocks of records are, and of
// which version it is. Workers then open it with the plan and read any blocks, in any
// order: the rows are the same however the work is cut. A system that tables are in is
// a file or a package with one more Source, and a line in package systems; package
// sourcetest holds all of them to the same laws.
package source

import (
	"context"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// Source is one file, query or other collection of records. Its exported fields are all
// that it is, and travel to workers as JSON.
type Source interface {
	// Name is as the user gave it, without what is secret.
	Name() string
	// String says how it is read: what it is, and what a person could set.
	String() string
	// Columns are the names of its columns, in their order.
	Columns() []string
	// Plan reads or asks what it takes to know where the blocks of its records are.
	Plan(ctx context.Context) (Plan, error)
	// Open opens the source for reading blocks of its plan. It fails where the source is
	// of another version, as far as that can be told.
	Open(ctx context.Context, p Plan, w Wanted) (Blocks, error)
}

// Plan is the blocks of a source in one of its versions.
type Plan struct {
	Grid    grid.Plan
	Version Version
	// Serial says that blocks can only be read in their order, from the first one on.
	Serial bool
	// Damage is what is wrong with the source behind the records.
	Damage string
	// Keys are where the blocks begin, of a source that is cut by keys.
	Keys [][]string `json:",omitempty"`
}

// Version tells whether a source is still what it was, and goes into run.json.
type Version struct {
	Bytes  int64
	SHA256 string // of its bytes as they are stored, in hexadecimal
	// Generation is what the system itself calls the version; then there is no SHA256.
	Generation string
	// Token tells within a run whether the source is still the same.
	Token string
}

// Wanted is what batches are to hold.
type Wanted struct {
	Columns []string // the names; one that the source lacks has empty cells
	// Typed asks for values instead of texts, of these columns. Categorical columns may
	// be dictionaries then, and the memory of a batch is used again for the next.
	Typed []table.Column
	Key   string // the column that names a record in its reject; may be empty
	Input int    // index of the source in its table
}

// Blocks reads the blocks of a source. It is not safe for use by several goroutines at
// once.
type Blocks interface {
	// Read reads a block of the plan's grid. What is wrong with records is in the
	// rejects of the batch; an error is of the source.
	Read(ctx context.Context, block int) (table.Batch, error)
	Close() error
}

// Partitioned is a source whose place gives its records columns that it does not hold
// itself.
type Partitioned interface{ Partition() []string }

// Local is a source of this machine. Size is its bytes, as they are stored.
type Local interface {
	Size(ctx context.Context) (int64, error)
}

// Ranged is a source whose plan can be made in parts, by several workers. The plan is the
// one that Plan makes.
type Ranged interface {
	// Ranges is how many parts a plan has; 1 where it is made as a whole.
	Ranges(ctx context.Context) (int, error)
	// Range makes part i of n, which may be another number than that of Ranges.
	Range(ctx context.Context, i, n int) (part []byte, err error)
	// Join makes the plan of all its parts, in their order.
	Join(ctx context.Context, parts [][]byte) (Plan, error)
}

// Digested is a source of whose version Plan does not tell all, since that takes a pass
// of its own: Digest tells it, while the source is read.
type Digested interface {
	Digest(ctx context.Context, v Version) (Version, error)
}

// Columnar is a source of which columns that are not wanted are not read.
type Columnar interface{ Columnar() bool }

// Declared is a source that says of what type some of its columns are.
type Declared interface {
	Declared(column string) (t table.Type, ok bool)
}

// Live is a source whose content changes under its name, as a table of a database does:
// what is written of it may be replaced by what is written of it later.
type Live interface{ Live() }

// Marked is a source that says how new its newest record is, so that the next run can ask
// for what is newer; empty where it was not asked to.
type Marked interface{ Mark() string }

// Stepped is a source that may be of rows to which the steps of a spec were done before.
type Stepped interface{ Stepped() bool }

// Wrapper is a source that does something to the records of another: the blocks are the
// same.
type Wrapper interface{ Unwrap() Source }

// As returns what a source is beside a Source, such as Ranged, or what one is that it wraps.
func As[T any](s Source) (as T, ok bool) {
	for {
		if as, ok = s.(T); ok {
			return as, true
		}
		w, wraps := s.(Wrapper)
		if !wraps {
			return as, false
		}
		s = w.Unwrap()
	}
}
