// Package place reads the names of tables in databases: an address of the database, and
// behind a question mark what is meant there. A place never holds a secret, only where
// one is.
package place

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/fault"
)

// Place is a table of a database, or what a query gives. Its exported fields are all that
// it is, and travel to workers.
type Place struct {
	Address string // of the database, with the options of its client, without a secret
	Table   string // as it was named: houses, public.houses
	Query   string // instead of a table
	Key     []string
	Mode    Mode     // how rows are written
	By      string   `json:",omitempty"` // the column that says which rows are replaced
	Value   string   `json:",omitempty"` // of By
	Secret  Secret   `json:",omitzero"`
	Stamp   []string `json:",omitempty"` // columns that are written beside those of the rows
	Staging string   `json:",omitempty"` // folder where rows wait to be written as a whole
}

// Mode is what becomes of rows that a table has already.
type Mode string

// The modes.
const (
	Upsert  Mode = "upsert"  // rows of the same key are replaced, others stay
	Replace Mode = "replace" // all rows are, or those of a partition
)

// Modes are all modes.
var Modes = []Mode{Upsert, Replace}

// Secret says where a password is: in a variable of the environment, or alone in a file.
// Where it is neither, the client of the database looks for it in its own way.
type Secret struct {
	Env  string `yaml:"env" json:",omitempty" doc:"a variable of the environment"`
	File string `yaml:"file" json:",omitempty" doc:"a file that holds it alone"`
}

// maxSecret bounds the files of secrets, in bytes.
const maxSecret = 64 << 10

