package bigquery

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

// ruleRefused is the rule of rows that BigQuery refuses.
const ruleRefused = "bigquery_refused"

// maxRefused is how many refused rows are kept with their reasons; the others are counted.
const maxRefused = 1000

// rejected is a row that is refused.
func (w *writing) rejected(row arrow.RecordBatch, reason string) (table.Reject, error) {
	line, err := format.Delimited.Append(nil, table.Batch{Record: row}, format.Settings{})
	r := table.Reject{Stage: table.StageDeliver, Rule: ruleRefused, Reason: reason, Source: w.Given, Offset: -1, Input: table.Clip(bytes.TrimSuffix(line, []byte("\n")))}
	for _, f := range w.columns.Fields() {
		r.Columns = append(r.Columns, f.Name)
	}
	return r, err
}

// unfit counts the rows that wait and that the table can't take, of which it keeps some
// with their reasons.
func (w *writing) unfit(ctx context.Context) error {
	reasons, conditions := w.misfits()
	if len(conditions) == 0 {
		return nil
	}
	var why strings.Builder
	cells := make([]string, w.columns.NumFields())
	for i, c := range conditions {
		fmt.Fprintf(&why, " WHEN %s THEN %d", c, i)
	}
	for i := range cells {
		cells[i] = "CAST(s." + staged(i) + " AS STRING)"
	}
	sql := "SELECT COUNT(*) OVER () AS n, CASE" + why.String() + " END AS why, " + strings.Join(cells, ", ") +
		" FROM " + w.path(w.stage) + " AS s WHERE " + strings.Join(conditions, " OR ") + " LIMIT " + strconv.Itoa(maxRefused)
	rows, err := w.rows(ctx, w.client, sql, maxRefused)
	if err != nil || len(rows) == 0 {
		return err
	}
	n, err := strconv.ParseInt(fmt.Sprint(rows[0][0]), 10, 64)
	if err != nil {
		return err
	}
	w.taken.Rows -= n
	w.taken.Refused += n
	w.without = " WHERE NOT (" + strings.Join(conditions, " OR ") + ")"
	for _, row := range rows {
		k, err := strconv.Atoi(fmt.Sprint(row[1]))
		if err != nil || k < 0 || k >= len(reasons) {
			return fmt.Errorf("a refused row has the reason %v", row[1])
		}
		r, err := w.rejected(texted(row[2:]), reasons[k])
		if err != nil {
			return err
		}
		w.taken.Rejects = append(w.taken.Rejects, r)
	}
	return nil
}

// texted are cells as a row of texts.
func texted(cells []any) arrow.RecordBatch {
	columns, fields := make([]arrow.Array, len(cells)), make([]arrow.Field, len(cells))
	for i, c := range cells {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		if c == nil {
			b.AppendNull()
		} else {
			b.Append(fmt.Sprint(c))
		}
		columns[i], fields[i] = b.NewArray(), arrow.Field{Name: staged(i), Type: arrow.BinaryTypes.String, Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, 1)
}

// misfits are the conditions under which the table can't take a row that waits, and what
// each of them means.
func (w *writing) misfits() (reasons, conditions []string) {
	for i, f := range w.into[:w.columns.NumFields()] {
		at := "s." + staged(i)
		add := func(condition, reason string, args ...any) {
			reasons, conditions = append(reasons, "the column "+f.Name+" "+fmt.Sprintf(reason, args...)), append(conditions, condition)
		}
		if f.Mode == "REQUIRED" {
			add(at+" IS NULL", "is required, and there is no value")
		}
		if f.MaxLength > 0 && (f.Type == "STRING" || f.Type == "BYTES") {
			add(at+" IS NOT NULL AND LENGTH("+w.value(i, f)+") > "+strconv.FormatInt(f.MaxLength, 10), "takes %d at most, and the value is longer", f.MaxLength)
		}
		if types.Of(w.columns.Field(i).Type) != f.Type && f.Type != "STRING" && f.Type != "BYTES" {
			add(at+" IS NOT NULL AND "+safely(w.value(i, f))+" IS NULL", "is %s, and the value can't be one", f.Type)
		}
	}
	return reasons, conditions
}

// safely is a cast that gives NULL where it can't be done.
func safely(cast string) string {
	if strings.HasPrefix(cast, "CAST(") {
		return "SAFE_" + cast
	}
	return "SAFE." + cast
}

// tolerated fails where more rows are refused than the run may lose.
func (w *writing) tolerated() error {
	t := w.taken
	if t.Refused == 0 || t.Rows > 0 && !tally.TooMany(t.Refused, t.Rows+t.Refused, w.by.Rejects) {
		return nil
	}
	first := t.Rejects[0]
	return fault.Dataf("%s: BigQuery refuses %d of %d rows, more than limits.rejects allows; the first: %s: %.200s", w.Given, t.Refused, t.Rows+t.Refused, first.Reason, first.Input)
}
