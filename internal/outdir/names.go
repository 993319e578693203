package outdir

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// The files of a folder of results.
const (
	Run       = "run.json" // written last; it marks a run as complete
	Schema    = "schema.yaml"
	Profile   = "profile.json"
	Anomalies = "anomalies.jsonl"
	Rejects   = "rejects.jsonl"
	Changes   = "changes.csv"
	Proposals = "proposals.csv"
	Metrics   = "metrics.json"
	Report    = "report.html"
	Model     = "model" // a folder: the artifact
	Pairs     = "pairs.csv"
	Clusters  = "clusters.csv"
	Manifest  = "manifest.json"    // of a folder that is an artifact
	Staged    = "predictions.rows" // where predictions are that go elsewhere
)

// Cleaned is the name of the cleaned table in a format.
func Cleaned(format string) string { return "clean." + format }

// Survived is the name of the table of things in a format.
func Survived(format string) string { return "survivors." + format }

// Good and Bad are the names of records that break no rule, and of those that do.
func Good(format string) string { return "good." + format }
func Bad(format string) string  { return "bad." + format }

// Predicted is the name of the predictions in a format.
func Predicted(format string) string { return "predictions." + format }

// Part is the name of a part of an output, from 0; the name itself where there is only one.
func Part(output string, k, parts int) string {
	if parts <= 1 {
		return output
	}
	extension := path.Ext(output)
	return fmt.Sprintf("%s-%05d-of-%05d%s", strings.TrimSuffix(output, extension), k, parts, extension)
}

// part is what Part puts before the extension.
var part = regexp.MustCompile(`-\d{5,}-of-\d{5,}(\.[^.]*)$`)

// whole is the name of the output that a file is, or is a part of.
func whole(name string) string { return part.ReplaceAllString(name, "$1") }
