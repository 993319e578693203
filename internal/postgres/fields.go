package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/table"
)

// field is a column of the table that is read, and what it is in SQL.
type field struct {
	Name, SQL string
	Type      table.Type `json:",omitempty"` // where it is known, and of keys
}

// declared are the types of columns that keys have, beside texts.
var declared = map[uint32]table.Type{pgtype.Int2OID: table.Int64, pgtype.Int4OID: table.Int64, pgtype.Int8OID: table.Int64, pgtype.DateOID: table.Date}

// Declared implements source.Declared.
func (s *Source) Declared(column string) (table.Type, bool) {
	for _, f := range s.Fields {
		if f.Name == column {
			return f.Type, f.Type != ""
		}
	}
	return "", false
}

// kind is what is known of a type of the server.
type kind struct {
	name     string // such as geometry
	category string // as pg_type has it: A is an array, C a record
	full     string // with its modifier, such as geometry(Point,4326)
}

// fieldsOf returns the fields of what a query gives, which is called q, and the names of
// its own columns. Columns of points have their longitudes and latitudes behind all.
func fieldsOf(ctx context.Context, tx pgx.Tx, from string) (fields []field, names []string, err error) {
	described, err := tx.Conn().PgConn().Prepare(ctx, "", "select * from "+from+" q", nil)
	if err != nil {
		return nil, nil, err
	}
	kinds, err := kindsOf(ctx, tx, described.Fields)
	if err != nil {
		return nil, nil, err
	}
	gis, err := postgis(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	seen, places := map[string]int{}, []field{}
	for i, f := range described.Fields {
		name := f.Name
		if seen[f.Name]++; seen[f.Name] > 1 { // of columns of one name the later ones are numbered
			name = fmt.Sprintf("%s_%d", f.Name, seen[f.Name])
		}
		names = append(names, name)
		column := "q." + place.Quoted(name)
		fields = append(fields, field{name, text(column, f.DataTypeOID, kinds[i], gis), declared[f.DataTypeOID]})
		places = append(places, points(name, column, kinds[i], gis)...)
	}
	for _, f := range places {
		if seen[f.Name] == 0 {
			fields = append(fields, f)
		}
	}
	return fields, names, nil
}

// kindsOf asks what the types of columns are.
func kindsOf(ctx context.Context, tx pgx.Tx, columns []pgconn.FieldDescription) ([]kind, error) {
	var ask []string
	for i, c := range columns {
		ask = append(ask, fmt.Sprintf("(%d, %d::oid, %d)", i, c.DataTypeOID, c.TypeModifier))
	}
	kinds := make([]kind, len(columns))
	if len(ask) == 0 {
		return kinds, nil
	}
	rows, err := tx.Query(ctx, `select a.i, t.typname, t.typcategory::text, format_type(a.o, a.m)
from (values `+strings.Join(ask, ", ")+`) a (i, o, m) join pg_type t on t.oid = a.o`)
	if err != nil {
		return nil, err
	}
	var i int
	var k kind
	_, err = pgx.ForEachRow(rows, []any{&i, &k.name, &k.category, &k.full}, func() error {
		kinds[i] = k
		return nil
	})
	return kinds, err
}

// text is a column as the text that Beamline reads.
func text(column string, oid uint32, k kind, gis string) string {
	switch oid {
	case pgtype.BoolOID, pgtype.BPCharOID: // true and not t; without the blanks behind
		return column + "::text"
	case pgtype.ByteaOID:
		return "translate(encode(" + column + ", 'base64'), E'\\n', '')"
	case moneyOID:
		return column + "::numeric"
	}
	switch {
	case k.category == "A", k.category == "C":
		return "to_json(" + column + ")"
	case isGeo(k):
		return gis + "st_astext(" + column + ")"
	}
	return column
}

// moneyOID is the type money, whose text depends on where the server is.
const moneyOID = 790

func isGeo(k kind) bool { return k.name == "geometry" || k.name == "geography" }

// points returns the longitude and the latitude of a column of points.
func points(name, column string, k kind, gis string) []field {
	if !isGeo(k) || !strings.Contains(strings.ToLower(k.full), "(point") {
		return nil
	}
	at := column
	if k.name == "geography" {
		at += "::" + gis + "geometry"
	} else if !strings.HasSuffix(k.full, ",4326)") && strings.Contains(k.full, ",") {
		at = gis + "st_transform(" + at + ", 4326)"
	}
	return []field{{Name: name + "_longitude", SQL: gis + "st_x(" + at + ")"}, {Name: name + "_latitude", SQL: gis + "st_y(" + at + ")"}}
}

// postgis is what stands in front of the functions of PostGIS, where it is installed.
func postgis(ctx context.Context, tx pgx.Tx) (string, error) {
	rows, err := tx.Query(ctx, "select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'postgis'")
	if err != nil {
		return "", err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(found) == 0 {
		return "", err
	}
	return place.Quoted(found[0]) + ".", nil
}
