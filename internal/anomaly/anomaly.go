// Package anomaly says what about a table is not as its schema expects: the
// lines of anomalies.jsonl.
package anomaly

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

// Names of the rules that are about a table as a whole.
const (
	RuleNew      = "new_column"
	RuleVanished = "vanished_column"
	RuleRepeat   = "repeated_record" // equal to an earlier one, in a table without a key
	RuleKey      = "key"             // one key names two different records
	RuleDamaged  = "damaged_file"    // records behind the damage are not read
	RuleChange   = "type_change"     // a column holds other things in another file
	RuleSplit    = "split"           // records are not independent of each other
	RuleLeak     = "leak"            // a column gives the target alone
	RuleTrained  = "trained_on"      // records to measure by are those that were learned from
	RuleNumbers  = "target_numbers"  // the target numbers the records
	RuleRare     = "rare_class"      // some folds have no record of a class
	RuleNoSkill  = "no_skill"        // the model is no better than a guess
	RuleFew      = "few_decide"      // a few records make most of the error
)

// Weight orders anomalies, that which is said first the least: errors, then what makes
// the figures of a model claim too much.
func Weight(a table.Finding) int {
	switch {
	case a.Severity == table.Error:
		return 0
	case Doubtful(a):
		return 1
	case a.Severity == table.Warning:
		return 2
	}
	return 3
}

// Doubtful reports whether a finding makes the figures of a model claim too much.
func Doubtful(a table.Finding) bool {
	return a.Severity == table.Warning && slices.Contains([]string{RuleLeak, RuleSplit, RuleTrained, RuleNumbers, RuleNoSkill}, a.Rule)
}

// Overclaims reports whether a finding is Doubtful, and nothing was done about it: by a
// column that records hang together by, folds are dealt.
func Overclaims(a table.Finding) bool { return Doubtful(a) && a.Rule != RuleSplit }

// AtLeast reports whether a finding matters as much as that.
func AtLeast(a table.Finding, severity table.Severity) bool {
	order := []table.Severity{table.Info, table.Warning, table.Error}
	return slices.Index(order, a.Severity) >= slices.Index(order, severity)
}

func found(source, column, rule string, severity table.Severity, expected, seen string, share float64, proposal string) table.Finding {
	return table.Finding{Source: source, Column: column, Rule: rule, Severity: severity, Expected: expected, Seen: seen, Share: share, Proposal: proposal}
}

// List returns what was found in a table of rows records whose columns have the
// incoming names, in the order of the schema's columns.
func List(source string, s table.Schema, incoming []string, t tally.Tally, rows int64) []table.Finding {
	var out []table.Finding
	t.Settle()
	for f, n := range t.Findings {
		c, _ := s.Column(f.Column)
		a := cell(c, f.Rule)
		a.Source, a.Column, a.Rule = source, f.Column, f.Rule
		a.Seen = fmt.Sprintf("%s, such as %q", cells(n), t.Examples[f])
		if f.Rule == tally.RuleLate {
			a.Seen = cells(n) + " of it"
			if f.Column == "" {
				a.Seen = cells(n) + " of others"
			}
		}
		if f.Rule == conform.RuleMissing || f.Rule == conform.RuleMissingTarget {
			a.Seen = cells(n) + " without a value"
		}
		a.Share = float64(n) / float64(max(rows, 1))
		if severity := c.Severity[f.Rule]; severity != "" {
			a.Severity = severity
		}
		if f.Rule == tally.RuleUnjoined && a.Share > 0.5 { // most keys are spelled otherwise there
			a.Severity = table.Error
		}
		out = append(out, a)
	}
	out = append(out, columns(source, s, incoming)...)
	places, others := s.Places(), map[string]int{}
	for i, name := range incoming {
		if _, ok := others[name]; !ok {
			others[name] = i + 1
		}
	}
	place := func(a table.Finding) int {
		if i, ok := places[a.Column]; ok {
			return i
		}
		return len(s.Columns) + others[a.Column] - 1
	}
	slices.SortFunc(out, func(a, b table.Finding) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Seen, b.Seen))
	})
	return out
}

