package outdir

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