// Read returns the secret; it is empty where there is none to be read.
func (s Secret) Read() (string, error) {
	switch {
	case s.Env != "":
		value, ok := os.LookupEnv(s.Env)
		if !ok {
			return "", fault.Usagef("the password is to be in the variable %s of the environment, which is not set", s.Env)
		}
		return value, nil
	case s.File != "":
		info, err := os.Stat(s.File)
		if err != nil {
			return "", fault.Usagef("the password is to be in a file: %v", err)
		}
		if info.Size() > maxSecret {
			return "", fault.Usagef("the password is to be in %s, which has %d bytes", s.File, info.Size())
		}
		text, err := os.ReadFile(s.File)
		if err != nil {
			return "", fault.Usagef("the password is to be in a file: %v", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	return "", nil
}

// own are the options that are Beamline's, and not of the client of a database.
var own = []string{"table", "query", "key", "mode", "by", "password_env", "password_file", "stamp", "staging"}

// Parse reads the name of a place. Options that are not Beamline's stay in the address. A
// query may be written as it is, if it is the last option.
func Parse(name string) (Place, error) {
	address, options := cut(name)
	shown := Shown(name)
	if _, _, secret := user(address); secret {
		return Place{}, fault.Usagef("%s: a password in an address ends in logs and histories; leave it out, and say where it is with password_env=NAME or password_file=PATH, or as the client of the database has it", shown)
	}
	p := Place{}
	var rest []string
	for options != "" {
		option := options
		if key, value, _ := strings.Cut(options, "="); key == "query" && strings.Contains(value, " ") {
			options, p.Query = "", value
			continue
		}
		option, options, _ = strings.Cut(options, "&")
		key, value, _ := strings.Cut(option, "=")
		value, err := url.PathUnescape(value) // a plus is a plus
		if err != nil {
			return Place{}, fault.Usagef("%s: %s is not written as an option of an address is", shown, key)
		}
		if !slices.Contains(own, key) {
			if strings.Contains(strings.ToLower(key), "password") {
				return Place{}, fault.Usagef("%s: a password in an address ends in logs and histories; say where it is with password_env=NAME or password_file=PATH", shown)
			}
			rest = append(rest, option)
			continue
		}
		p.set(key, value)
	}
	p.Address = address
	if len(rest) > 0 {
		p.Address += "?" + strings.Join(rest, "&")
	}
	return p, p.check(shown)
}

func (p *Place) set(key, value string) {
	switch key {
	case "table":
		p.Table = value
	case "query":
		p.Query = value
	case "key":
		p.Key = strings.Split(value, ",")
	case "mode":
		p.Mode = Mode(value)
	case "by":
		p.By, p.Value, _ = strings.Cut(value, "=")
	case "password_env":
		p.Secret.Env = value
	case "password_file":
		p.Secret.File = value
	case "staging":
		p.Staging = value
	case "stamp":
		p.Stamp = strings.Split(value, ",")
	}
}

func (p Place) check(shown string) error {
	switch {
	case p.Table == "" && strings.TrimSpace(p.Query) == "":
		return fault.Usagef("%s: the address names a database; say which table of it with ?table=NAME, or ?query=SELECT ...", shown)
	case p.Table != "" && p.Query != "":
		return fault.Usagef("%s: the address has a table and a query; name one", shown)
	case p.Mode != "" && !slices.Contains(Modes, p.Mode):
		return fault.Usagef("%s: mode %q is none of %s", shown, p.Mode, fault.Few(Modes))
	case p.By != "" && p.Value == "":
		return fault.Usagef("%s: by=%s is to say which rows are replaced: by=COLUMN=VALUE", shown, p.By)
	case p.By != "" && p.Mode != Replace:
		return fault.Usagef("%s: by=%s says which rows are replaced, and goes with mode=%s", shown, p.By, Replace)
	}
	for _, c := range p.Stamp {
		if !slices.Contains(Stamps, c) {
			return fault.Usagef("%s: stamp %q is none of %s", shown, c, fault.Few(Stamps))
		}
	}
	return nil
}

// Columns that a run may write beside those of its rows.
const (
	RunID    = "run_id"    // equal for runs of the same inputs, model and settings
	ScoredAt = "scored_at" // when the run began
)

// Stamps are all such columns.
var Stamps = []string{RunID, ScoredAt}

// Runs is the table of the runs that wrote to a database.
const Runs = "beamline_runs"

// Layout is what rows are written as.
type Layout struct {
	Columns []string // of the rows, then what all of them have in common
	Key     []string // columns that name a row
	At      []int    // of the columns of the key among those of the rows
	Common  []string // names of the columns that all rows have in common
	Values  []string // of those
}

// Layout says as what rows of those columns are written, in a run of that id and time. A
// row is named by the column key where the place names none; rows that take the place of
// others need no name.
func (p Place) Layout(rows *arrow.Schema, key, runID, at string) (Layout, error) {
	columns := make([]string, rows.NumFields())
	for i, f := range rows.Fields() {
		columns[i] = f.Name
	}
	l := Layout{Columns: slices.Clone(columns), Key: p.Key}
	if len(l.Key) == 0 && key != "" {
		l.Key = []string{key}
	}
	if len(l.Key) == 0 && p.Effective() == Upsert {
		return l, fault.Usagef("%s: which column names a row? --key COLUMN, or mode=replace to replace all", Shown(p.Address))
	}
	for _, k := range l.Key {
		i := slices.Index(columns, k)
		if i < 0 {
			return l, fault.Usagef("%s: the key %s is no column of what is written%s", Shown(p.Address), k, fault.Hint(k, columns, ""))
		}
		l.At = append(l.At, i)
	}
	add := func(name, value string) {
		l.Columns, l.Common, l.Values = append(l.Columns, name), append(l.Common, name), append(l.Values, value)
	}
	if p.By != "" && !slices.Contains(columns, p.By) {
		add(p.By, p.Value)
	}
	if p.By != "" && len(l.Key) > 0 && !slices.Contains(l.Key, p.By) { // each part has its own rows of a key
		l.Key = append([]string{p.By}, l.Key...)
	}
	for _, s := range p.Stamp {
		if slices.Contains(columns, s) {
			continue
		}
		add(s, map[string]string{RunID: runID, ScoredAt: at}[s])
	}
	return l, nil
}

// ByDay reports whether a column says of which day the rows are that are replaced.
func (p Place) ByDay(column string) bool {
	_, err := time.Parse(time.DateOnly, p.Value)
	return p.By == column && err == nil
}

// Effective is the mode, Upsert where none is named.
func (p Place) Effective() Mode { return cmp.Or(p.Mode, Upsert) }

// ParseTable reads the name of a table, which a query is none of.
func ParseTable(name string) (Place, error) {
	p, err := Parse(name)
	if err == nil && p.Table == "" {
		err = fault.Usagef("%s: rows are written to a table, not to a query", Shown(name))
	}
	return p, err
}

// firstOption is where the options of a name begin: a password may hold a question mark.
var firstOption = regexp.MustCompile(`\?[a-z_]+=`)

// cut returns the address of a name and its options.
func cut(name string) (address, options string) {
	if at := firstOption.FindStringIndex(name); at != nil {
		return name[:at[0]], name[at[0]+1:]
	}
	return strings.TrimSuffix(name, "?"), ""
}

// user finds whom an address names. rest is what stands before and behind.
func user(address string) (name string, rest [2]string, secret bool) {
	scheme, path, ok := strings.Cut(address, "://")
	at := strings.LastIndex(path, "@")
	if !ok || at < 0 {
		return "", rest, false
	}
	name, _, secret = strings.Cut(path[:at], ":")
	return name, [2]string{scheme + "://", path[at:]}, secret
}

// Shown is a name without what may be secret in it.
func Shown(name string) string {
	address, options := cut(name)
	if name, rest, secret := user(address); secret {
		address = rest[0] + name + ":***" + rest[1]
	}
	if options == "" {
		return address
	}
	all := strings.Split(options, "&")
	for i, o := range all {
		key, _, ok := strings.Cut(o, "=")
		if ok && strings.Contains(strings.ToLower(key), "password") && !slices.Contains(own, key) {
			all[i] = key + "=***"
		} else if plain, err := url.PathUnescape(o); err == nil && ok && slices.Contains(own, key) {
			all[i] = strings.Join(strings.Fields(plain), " ")
		}
	}
	return address + "?" + strings.Join(all, "&")
}

// Of is what is read or written, in words: table houses, or a query.
func (p Place) Of() string {
	if p.Query != "" {
		return "a query"
	}
	return fmt.Sprintf("table %s", p.Table)
}

// Quoted is a name as SQL has it, whatever is in it.
func Quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuotedAll are names as SQL has them.
func QuotedAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = Quoted(n)
	}
	return out
}

// Literal is a text as SQL has it.
func Literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
