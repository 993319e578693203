package bigquerytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	rest "google.golang.org/api/bigquery/v2"
)

// A refusal is an answer that says no.
type refusal struct {
	code            int
	reason, message string
}

func (r *refusal) Error() string { return r.message }

func notFound(what string) error {
	return &refusal{http.StatusNotFound, "notFound", "Not found: " + what}
}

// routes are the requests that the server answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(r *http.Request) (any, error){
		"GET /bigquery/v2/projects/{project}/datasets":                             s.listDatasets,
		"GET /bigquery/v2/projects/{project}/datasets/{dataset}":                   s.getDataset,
		"GET /bigquery/v2/projects/{project}/datasets/{dataset}/tables":            s.listTables,
		"POST /bigquery/v2/projects/{project}/datasets/{dataset}/tables":           s.insertTable,
		"GET /bigquery/v2/projects/{project}/datasets/{dataset}/tables/{table}":    s.getTable,
		"DELETE /bigquery/v2/projects/{project}/datasets/{dataset}/tables/{table}": s.deleteTable,
		"POST /bigquery/v2/projects/{project}/jobs":                                s.insertJob,
		"GET /bigquery/v2/projects/{project}/jobs/{job}":                           s.getJob,
		"GET /bigquery/v2/projects/{project}/queries/{job}":                        s.getResults,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			answer, err := s.answer(pattern, r, do)
			var no *refusal
			switch {
			case errors.As(err, &no):
				w.WriteHeader(no.code)
				json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": no.code, "message": no.message,
					"errors": []map[string]string{{"reason": no.reason, "message": no.message}}}})
			case err != nil:
				panic(http.ErrAbortHandler) // the connection is lost
			default:
				json.NewEncoder(w).Encode(answer)
			}
		})
	}
	return mux
}

// answer does what is asked, or fails as the test wishes.
func (s *Server) answer(method string, r *http.Request, do func(r *http.Request) (any, error)) (any, error) {
	before, after := s.fails(method)
	if before != nil {
		return nil, before
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := r.PathValue("project"); p != Project {
		return nil, notFound("Project " + p)
	}
	if d := r.PathValue("dataset"); d != "" && d != Dataset {
		return nil, notFound("Dataset " + d)
	}
	answer, err := do(r)
	if after != nil {
		return nil, after
	}
	return answer, err
}

func (s *Server) listDatasets(*http.Request) (any, error) {
	return &rest.DatasetList{Datasets: []*rest.DatasetListDatasets{{DatasetReference: &rest.DatasetReference{ProjectId: Project, DatasetId: Dataset}}}}, nil
}

func (s *Server) getDataset(*http.Request) (any, error) {
	return &rest.Dataset{Location: "EU", DatasetReference: &rest.DatasetReference{ProjectId: Project, DatasetId: Dataset}}, nil
}

// reference names a table.
func reference(table string) *rest.TableReference {
	return &rest.TableReference{ProjectId: Project, DatasetId: Dataset, TableId: table}
}

func (s *Server) listTables(r *http.Request) (any, error) {
	_, rows, err := s.read(r.Context(), "select name from sqlite_schema where type = 'table' order by name")
	list := &rest.TableList{}
	for _, row := range rows {
		list.Tables = append(list.Tables, &rest.TableListTables{TableReference: reference(row[0].(string))})
	}
	return list, err
}

// types are the types of BigQuery, by how a column is declared.
var types = map[string]string{"TEXT": "STRING", "REAL": "FLOAT", "DOUBLE": "FLOAT", "INT": "INTEGER", "INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "": "STRING", "NUM": "STRING"}

// schema is the schema of a table, or nil where there is none.
func (s *Server) schema(ctx context.Context, table string) (*rest.TableSchema, error) {
	_, rows, err := s.read(ctx, "select name, type, \"notnull\" from pragma_table_info(?1)", table)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := &rest.TableSchema{}
	for _, r := range rows {
		kind := strings.ToUpper(r[1].(string))
		if t, ok := types[kind]; ok {
			kind = t
		}
		mode := "NULLABLE"
		if r[2].(int64) > 0 {
			mode = "REQUIRED"
		}
		out.Fields = append(out.Fields, &rest.TableFieldSchema{Name: r[0].(string), Type: kind, Mode: mode})
	}
	return out, nil
}

func (s *Server) getTable(r *http.Request) (any, error) {
	name := r.PathValue("table")
	if g, ok := s.given[name]; ok {
		return &rest.Table{TableReference: reference(name), Type: "TABLE", Schema: g.schema, Location: "EU"}, nil
	}
	schema, err := s.schema(r.Context(), name)
	if err != nil {
		return nil, err
	}
	if schema == nil {
		return nil, notFound(fmt.Sprintf("Table %s:%s.%s", Project, Dataset, name))
	}
	_, rows, err := s.read(r.Context(), "select type from sqlite_schema where name = ?1 and type in ('table', 'view')", name)
	if err != nil {
		return nil, err
	}
	return &rest.Table{TableReference: reference(name), Type: strings.ToUpper(rows[0][0].(string)), Schema: schema, Location: "EU"}, nil
}

func (s *Server) insertTable(r *http.Request) (any, error) {
	t := &rest.Table{}
	if err := json.NewDecoder(r.Body).Decode(t); err != nil {
		return nil, &refusal{http.StatusBadRequest, "invalid", err.Error()}
	}
	name := t.TableReference.TableId
	if schema, err := s.schema(r.Context(), name); err != nil || schema != nil {
		return nil, &refusal{http.StatusConflict, "duplicate", "Already Exists: Table " + name}
	}
	var list []string
	for _, f := range t.Schema.Fields {
		column := quoted(f.Name) + " " + declared(f.Type)
		if f.Mode == "REQUIRED" {
			column += " not null"
		}
		list = append(list, column)
	}
	if p := t.TimePartitioning; p != nil && !slices.ContainsFunc(t.Schema.Fields, func(f *rest.TableFieldSchema) bool {
		return f.Name == p.Field && (f.Type == "DATE" || f.Type == "TIMESTAMP")
	}) {
		return nil, &refusal{http.StatusBadRequest, "invalid", "The field specified for partitioning is no day: " + p.Field}
	}
	_, err := s.db.ExecContext(r.Context(), "create table "+quoted(name)+" ("+strings.Join(list, ", ")+")")
	return t, err
}

// declared is how a column of a type is declared: SQLite would make numbers of texts in one
// that it does not know to be of text.
func declared(kind string) string {
	if kind == "STRING" {
		return "TEXT"
	}
	return kind
}

func (s *Server) deleteTable(r *http.Request) (any, error) {
	_, err := s.db.ExecContext(r.Context(), "drop table "+quoted(r.PathValue("table")))
	return map[string]any{}, err
}
