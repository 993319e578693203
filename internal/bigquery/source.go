// Package bigquery reads tables of BigQuery and writes them there.
//
// A table is read by the Storage Read API, as Arrow: a session holds the state of the
// table, and its streams are read by any workers, in blocks of rows. How many rows a
// stream has is known once it was read, so a plan reads all of them. A query, and a view,
// is run once, by whoever finds it, and its result is read like a table.
//
// Rows are written by the Storage Write API to a table that waits beside the one that is
// meant, each stream at its offsets, and all streams are committed at once; a transaction
// then brings them in.
package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// Source is a table, or what a query gives.
type Source struct {
	At      name
	Reads   int64
	From    string  // the table that is read, as the Storage APIs name it
	State   string  // of the table
	Ordered bool    // whether its rows have an order
	Session session // none where each plan begins its own
	Fields  []field
	Block   int64 // rows of a block
}

// field is a column of the table that is read.
type field struct {
	Name string // of the batches
	In   string // of the table
	Type string // as BigQuery has it
}

// session is one state of a table, in the streams that it is read from.
type session struct {
	Name    string
	Streams []string
	Schema  []byte // of Arrow
	Bytes   int64
}

// blockRows is how many rows a block has.
const blockRows = 1 << 15

// Find returns the source of a name.
func Find(ctx context.Context, given string, settings csv.Settings) (*Source, error) {
	n, err := parse(given)
	if err != nil {
		return nil, err
	}
	if settings.Delimiter != "" || settings.Quote != "" || settings.Header != nil {
		return nil, fault.Usagef("%s: a table of a database has no delimiter, quote or header", n.Given)
	}
	s := &Source{At: n, Block: blockRows}
	if err := s.look(ctx); err != nil {
		return nil, n.named(err)
	}
	if err := s.begin(ctx); err != nil {
		return nil, n.named(err)
	}
	return s, s.rename(settings.Columns)
}

// look finds out what is to be read. A view is a query.
func (s *Source) look(ctx context.Context) error {
	n := &s.At
	service, err := n.service(ctx)
	if err != nil {
		return err
	}
	sql := strings.TrimRight(strings.TrimSpace(n.Place.Query), "; \n")
	if n.Table != "" {
		t, err := n.table(ctx, service)
		if err != nil {
			return err
		}
		if t.Type == "TABLE" || t.Type == "SNAPSHOT" || t.Type == "" {
			s.From, s.State = storagePath(t.TableReference), fmt.Sprint(t.LastModifiedTime, " ", t.Etag)
			return s.setFields(t.Schema)
		}
		if !n.Options.Snapshot.IsZero() {
			return fault.Usagef("%s: it is no table but %s, and has no snapshot", n.Given, strings.ToLower(t.Type))
		}
		sql = "select * from " + n.path(n.Table)
	}
	if n.Options.Filter != "" {
		sql, n.Options.Filter = "select * from ("+sql+") where "+n.Options.Filter, ""
	}
	if s.Reads, err = n.priced(ctx, service, sql); err != nil {
		return err
	}
	job, at, err := n.result(ctx, service, sql)
	if err != nil {
		return err
	}
	var got *rest.GetQueryResultsResponse
	err = patiently(ctx, func() (err error) {
		got, err = service.Jobs.GetQueryResults(job.JobReference.ProjectId, job.JobReference.JobId).Location(job.JobReference.Location).MaxResults(0).Context(ctx).Do()
		return err
	})
	if err != nil {
		return err
	}
	s.From, s.State, s.Ordered = storagePath(at), job.JobReference.JobId, orderBy.MatchString(sql)
	return s.setFields(got.Schema)
}

// orderBy finds that a query says an order of its rows, be it only of a part of it: then
// one stream keeps the order.
var orderBy = regexp.MustCompile(`(?i)\border\s+by\b`)

func storagePath(t *rest.TableReference) string {
	return fmt.Sprintf("projects/%s/datasets/%s/tables/%s", t.ProjectId, t.DatasetId, t.TableId)
}

// table asks for the table that is named.
func (n *name) table(ctx context.Context, s *rest.Service) (t *rest.Table, err error) {
	err = patiently(ctx, func() (err error) {
		t, err = s.Tables.Get(n.Project, n.Dataset, n.Table).Context(ctx).Do()
		return err
	})
	if codeOf(err) == http.StatusNotFound {
		return nil, n.missing(ctx, s, err)
	}
	if err == nil && n.Options.Location == "" {
		n.Options.Location = t.Location
	}
	return t, err
}

