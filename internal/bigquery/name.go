package bigquery

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
)

const scheme = "bigquery://"

// Takes reports whether an argument names a table of BigQuery.
func Takes(arg string) bool { return strings.HasPrefix(arg, scheme) }

// name is what an argument names. Its exported fields are all that it is, and travel to
// workers.
type name struct {
	Place   place.Place
	Given   string // as the user named it
	Project string // that the data is of
	Dataset string
	Table   string
	Options options
}

// options are what stands behind a name, beside what all databases have.
type options struct {
	Billing  string    `json:",omitempty"` // project that pays; that of the data when empty
	Location string    `json:",omitempty"` // of jobs; that of the dataset when empty
	Filter   string    `json:",omitempty"` // which rows are read, in SQL
	Columns  []string  `json:",omitempty"` // that are read; all when empty
	Snapshot time.Time `json:",omitzero"`  // as of which the table is read
	MaxBytes int64     // that a query may read
	// Partition is the column by whose days a table is parted that is made, and Cluster
	// are the columns by which it is sorted inside.
	Partition string   `json:",omitempty"`
	Cluster   []string `json:",omitempty"`
	Endpoint  string   `json:",omitempty"` // of the service, where it is not Google's
	Storage   string   `json:",omitempty"` // of its Storage APIs: host:port
}

// defaultMaxBytes is what a query may read where the user says nothing: some sixty cents
// of the price on demand in 2026.
const defaultMaxBytes = 100_000_000_000

// setters read the options by their names.
var setters = map[string]func(o *options, value string) error{
	"billing_project": func(o *options, v string) error { o.Billing = v; return nil },
	"location":        func(o *options, v string) error { o.Location = v; return nil },
	"filter":          func(o *options, v string) error { o.Filter = v; return nil },
	"columns":         func(o *options, v string) error { o.Columns = strings.Split(v, ","); return nil },
	"partition":       func(o *options, v string) error { o.Partition = v; return nil },
	"cluster":         func(o *options, v string) error { o.Cluster = strings.Split(v, ","); return nil },
	"snapshot": func(o *options, v string) (err error) {
		if o.Snapshot, err = time.Parse(time.RFC3339, v); err != nil {
			err = fmt.Errorf("%q is no time such as 2026-11-28T03:00:00Z", v)
		}
		return err
	},
	"maximum_bytes": func(o *options, v string) (err error) {
		o.MaxBytes, err = parseSize(v)
		return err
	},
	"endpoint": func(o *options, v string) error { o.Endpoint = v; return nil },
	"storage":  func(o *options, v string) error { o.Storage = v; return nil },
}

// parseSize reads a number of bytes: 2000000, 5GB, 1TB.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "KMGTB")
	unit := map[string]int64{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || unit == 0 || n < 1 || n > 1<<62/unit {
		return 0, fmt.Errorf("%q is no number of bytes such as 20GB", text)
	}
	return n * unit, nil
}

// address takes apart project, dataset and table. A project of a domain is domain:project,
// and a table may have a dollar sign and dots in it.
var address = regexp.MustCompile(`^((?:[^:./?]+(?:\.[^:./?]+)*:)?[^:./?]+)(?:\.([^./?]+))?(?:\.([^?/]+))?$`)

// parse reads a name: bigquery://project.dataset.table, or bigquery://project?query=...
func parse(given string) (n name, err error) {
	// The table stands in the address, and a place has it behind.
	whole, rest, _ := strings.Cut(strings.TrimPrefix(given, scheme), "?")
	parts := address.FindStringSubmatch(whole)
	if parts == nil {
		return n, fault.Usagef("%s: a table of BigQuery is named bigquery://PROJECT.DATASET.TABLE, a query bigquery://PROJECT?query=SELECT ...", place.Shown(given))
	}
	inner := given
	if parts[3] != "" {
		inner = scheme + parts[1] + "." + parts[2] + "?table=" + url.PathEscape(parts[3])
		if rest != "" {
			inner += "&" + rest
		}
	}
	n = name{Given: place.Shown(given), Project: parts[1], Dataset: parts[2], Options: options{MaxBytes: defaultMaxBytes}}
	if n.Place, err = place.Parse(inner); err != nil {
		return n, err
	}
	if n.Table = n.Place.Table; n.Table != "" && n.Dataset == "" {
		return n, fault.Usagef("%s: which dataset is the table of? bigquery://PROJECT.DATASET.TABLE", n.Given)
	}
	return n, n.set()
}

// set reads the options that stand in the address.
func (n *name) set() error {
	_, list, _ := strings.Cut(n.Place.Address, "?")
	for option := range strings.SplitSeq(list, "&") {
		key, value, _ := strings.Cut(option, "=")
		if key == "" {
			continue
		}
		set, ok := setters[key]
		if !ok {
			return fault.Usagef("%s: there is no option %s%s", n.Given, key, fault.Hint(key, slices.Collect(maps.Keys(setters)), ""))
		}
		plain, err := url.PathUnescape(value)
		if err == nil {
			err = set(&n.Options, plain)
		}
		if err != nil {
			return fault.Usagef("%s: %s: %v", n.Given, key, err)
		}
	}
	if n.Options.Billing == "" {
		n.Options.Billing = n.Project
	}
	return nil
}

// quoted is a name as the SQL of BigQuery has it, whatever is in it.
func quoted(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`", "\n", `\n`).Replace(name) + "`"
}

// path is a table as SQL has it.
func (n name) path(table string) string {
	return quoted(n.Project) + "." + quoted(n.Dataset) + "." + quoted(table)
}
