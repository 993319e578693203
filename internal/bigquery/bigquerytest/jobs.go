package bigquerytest

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"
	"modernc.org/sqlite"
)

// job is a query that has run.
type job struct {
	*rest.Job
	rows [][]any
}

func (s *Server) insertJob(r *http.Request) (any, error) {
	in := &rest.Job{}
	if err := json.NewDecoder(r.Body).Decode(in); err != nil {
		return nil, &refusal{http.StatusBadRequest, "invalid", err.Error()}
	}
	q := in.Configuration.Query
	in.Status = &rest.JobStatus{State: "DONE"}
	in.Statistics = &rest.JobStatistics{TotalBytesProcessed: s.Bytes}
	if in.Configuration.DryRun {
		if _, _, err := s.read(r.Context(), translated(q.Query)+" limit 0"); err != nil {
			return nil, &refusal{http.StatusBadRequest, "invalidQuery", err.Error()}
		}
		return in, nil
	}
	id := in.JobReference.JobId
	if s.jobs[id] != nil {
		return nil, &refusal{http.StatusConflict, "duplicate", "Already Exists: Job " + id}
	}
	in.JobReference.Location = "EU"
	made := &job{Job: in}
	if err := s.do(r.Context(), made); err != nil {
		in.Status.ErrorResult = &rest.ErrorProto{Reason: "invalidQuery", Message: err.Error()}
	}
	s.jobs[id] = made
	return in, nil
}

// do runs a job: a script, or a query of which the result is a table.
func (s *Server) do(ctx context.Context, j *job) (err error) {
	q := j.Configuration.Query
	if !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(q.Query)), "SELECT") {
		return s.script(ctx, q)
	}
	if q.MaximumBytesBilled > 0 && s.Bytes > q.MaximumBytesBilled {
		return fmt.Errorf("query exceeded limit for bytes billed: %d", q.MaximumBytesBilled)
	}
	if _, j.rows, err = s.read(ctx, translated(q.Query)); err != nil {
		return err
	}
	name := fmt.Sprint("_result_", s.next())
	q.DestinationTable = reference(name)
	_, err = s.db.ExecContext(ctx, "create table "+name+" as "+translated(q.Query))
	return err
}

// script runs statements one after the other, and takes back what they did where one fails.
func (s *Server) script(ctx context.Context, q *rest.JobConfigurationQuery) error {
	values := map[string]string{}
	for _, p := range q.QueryParameters {
		values["@"+p.Name] = p.ParameterValue.Value
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for statement := range strings.SplitSeq(q.Query, ";\n") {
		for _, sql := range merged(strings.TrimSuffix(statement, ";")) {
			if _, err := conn.ExecContext(ctx, bound(translated(sql), values)); err != nil {
				_, _ = conn.ExecContext(ctx, "rollback")
				return err
			}
		}
	}
	return nil
}

var (
	local = regexp.MustCompile(`\x60` + Project + `\x60\.\x60` + Dataset + `\x60\.|\x60` + Project + `\.` + Dataset + `\.([^\x60]+)\x60`)
	cast  = regexp.MustCompile(`CAST\(([^()]+) AS (\w+)\)`)
	merge = regexp.MustCompile(`^MERGE INTO (\S+) AS t USING (.+?) AS s ON (.*?)(?: WHEN MATCHED THEN UPDATE SET (.*?))? WHEN NOT MATCHED THEN INSERT \((.*)\) VALUES \((.*)\)$`)
	named = regexp.MustCompile(`@\w+`)
)

// translated is a statement as SQLite has it.
func translated(sql string) string {
	sql = local.ReplaceAllString(sql, "$1")
	sql = cast.ReplaceAllString(sql, "bq_cast($1, '$2')")
	return strings.ReplaceAll(sql, "CURRENT_TIMESTAMP()", "CURRENT_TIMESTAMP")
}

// merged is a MERGE as SQLite has it: an update and an insert.
func merged(sql string) []string {
	m := merge.FindStringSubmatch(sql)
	if m == nil {
		return []string{sql}
	}
	out := []string{"INSERT INTO " + m[1] + " (" + m[5] + ") SELECT " + m[6] + " FROM " + m[2] + " AS s WHERE NOT EXISTS (SELECT 1 FROM " + m[1] + " AS t WHERE " + m[3] + ")"}
	if m[4] != "" {
		out = append([]string{"UPDATE " + m[1] + " AS t SET " + m[4] + " FROM " + m[2] + " AS s WHERE " + m[3]}, out...)
	}
	return out
}

// bound has the values of parameters in it.
func bound(sql string, values map[string]string) string {
	return named.ReplaceAllStringFunc(sql, func(name string) string {
		return "'" + strings.ReplaceAll(values[name], "'", "''") + "'"
	})
}

func init() {
	sqlite.MustRegisterDeterministicScalarFunction("bq_cast", 2, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		return castTo(args[0], args[1])
	})
	sqlite.MustRegisterDeterministicScalarFunction("safe_bq_cast", 2, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		v, err := castTo(args[0], args[1])
		if err != nil {
			return nil, nil
		}
		return v, nil
	})
}

// castTo is a cell as a type of BigQuery.
func castTo(cell, to driver.Value) (driver.Value, error) {
	text, ok := cell.(string)
	if !ok {
		return cell, nil
	}
	bad := fmt.Errorf("it is a bad %v value: %s", to, text)
	switch to {
	case "INT64":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, bad
		}
		return n, nil
	case "FLOAT64", "NUMERIC", "BIGNUMERIC":
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, bad
		}
		return x, nil
	case "DATE":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, bad
		}
	}
	return text, nil
}

func (s *Server) getJob(r *http.Request) (any, error) {
	j := s.jobs[r.PathValue("job")]
	if j == nil {
		return nil, notFound("Job " + r.PathValue("job"))
	}
	return j.Job, nil
}

func (s *Server) getResults(r *http.Request) (any, error) {
	j := s.jobs[r.PathValue("job")]
	if j == nil {
		return nil, notFound("Job " + r.PathValue("job"))
	}
	out := &rest.GetQueryResultsResponse{JobComplete: true, JobReference: j.JobReference, TotalRows: uint64(len(j.rows))}
	if at := j.Configuration.Query.DestinationTable; at != nil {
		var err error
		if out.Schema, err = s.schema(r.Context(), at.TableId); err != nil {
			return nil, err
		}
	}
	for _, row := range j.rows {
		line := &rest.TableRow{}
		for _, v := range row {
			if v != nil {
				v = fmt.Sprint(v)
			}
			line.F = append(line.F, &rest.TableCell{V: v})
		}
		out.Rows = append(out.Rows, line)
	}
	return out, nil
}