// missing says what of the name is not there, and which is the nearest.
func (n *name) missing(ctx context.Context, s *rest.Service, found error) error {
	var names []string
	err := s.Tables.List(n.Project, n.Dataset).MaxResults(1000).Pages(ctx, func(l *rest.TableList) error {
		for _, t := range l.Tables {
			names = append(names, t.TableReference.TableId)
		}
		return enough(len(names))
	})
	if err == nil || errors.Is(err, errEnough) {
		return fault.Usagef("%s: there is no table %s in the dataset %s%s", n.Given, n.Table, n.Dataset, fault.Hint(n.Table, names, ""))
	}
	err = s.Datasets.List(n.Project).Pages(ctx, func(l *rest.DatasetList) error {
		for _, d := range l.Datasets {
			names = append(names, d.DatasetReference.DatasetId)
		}
		return enough(len(names))
	})
	if err == nil || errors.Is(err, errEnough) {
		return fault.Usagef("%s: there is no dataset %s%s", n.Given, n.Dataset, fault.Hint(n.Dataset, names, ""))
	}
	return found
}

var errEnough = errors.New("enough")

// enough ends a list that only gives a hint.
func enough(n int) error {
	if n > 10_000 {
		return errEnough
	}
	return nil
}

// setFields are the columns that are read, of those of the table.
func (s *Source) setFields(schema *rest.TableSchema) error {
	n := s.At
	if schema == nil || len(schema.Fields) == 0 {
		return fault.Dataf("%s: the table has no columns", n.Given)
	}
	var all []string
	types := map[string]*rest.TableFieldSchema{}
	for _, f := range schema.Fields {
		all, types[strings.ToLower(f.Name)] = append(all, f.Name), f
	}
	wanted := n.Options.Columns
	if len(wanted) == 0 {
		wanted = all
	}
	for _, c := range wanted {
		f := types[strings.ToLower(c)]
		if f == nil {
			return fault.Usagef("%s: the table has no column %s%s", n.Given, c, fault.Hint(c, all, ""))
		}
		kind := f.Type
		if f.Mode == "REPEATED" {
			kind = "ARRAY"
		}
		s.Fields = append(s.Fields, field{f.Name, f.Name, kind})
	}
	if len(s.Fields) > grid.MaxColumns {
		return fault.Dataf("%s: more than %d columns", n.Given, grid.MaxColumns)
	}
	return nil
}

// begin begins a session.
func (s *Source) begin(ctx context.Context) error {
	n := s.At
	client, err := n.reading(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	o := &storagepb.ReadSession_TableReadOptions{RowRestriction: n.Options.Filter}
	for _, f := range s.Fields {
		if len(n.Options.Columns) > 0 {
			o.SelectedFields = append(o.SelectedFields, f.In)
		}
	}
	o.OutputFormatSerializationOptions = &storagepb.ReadSession_TableReadOptions_ArrowSerializationOptions{
		ArrowSerializationOptions: &storagepb.ArrowSerializationOptions{BufferCompression: storagepb.ArrowSerializationOptions_LZ4_FRAME}}
	ask := &storagepb.CreateReadSessionRequest{Parent: "projects/" + n.Options.Billing,
		ReadSession: &storagepb.ReadSession{Table: s.From, DataFormat: storagepb.DataFormat_ARROW, ReadOptions: o}}
	if !n.Options.Snapshot.IsZero() {
		ask.ReadSession.TableModifiers = &storagepb.ReadSession_TableModifiers{SnapshotTime: timestamppb.New(n.Options.Snapshot)}
	}
	if s.Ordered {
		ask.MaxStreamCount = 1
	}
	var got *storagepb.ReadSession
	err = patiently(ctx, func() (err error) {
		got, err = client.CreateReadSession(ctx, ask, alone)
		return err
	})
	if err != nil {
		return err
	}
	if len(got.Streams) == 0 {
		return fault.Dataf("%s: there are no records", n.Given)
	}
	s.Session = session{Name: got.Name, Schema: got.GetArrowSchema().GetSerializedSchema(), Bytes: got.EstimatedTotalBytesScanned}
	for _, x := range got.Streams {
		s.Session.Streams = append(s.Session.Streams, x.Name)
	}
	return nil
}

// rename gives the columns other names.
func (s *Source) rename(names []string) error {
	if len(names) > 0 && len(names) != len(s.Fields) {
		return fault.Usagef("%s: %d names for %d columns", s.At.Given, len(names), len(s.Fields))
	}
	for i, n := range names {
		s.Fields[i].Name = n
	}
	return nil
}

// Name implements source.Source.
func (s *Source) Name() string { return s.At.Given }

// String implements source.Source.
func (s *Source) String() string {
	text := "BigQuery, " + s.At.Place.Of()
	if s.Reads > 0 {
		text += " that reads " + size(s.Reads)
	}
	if !s.Ordered {
		text += ", in no order of its own"
	}
	return text
}

// Columns implements source.Source.
func (s *Source) Columns() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// Declared implements source.Declared.
func (s *Source) Declared(column string) (table.Type, bool) {
	for _, f := range s.Fields {
		if f.Name != column {
			continue
		}
		switch f.Type {
		case "INTEGER", "INT64":
			return table.Int64, true
		case "DATE":
			return table.Date, true
		}
	}
	return "", false
}

// Live implements source.Live.
func (s *Source) Live() {}