// cells counts cells.
func cells(n int64) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

// cell says what was expected of a cell of the column.
func cell(c table.Column, rule string) table.Finding {
	switch rule {
	case conform.RuleType:
		return table.Finding{Severity: table.Warning, Expected: string(c.Type), Proposal: "the cells are read as missing; mend them, or give the column another type in the schema"}
	case conform.RuleCensored:
		return table.Finding{Severity: table.Warning, Expected: string(c.Type), Proposal: "a bound is no value, and is read as missing, although it says much; map it to a number, or add a column that says so"}
	case conform.RuleDomain:
		if len(c.Domain) == 0 {
			return table.Finding{Severity: table.Warning, Expected: "a value that was seen in training", Proposal: "predictions know nothing of new values; train again with some of them"}
		}
		return table.Finding{Severity: table.Warning, Expected: "one of " + listed(c.Domain), Proposal: "add the value to the domain, or map it to one that is there"}
	case conform.RuleRange:
		if c.Period != nil {
			return table.Finding{Severity: table.Warning, Expected: c.Period.From + " to " + c.Period.To + ", or near to it", Proposal: "find out whether these dates are right; predictions so far from what was trained on are less sure"}
		}
		return table.Finding{Severity: table.Warning, Expected: number.Shown(c.Range.Min, 12) + " to " + number.Shown(c.Range.Max, 12), Proposal: "predictions outside of what was trained on are less sure"}
	case conform.RuleMissingTarget:
		return table.Finding{Severity: table.Warning, Expected: "a target to learn from", Proposal: "the records are neither trained on nor measured; fill the target in"}
	case tally.RuleLate:
		return table.Finding{Severity: table.Warning, Expected: "the columns that the file begins with", Proposal: "it is not read; to read it name all columns: --columns a,b,c"}
	case tally.RuleUnjoined:
		return table.Finding{Severity: table.Warning, Expected: "a key of the table that is joined", Proposal: "the columns that it brings are empty there; mend the keys by a step before the join, or refuse such rows with missing: refuse"}
	case conform.RuleMissing:
		return table.Finding{Severity: table.Warning, Expected: "a value in every record", Proposal: "find out why values are missing now, or make the column optional"}
	}
	return table.Finding{Severity: table.Warning}
}

