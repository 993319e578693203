// Package spec reads beamline.yaml: what is asked of which data.
package spec

import (
	"slices"
	"strings"

	"fmt"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
)

// Spec is the content of a spec. Every field is optional but the data and the
// target; what is left out is found from the data.
type Spec struct {
	Name     string   `yaml:"name"`
	Goal     Goal     `yaml:"goal"`
	Data     Data     `yaml:"data"`
	Clean    Clean    `yaml:"clean"`
	Features Features `yaml:"features"`
	Models   Models   `yaml:"models"`
	Split    Split    `yaml:"split"`
	Interval Interval `yaml:"interval"`
	Limits   Limits   `yaml:"limits"`
	Output   Output   `yaml:"output"`
	Runner   Runner   `yaml:"runner"`
}

// Goal is the question.
type Goal struct {
	Question   string  `yaml:"question"`
	Target     string  `yaml:"target"`
	Task       string  `yaml:"task"` // regression or classification
	Metric     string  `yaml:"metric"`
	Positive   string  `yaml:"positive"`   // label of two that a metric is about
	Require    string  `yaml:"require"`    // the release gate, such as "<= 0.13"
	Confidence float64 `yaml:"confidence"` // coverage that intervals must reach
}

// Data is where the records are, and how they are read.
type Data struct {
	Train     Paths    `yaml:"train"`
	Labelled  Paths    `yaml:"labelled"` // measured once, after selection
	Score     Paths    `yaml:"score"`
	Key       string   `yaml:"key"`
	Schema    string   `yaml:"schema"`
	Header    *bool    `yaml:"header"`
	Delimiter string   `yaml:"delimiter"`
	Quote     string   `yaml:"quote"`
	Columns   []string `yaml:"columns"`
	Missing   []string `yaml:"missing"`
	Encoding  string   `yaml:"encoding"`
	Escape    string   `yaml:"escape"`
	Comment   string   `yaml:"comment"`
	SkipLines *int     `yaml:"skip_lines"` // before the table
	Malformed string   `yaml:"malformed"`  // refuse, or repair
	Damaged   string   `yaml:"damaged"`    // refuse a file that is damaged, or keep what stands before the damage
}

// Paths is a file, folder or glob, or a list of them.
type Paths []string

// Clean is auto, off, {precision: P}, or a list of steps.
type Clean struct {
	Off   bool
	Rules []string
	Maps  map[string]map[string]string // values by column
	// Labels is a file of corrected cells, Reviewed a ledger with verdicts,
	// Constraints a file of what is known of the columns.
	Labels, Reviewed, Constraints string
	Precision                     float64 // in (0,1); 0 leaves it to the tool
}

// Features is auto.
type Features struct{}

// Models are the learners to try; none means all that fit.
type Models []Model

// Model is a learner and settings over its defaults.
type Model struct {
	Name     string
	Settings map[string]float64
}

// Split says how rows are dealt to folds.
type Split struct {
	Folds int    `yaml:"folds"`
	By    By     `yaml:"by"`
	Seed  uint64 `yaml:"seed"`
}

// Interval says within what intervals hold their level.
type Interval struct {
	By string `yaml:"by"` // a column, within each of whose values too
}

// By is random, or a column that names groups or tells the time; otherwise such a
// column is looked for.
type By struct {
	Group, Time string
	Random      bool
}

// Limits bound what is tolerated.
type Limits struct {
	Rejects float64 `yaml:"rejects"`      // share of records that may be refused
	Record  int     `yaml:"record_bytes"` // of one record
}

// Output is where results go.
type Output struct {
	Dir    string `yaml:"dir"`
	Format string `yaml:"format"` // of the predictions: csv, parquet, jsonl, avro, arrow
}

// Runner is what runs the pipelines.
type Runner struct {
	Name    string            `yaml:"name"` // the default one where it is empty
	Options map[string]string `yaml:"options"`
}

// Default returns a spec in which only defaults are set.
func Default() Spec {
	return Spec{
		Goal:   Goal{Confidence: 0.90},
		Split:  Split{Folds: 5, Seed: 1},
		Limits: Limits{Rejects: 0.01, Record: 16 << 20},
		Output: Output{Dir: "out", Format: "csv"},
	}
}

// Bounds of what a spec may ask of the reader.
const (
	MaxRecord = 512 << 20 // bytes
	MaxSkip   = 10000     // lines
)

// MaxSize bounds the specs that are read, in bytes.
const MaxSize = 1 << 20

// Read reads the text of a spec and validates it. Faults say file, line and
// column, and show the line.
func Read(name string, text []byte) (Spec, error) {
	s, err := Parse(name, text)
	if err != nil {
		return Spec{}, err
	}
	return s, s.Validate()
}

// Validate reports settings that can't be meant.
func (s Spec) Validate() error {
	switch s.Goal.Task {
	case "", "regression", "classification":
	default:
		return fault.Usagef("goal.task: %q is neither regression nor classification", s.Goal.Task)
	}
	switch {
	case !(s.Goal.Confidence > 0 && s.Goal.Confidence < 1): // NaN does neither
		return fault.Usagef("goal.confidence: %v does not lie between 0 and 1", s.Goal.Confidence)
	case s.Split.Folds < 2 || s.Split.Folds > 100:
		return fault.Usagef("split.folds: %d does not lie between 2 and 100", s.Split.Folds)
	case s.Limits.Rejects < 0 || s.Limits.Rejects > 1:
		return fault.Usagef("limits.rejects: %v does not lie between 0 and 1", s.Limits.Rejects)
	case !slices.Contains(format.Names(), s.Output.Format):
		return fault.Usagef("output.format: %q is none of %s", s.Output.Format, strings.Join(format.Names(), ", "))
	case s.Limits.Record < 1 || s.Limits.Record > MaxRecord:
		return fault.Usagef("limits.record_bytes: %d does not lie between 1 and %d", s.Limits.Record, MaxRecord)
	case s.Data.SkipLines != nil && (*s.Data.SkipLines < 0 || *s.Data.SkipLines > MaxSkip):
		return fault.Usagef("data.skip_lines: %d does not lie between 0 and %d", *s.Data.SkipLines, MaxSkip)
	case s.Data.Damaged != "" && s.Data.Damaged != "refuse" && s.Data.Damaged != "keep":
		return fault.Usagef("data.damaged: %q is neither refuse nor keep", s.Data.Damaged)
	case s.Data.Malformed != "" && s.Data.Malformed != "refuse" && s.Data.Malformed != "repair":
		return fault.Usagef("data.malformed: %q is neither refuse nor repair", s.Data.Malformed)
	}
	return nil
}

func position(name string, line, column int, source string, format string, args ...any) error {
	return fault.Usagef("%s:%d:%d: %s\n%s", name, line, column, fmt.Sprintf(format, args...), source)
}
