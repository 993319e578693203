package bigquery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/retry"
)

// once fails where two rows have one key.
func (w *writing) once(ctx context.Context) error {
	if w.Place.Effective() != place.Upsert || len(w.waitingKey()) == 0 {
		return nil
	}
	key := strings.Join(w.waitingKey(), ", ")
	sql := "SELECT " + key + " FROM " + w.path(w.stage) + " GROUP BY " + key + " HAVING COUNT(*) > 1 LIMIT 1"
	found, err := w.rows(ctx, w.client, sql, 1)
	if err == nil && len(found) > 0 {
		err = fault.Dataf("%s: the key %s names more than one row: %s", w.Given, strings.Join(w.Key, ", "), strings.Trim(fmt.Sprint(found[0]), "[]"))
	}
	return err
}

// waitingKey are the columns of the key among those that wait.
func (w *writing) waitingKey() (columns []string) {
	for _, i := range w.At {
		columns = append(columns, staged(i))
	}
	return columns
}

// writeTries is how often a transaction is begun that others are in the way of: BigQuery
// ends one of two that change a table at once.
const writeTries = 8

// bring brings the rows that wait into the table, in one transaction with the row of the
// run.
func (w *writing) bring(ctx context.Context) error {
	q := &rest.JobConfigurationQuery{Query: w.script(), ParameterMode: "NAMED", QueryParameters: w.parameters()}
	err := retry.Do(ctx, writeTries, 3*firstWait, func() (bool, error) {
		_, err := w.run(ctx, w.client, q)
		return passing(err) || concurrent(err), err
	})
	var failed *jobError
	if errors.As(err, &failed) && !concurrent(err) && slices.Contains([]string{"invalidQuery", "invalid"}, failed.Reason) {
		return fault.Dataf("%s: BigQuery refuses the rows: %s", w.Given, failed.Message)
	}
	return w.named(err)
}

// concurrent reports whether a transaction ended for the sake of another.
func concurrent(err error) bool {
	var failed *jobError
	return errors.As(err, &failed) && strings.Contains(failed.Message, "concurrent")
}

// script is the transaction.
func (w *writing) script() string {
	into, from := w.path(w.Table), w.path(w.stage)
	if w.without != "" {
		from = "(SELECT * FROM " + from + " AS s" + w.without + ")"
	}
	columns, values := w.assigned()
	steps := []string{"BEGIN TRANSACTION"}
	if w.Place.Effective() == place.Replace {
		where := "TRUE"
		if by := w.Place.By; by != "" {
			where = quoted(by) + " = " + w.cast("@by", w.column(by))
		}
		steps = append(steps, "DELETE FROM "+into+" WHERE "+where,
			"INSERT INTO "+into+" ("+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+from+" AS s")
	} else {
		steps = append(steps, w.merge(into, from, columns, values))
	}
	runs := w.path(place.Runs)
	steps = append(steps, "DELETE FROM "+runs+" WHERE `run_id` = @run_id AND `target` = @target",
		"INSERT INTO "+runs+" (`run_id`, `target`, `command`, `model_id`, `version`, `rows`, `started_at`, `committed_at`) "+
			"VALUES (@run_id, @target, @command, NULLIF(@model_id, ''), @version, CAST(@rows AS INT64), CAST(@started_at AS TIMESTAMP), CURRENT_TIMESTAMP())",
		"COMMIT TRANSACTION")
	return strings.Join(steps, ";\n") + ";"
}

// merge is the statement that replaces rows by their key.
func (w *writing) merge(into, from string, columns, values []string) string {
	var on, set []string
	for i, c := range columns {
		if slices.Contains(w.Key, w.Columns[i]) {
			on = append(on, "t."+c+" = "+values[i])
			continue
		}
		set = append(set, c+" = "+values[i])
	}
	sql := "MERGE INTO " + into + " AS t USING " + from + " AS s ON " + strings.Join(on, " AND ")
	if len(set) > 0 {
		sql += " WHEN MATCHED THEN UPDATE SET " + strings.Join(set, ", ")
	}
	return sql + " WHEN NOT MATCHED THEN INSERT (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// assigned are the columns of the table that are written, and what is written there.
func (w *writing) assigned() (columns, values []string) {
	n := w.columns.NumFields()
	for i, f := range w.into {
		columns = append(columns, quoted(f.Name))
		if i >= n {
			values = append(values, w.cast("@common"+strconv.Itoa(i-n), f))
			continue
		}
		values = append(values, w.value(i, f))
	}
	return columns, values
}

// value is what column i of a row that waits is in a column of the table.
func (w *writing) value(i int, f *rest.TableFieldSchema) string {
	v := "s." + staged(i)
	if types.Of(w.columns.Field(i).Type) != f.Type {
		v = w.cast(v, f)
	}
	return v
}

// column is the column of the table to which a column goes.
func (w *writing) column(name string) *rest.TableFieldSchema {
	return w.into[slices.Index(w.Columns, name)]
}

// names of types in SQL that tables call otherwise.
var names = map[string]string{"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}

// cast is a value as the type of a column.
func (w *writing) cast(value string, f *rest.TableFieldSchema) string {
	kind := f.Type
	if n := names[kind]; n != "" {
		kind = n
	}
	switch kind {
	case "GEOGRAPHY":
		return "ST_GEOGFROMTEXT(CAST(" + value + " AS STRING))"
	case "JSON":
		return "PARSE_JSON(CAST(" + value + " AS STRING))"
	}
	return "CAST(" + value + " AS " + kind + ")"
}

// parameters are the values of the script that come from outside.
func (w *writing) parameters() (list []*rest.QueryParameter) {
	add := func(name, value string) {
		list = append(list, &rest.QueryParameter{Name: name, ParameterType: &rest.QueryParameterType{Type: "STRING"},
			ParameterValue: &rest.QueryParameterValue{Value: value, ForceSendFields: []string{"Value"}}})
	}
	for i, v := range w.Values {
		add("common"+strconv.Itoa(i), v)
	}
	if w.Place.By != "" {
		add("by", w.Place.Value)
	}
	add("run_id", w.by.ID)
	add("target", w.Table)
	add("command", w.by.Command)
	add("model_id", w.by.Model)
	add("version", w.by.Version)
	add("rows", strconv.FormatInt(w.taken.Rows, 10))
	add("started_at", w.by.At.UTC().Format(time.RFC3339Nano))
	return list
}
