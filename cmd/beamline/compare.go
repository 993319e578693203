package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/compare"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/models/training"
)

var compareCommand = command{
	name: "compare", args: "A B", short: "two runs, or two sets of predictions: what differs, and is it chance",
	examples: []string{"beamline compare out tonight", "beamline compare out/predictions.csv tonight/predictions.csv --key Id", "beamline compare 'sqlite:scores.db?table=prices' tonight/predictions.csv --json"},
	flags:    []string{"key", "json", "quiet"},
	long: `Compare says what differs between two runs, named by their folders, such as those of two
nights: models, records, predictions, and what drives them. Between two sets of predictions,
files or tables of a database, it says what differs in them alone.

Predictions are compared row by row, by their first column or the one that --key names. A
mean is said with how far it can be off by chance, in 95 of 100 cases.`,
	do: func(ctx context.Context, o *options, args []string) error {
		if len(args) != 2 {
			return fault.Usagef("compare takes two runs, or two sets of predictions, and not %d", len(args))
		}
		o.told = &answer{files: map[string]string{}}
		return o.compare(ctx, args)
	},
}

// compared is one side of a comparison.
type compared struct {
	name        string
	run         *runFile // nil of predictions alone
	metrics     *metricsFile
	predictions string // empty where there are none
}

// comparison is what differs, as --json prints it.
type comparison struct {
	SameModel   *bool             `json:"same_model,omitempty"`
	Rows        map[string]count2 `json:"rows,omitempty"`    // records by what became of them
	Refused     map[string]count2 `json:"refused,omitempty"` // by the rule that refused them
	Predictions *compare.Result   `json:"predictions,omitempty"`
	Drivers     []driver          `json:"drivers,omitempty"`
}

// count2 is a count on each side.
type count2 struct {
	A int64 `json:"a"`
	B int64 `json:"b"`
}

// driver is how much a column matters on each side.
type driver struct {
	Column string  `json:"column"`
	A      float64 `json:"a"`
	B      float64 `json:"b"`
	Chance bool    `json:"chance"` // the difference is within twice its spread over folds
}

func (o *options) compare(ctx context.Context, args []string) error {
	var sides [2]compared
	for i, arg := range args {
		var err error
		if sides[i], err = comparedSide(ctx, arg); err != nil {
			return err
		}
	}
	a, b := sides[0], sides[1]
	if (a.run == nil) != (b.run == nil) {
		a.run, b.run, a.metrics, b.metrics = nil, nil, nil, nil
	}
	var c comparison
	if a.run != nil {
		o.compareRuns(&c, a, b)
	}
	if a.predictions != "" && b.predictions != "" {
		r, err := o.comparePredictions(ctx, a.predictions, b.predictions)
		if err != nil {
			return err
		}
		c.Predictions = &r
		o.tellPredictions(r)
	} else if a.run == nil || a.metrics == nil && b.metrics == nil {
		return o.unpredicted(a, b)
	}
	if a.metrics != nil && b.metrics != nil {
		o.compareDrivers(&c, a.metrics.Importance, b.metrics.Importance)
	}
	o.told.doc = c
	return nil
}

// unpredicted says that a side has no predictions.
func (o *options) unpredicted(sides ...compared) error {
	for _, s := range sides {
		switch {
		case s.predictions != "":
		case s.run != nil && s.run.To != nil:
			return fault.Usagef("%s: its predictions are in %s; compare what is there, by a query for the rows of each run", s.name, s.run.To.Table)
		default:
			return fault.Usagef("%s: there are no predictions", s.name)
		}
	}
	return nil
}

