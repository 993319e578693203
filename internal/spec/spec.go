// Package spec reads beamline.yaml: what is asked of which data.
package spec

import (
	"slices"
	"strings"

	"fmt"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/mapping"
)

// Spec is the content of a spec. Every field is optional but the data and the
// target; what is left out is found from the data.
type Spec struct {
	Name     string   `yaml:"name" doc:"what the run is called in the report"`
	Goal     Goal     `yaml:"goal" doc:"the question"`
	Data     Data     `yaml:"data" doc:"where the records are, and how they are read"`
	Steps    Steps    `yaml:"steps" doc:"what is done to the columns first, one step after the other; those of the model where it scores and this is left out"`
	Clean    Clean    `yaml:"clean" doc:"auto, off, {precision: P}, or a list of steps: names of rules, mapping rules, files of labels, reviewed changes or constraints"`
	Features Features `yaml:"features" doc:"auto"`
	Models   Models   `yaml:"models" doc:"auto, or the learners to try, each with settings if need be"`
	Split    Split    `yaml:"split" doc:"auto, or how rows are dealt to folds"`
	Interval Interval `yaml:"interval" doc:"within what intervals hold their level"`
	Limits   Limits   `yaml:"limits" doc:"what is tolerated"`
	Expect   Expect   `yaml:"expect" doc:"what a run must come to before anything is published; where it does not, the exit code is 5"`
	Output   Output   `yaml:"output" doc:"where results go"`
	Signing  Signing  `yaml:"signing" doc:"who signs models, and whose are used"`
	Runner   Runner   `yaml:"runner" doc:"what runs the pipelines"`
}

// Goal is the question.
type Goal struct {
	Question   string  `yaml:"question" doc:"the title of the report"`
	Target     string  `yaml:"target" doc:"the column to predict"`
	Task       string  `yaml:"task" doc:"found when left out" one:"regression,classification"`
	Metric     string  `yaml:"metric" doc:"what models are chosen by; rmse, auc or logloss when left out"`
	Positive   string  `yaml:"positive" doc:"the label of two that a metric is about; the rarer one when left out"`
	Require    string  `yaml:"require" doc:"the release gate, such as \"<= 0.13\": a model that misses it is marked, and exits 4"`
	Confidence float64 `yaml:"confidence" doc:"the coverage that intervals must reach"`
}

// Data is where the records are, and how they are read.
type Data struct {
	Train     Paths    `yaml:"train" doc:"the records to learn from"`
	Labelled  Paths    `yaml:"labelled" doc:"records with the target, measured once after selection"`
	Score     Paths    `yaml:"score" doc:"the records to predict; of stream a topic, such as kafka://BROKER:9092/TOPIC"`
	Key       string   `yaml:"key" doc:"the column that names a record"`
	Schema    string   `yaml:"schema" doc:"a schema.yaml, as a run writes it and a person edits it: it is enforced"`
	Header    *bool    `yaml:"header" doc:"whether the first record names the columns; found when left out"`
	Delimiter string   `yaml:"delimiter" doc:"the character between fields; found when left out"`
	Quote     string   `yaml:"quote" doc:"the character around fields, or none; found when left out"`
	Columns   []string `yaml:"columns" doc:"names of the columns, instead of those of the header"`
	Missing   []string `yaml:"missing" doc:"the texts that mean no value; found when left out"`
	Encoding  string   `yaml:"encoding" doc:"of a text, such as windows-1252; found when left out"`
	Escape    string   `yaml:"escape" doc:"the character before a quote or a delimiter that is meant as itself"`
	Comment   string   `yaml:"comment" doc:"the character that begins a line that is no record"`
	Pattern   string   `yaml:"pattern" doc:"of the lines of a log, as RE2 has it, in which each named group is a column: (?P<level>[A-Z]+) (?P<message>.*)"`
	SkipLines *int     `yaml:"skip_lines" doc:"lines before the table; found when left out"`
	Malformed string   `yaml:"malformed" doc:"refuse malformed records, or repair those whose file proves how" one:"refuse,repair"`
	Damaged   string   `yaml:"damaged" doc:"refuse a file that is damaged, or keep what stands before the damage" one:"refuse,keep"`
}

// Paths are the names of data: a file, folder, glob, URL or table of a database, or a list
// of them.
type Paths []string

// Place is the name of a table of a database that rows are written to.
type Place string

// Steps map the columns of the data.
type Steps []mapping.Step

// Expect is what a run must come to.
type Expect struct {
	Rows      string `yaml:"rows" doc:"records that were used, such as \">= 1000\", or \">= 0.9 * last\": against the last run"`
	Refused   string `yaml:"refused" doc:"share of the records that were refused, such as \"<= 0.01\""`
	Freshness string `yaml:"freshness" doc:"how old the newest file may be, such as 26h"`
}

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
	Folds int    `yaml:"folds" doc:"folds of cross-validation"`
	By    By     `yaml:"by" doc:"random, {group: COLUMN} or {time: COLUMN}; repeats, groups and times are looked for when left out"`
	Seed  uint64 `yaml:"seed" doc:"of all that is drawn by chance"`
}

// Interval says within what intervals hold their level.
type Interval struct {
	By string `yaml:"by" doc:"a column, within each of whose values intervals hold their level too"`
}

// By is random, or a column that names groups or tells the time; otherwise such a
// column is looked for.
type By struct {
	Group, Time string
	Random      bool
}

// Signing says who signs models, and whose are used.
type Signing struct {
	Key   string `yaml:"key" doc:"a private key of Ed25519, in PEM, that signs the model which is trained"`
	Trust string `yaml:"trust" doc:"public keys of Ed25519, in PEM: models that none of them signed are not used"`
}

// Limits bound what is tolerated.
type Limits struct {
	Rejects float64 `yaml:"rejects" doc:"the share of records that may be refused"`
	Record  int     `yaml:"record_bytes" doc:"the most bytes that a record may have"`
	Memory  Bytes   `yaml:"memory" doc:"the most that the command may take on this machine, such as 4GB; three quarters of what there is when left out"`
	Columns int     `yaml:"columns" doc:"the most columns that a table may have"`
	// Expanded bounds what a compressed file is unpacked to.
	Expanded Bytes `yaml:"expanded" doc:"the most that a compressed file may be unpacked to, such as 1TB"`
	Time     Time  `yaml:"time" doc:"the most that the command may take before its results are published, such as 2h"`
}

// Output is where results go.
type Output struct {
	Dir    string `yaml:"dir" doc:"the folder of the results"`
	Format string `yaml:"format" doc:"of the predictions"`
	To     Place  `yaml:"to" doc:"the table of a database that the predictions, or the rows of clean, go to, instead of a file; of stream a topic"`
}

// Runner is what runs the pipelines.
type Runner struct {
	Name    string            `yaml:"name" doc:"what it is called; direct when left out"`
	Options map[string]string `yaml:"options" doc:"go to the runner as they are"`
}

// Default returns a spec in which only defaults are set.
func Default() Spec {
	return Spec{
		Goal:   Goal{Confidence: 0.90},
		Split:  Split{Folds: 5, Seed: 1},
		Limits: Limits{Rejects: 0.01, Record: 16 << 20, Columns: 20_000, Expanded: 1e12},
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
	case s.Limits.Columns < 1 || s.Limits.Columns > grid.MaxColumns:
		return fault.Usagef("limits.columns: %d does not lie between 1 and %d", s.Limits.Columns, grid.MaxColumns)
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