// listed names the first values of a domain.
func listed(domain []string) string {
	const most = 8
	if len(domain) <= most {
		return strings.Join(domain, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(domain[:most], ", "), len(domain)-most)
}

// columns reports the columns that the table lacks, and those that the schema
// does not know. The target may be absent.
func columns(source string, s table.Schema, incoming []string) []table.Finding {
	var out []table.Finding
	there, known := map[string]bool{}, s.Places()
	for _, name := range incoming {
		there[name] = true
	}
	for _, c := range s.Columns {
		if !there[c.Name] && c.Role != table.RoleTarget {
			out = append(out, found(source, c.Name, RuleVanished, table.Warning, "the column", "no such column", 1, "its cells are read as missing; find out where it went"))
		}
	}
	for _, name := range incoming {
		if _, ok := known[name]; !ok {
			out = append(out, found(source, name, RuleNew, table.Info, "no such column", "the column", 1, "it is passed over; train again to use it"))
		}
	}
	return out
}

// Unlisted reports columns that a schema of a person does not list, although it lists most.
func Unlisted(source string, columns []string) table.Finding {
	return found(source, "", RuleNew, table.Info, "the columns that the schema lists", "also "+listed(columns), 1,
		"they are kept as they were inferred; list them in the schema, with the role ignore to leave them out")
}

// Repeats reports n records that equal earlier ones in a table without a key.
func Repeats(source string, n, rows int64) table.Finding {
	return found(source, "", RuleRepeat, table.Info, "records that differ", fmt.Sprintf("%d records equal to earlier ones", n),
		float64(n)/float64(max(rows, 1)), "they are kept; name the key, if there is one, so that duplicates are left out")
}

// KeptTogether reports records that are there again, which are in one fold.
func KeptTogether(source string, n, rows int64) table.Finding {
	return found(source, "", RuleSplit, table.Info, "records that differ", fmt.Sprintf("%d records with the features of earlier ones", n),
		float64(n)/float64(max(rows, 1)), "they are kept in the fold of those, so that no figure comes from a record that was learned from")
}

// GivesTarget reports a column that gives the target alone.
func GivesTarget(source, column, target string, share float64) table.Finding {
	return found(source, column, RuleLeak, table.Warning, "columns that are known before "+target+" is", fmt.Sprintf("it alone gives %s, in %.4g %% of what other records can show", target, 100*share), share,
		"a leak? give it the role ignore in the schema if it is known only with the target, or after it")
}

// Numbers reports a target that numbers the records.
func Numbers(source, target string) table.Finding {
	return found(source, target, RuleNumbers, table.Warning, "a quantity to predict", "whole numbers without a gap, each of them once, as records are numbered", 1,
		"there is nothing to learn in a number of the record; name another target")
}

// RareClass reports a class of fewer records than there are folds.
func RareClass(source, target, label string, records int, share float64) table.Finding {
	return found(source, target, RuleRare, table.Warning, "some records of each class in every fold", fmt.Sprintf("%d of %q", records, label), share,
		"the model can hardly learn it, and its figures say nothing of it; leave these records out, or join the class with another")
}

// NoSkill reports a model that is no better than a guess that looks at no column.
func NoSkill(source, target, seen string) table.Finding {
	return found(source, target, RuleNoSkill, table.Warning, "predictions that are better than a guess", seen, 1,
		"what drives it, and each of its predictions, may be chance; look for columns that bear on "+target+", or for more records")
}

// FewDecide reports records, such as one of that target, that make half of a model's squared
// error.
func FewDecide(source, target string, records, of int, such string) table.Finding {
	what := fmt.Sprintf("%d of %s records make half of the squared error, with targets such as %s", records, number.Grouped(int64(of)), such)
	if records == 1 {
		what = fmt.Sprintf("1 of %s records makes half of the squared error; its target is %s", number.Grouped(int64(of)), such)
	}
	return found(source, target, RuleFew, table.Warning, "an error that many records have a part in",
		what, float64(records)/float64(of),
		"look whether it is right; the goal's metric mae is hardly moved by so few")
}

// TrainedOn reports records to measure a model by of which a share was learned from.
func TrainedOn(source string, share float64) table.Finding {
	return found(source, "", RuleTrained, table.Warning, "records that the model has not seen", fmt.Sprintf("about %.3g %% of the records are among those that it was trained on", 100*share), share,
		"the figures are better than those of new records will be; measure by others, or by the folds of training")
}

// Shifted reports a column that holds other things than in training.
func Shifted(source string, s drift.Shift) table.Finding {
	return found(source, s.Column, s.Rule, table.Warning, s.Expected, s.Seen, s.Share,
		"predictions of records that are unlike those of training are less sure; find out why they are, and train again if it stays so")
}

// Dependent reports a column by which records hang together.
func Dependent(source, column, seen, proposal string) table.Finding {
	return found(source, column, RuleSplit, table.Warning, "records that are independent", seen, 1, proposal)
}

// Damaged reports a file that could be read only up to where it is damaged.
func Damaged(source, damage string, records int64) table.Finding {
	return found(source, "", RuleDamaged, table.Error, "a whole file", damage, 0, fmt.Sprintf("only the %d records before that are read; fetch the file again", records))
}

// TypeChange reports a column that holds one kind of cells in one file and others in
// others; seen says which.
func TypeChange(source, column, expected, seen string) table.Finding {
	return found(source, column, RuleChange, table.Warning, expected, seen, 1, "the column is read as what holds all of it; mend the file that differs, or give the column a type in the schema")
}

// SameKey reports records whose key an earlier and different record has.
func SameKey(source, key, seen string) table.Finding {
	return found(source, key, RuleKey, table.Error, "a key of its own for each record", seen, 0, "name another key, or mend the records")
}