// comparedSide finds out what an argument names: the folder of a run, or predictions.
func comparedSide(ctx context.Context, arg string) (s compared, err error) {
	s = compared{name: systems.Shown(arg), predictions: arg}
	if systems.Database(arg) {
		return s, nil
	}
	var run runFile
	ok, err := outdir.ReadRun(ctx, arg, &run)
	if !ok {
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !notFolder(ctx, arg) {
			return s, err
		}
		return s, nil
	}
	s.run, s.predictions = &run, ""
	for _, f := range format.Names() {
		name := store.Join(arg, outdir.Predicted(f))
		there, err := store.Exists(ctx, name)
		if err != nil {
			return s, err
		}
		if there {
			s.predictions = name
		}
	}
	body, err := store.ReadFile(ctx, store.Join(arg, outdir.Metrics), maxMetrics)
	if err == nil {
		s.metrics = &metricsFile{}
		err = json.Unmarshal(body, s.metrics)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return s, err
}

// maxMetrics bounds the metrics that are read, in bytes.
const maxMetrics = 64 << 20

// notFolder reports whether a name is that of a file.
func notFolder(ctx context.Context, name string) bool {
	there, err := store.Exists(ctx, name)
	return there && err == nil
}

// compareRuns says what differs between two runs as such.
func (o *options) compareRuns(c *comparison, a, b compared) {
	for i, s := range []compared{a, b} {
		day := ""
		if s.run.Date != "" {
			day = " for " + s.run.Date
		}
		o.told.say("%c is %s: beamline %s%s, %s records used.", 'A'+i, s.name, s.run.Command, day, grouped(s.run.Rows.Used))
	}
	if a.run.ModelID+b.run.ModelID != "" {
		same := a.run.ModelID == b.run.ModelID
		c.SameModel = &same
		if same {
			o.told.say("Both have the model %s.", a.run.ModelID)
		} else {
			o.told.say("The model was %s, and is %s.", orNone(a.run.ModelID), orNone(b.run.ModelID))
		}
	}
	x, y := a.run.Rows, b.run.Rows
	c.Rows = map[string]count2{"read": {x.Read, y.Read}, "used": {x.Used, y.Used}, "refused": {x.Refused, y.Refused}, "duplicate": {x.Duplicate, y.Duplicate}}
	o.told.say("Records: %s.", counts2(c.Rows, []string{"read", "used", "refused", "duplicate"}))
	c.Refused = map[string]count2{}
	for _, rule := range slices.Sorted(maps.Keys(both(a.run.Refused, b.run.Refused))) {
		if n := (count2{a.run.Refused[rule], b.run.Refused[rule]}); n.A != n.B {
			c.Refused[rule] = n
		}
	}
	if len(c.Refused) > 0 {
		o.told.say("Refused by rule: %s.", counts2(c.Refused, slices.Sorted(maps.Keys(c.Refused))))
	}
}

func orNone(id string) string {
	if id == "" {
		return "none"
	}
	return id
}

func both(a, b map[string]int64) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

// counts2 lists counts on both sides.
func counts2(all map[string]count2, names []string) string {
	var out []string
	for _, n := range names {
		c := all[n]
		if c.A == c.B {
			out = append(out, fmt.Sprintf("%s %s as before", grouped(c.A), n))
			continue
		}
		out = append(out, fmt.Sprintf("%s %s, %s before (%s)", grouped(c.B), n, grouped(c.A), signed(float64(c.B-c.A))))
	}
	return strings.Join(out, "; ")
}

// signed is a figure with its sign.
func signed(x float64) string {
	if x > 0 {
		return "+" + figure(x)
	}
	return figure(x)
}

// predictionColumn is the column of predictions.
const predictionColumn = "prediction"

// comparePredictions reads two sets of predictions side by side.
func (o *options) comparePredictions(ctx context.Context, names ...string) (r compare.Result, err error) {
	ctx, release := source.Holding(ctx)
	defer release()
	var sides [2]*source.Rows
	quantity := true
	for i, name := range names {
		found, err := systems.Find(ctx, []string{name}, csv.Settings{})
		if err != nil {
			return r, err
		}
		columns := found[0].Columns()
		key := columns[0]
		if o.key != "" {
			key = o.key
		}
		for _, c := range []string{key, predictionColumn} {
			if !slices.Contains(columns, c) {
				return r, fault.Usagef("%s: there is no column %s%s", systems.Shown(name), c, fault.Hint(c, columns, ""))
			}
		}
		quantity = quantity && !slices.ContainsFunc(columns, func(c string) bool { return strings.HasPrefix(c, "p_") })
		sides[i] = source.NewRows(found, []string{key, predictionColumn}, "predictions are compared as a whole")
		defer sides[i].Close()
	}
	p := compare.New(quantity)
	for more := true; more; {
		more = false
		for i, s := range sides {
			some, err := s.Block(ctx, func(cells []string) error {
				if err := p.Put(i, strings.Clone(cells[0]), strings.Clone(cells[1])); err != nil {
					return fault.Dataf("%s: %v", systems.Shown(names[i]), err)
				}
				return nil
			})
			if err != nil {
				return r, fault.Wrap(err, systems.Shown(names[i]))
			}
			more = more || some
		}
	}
	return p.Result(), nil
}

// tellPredictions says what differs between predictions.
func (o *options) tellPredictions(r compare.Result) {
	say := o.told.say
	say("Predictions: %s rows are in both, %s only in A, %s only in B.", grouped(r.Both), grouped(r.OnlyA), grouped(r.OnlyB))
	if r.Lost+r.Gained > 0 {
		say("Of those in both %s have a prediction in A alone, and %s in B alone.", grouped(r.Lost), grouped(r.Gained))
	}
	if r.Changed == 0 {
		say("No prediction of a row in both changed.")
	} else {
		say("%s predictions of rows in both changed, %s of them.", grouped(r.Changed), percent(float64(r.Changed)/float64(r.Both)))
	}
	if r.MeanA != nil && r.MeanB != nil {
		say("The mean prediction was %s ± %s, and is %s ± %s.", figure(r.MeanA.Mean), figure(r.MeanA.Off), figure(r.MeanB.Mean), figure(r.MeanB.Off))
	}
	if s := r.Shift; s != nil && r.Changed > 0 {
		verdict := "more than chance"
		if s.Chance() {
			verdict = "which may be chance"
		}
		say("Rows in both changed by %s ± %s on average, %s.", signed(s.Mean), figure(s.Off), verdict)
	}
	for i, l := range r.Labels {
		if i == 5 {
			say("And %d more changes of labels.", len(r.Labels)-i)
			break
		}
		say("%s rows were %s, and are %s.", grouped(l.Rows), l.A, l.B)
	}
	for i, c := range r.Largest {
		if i == 5 || r.MeanA == nil {
			break
		}
		say("  %s: %s, and is %s", c.Key, c.A, c.B)
	}
}

// compareDrivers says which columns matter more, or less.
func (o *options) compareDrivers(c *comparison, a, b []training.Importance) {
	of := map[string][2]training.Importance{}
	for i, all := range [][]training.Importance{a, b} {
		for _, x := range all {
			pair := of[x.Column]
			pair[i] = x
			of[x.Column] = pair
		}
	}
	for _, column := range slices.Sorted(maps.Keys(of)) {
		x := of[column]
		off := 2 * math.Hypot(x[0].SD, x[1].SD)
		c.Drivers = append(c.Drivers, driver{column, x[0].Mean, x[1].Mean, math.Abs(x[1].Mean-x[0].Mean) <= off})
	}
	slices.SortStableFunc(c.Drivers, func(x, y driver) int { return cmp.Compare(math.Abs(y.B-y.A), math.Abs(x.B-x.A)) })
	var moved []string
	for _, d := range c.Drivers {
		if !d.Chance && len(moved) < 5 {
			moved = append(moved, fmt.Sprintf("%s %s, %s before", d.Column, figure(d.B), figure(d.A)))
		}
	}
	if len(moved) == 0 {
		o.told.say("Drivers: no column matters more or less than before, beyond the spread over folds.")
		return
	}
	o.told.say("Drivers: %s.", strings.Join(moved, "; "))
}
