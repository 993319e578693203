package main

import (
	"os"
	"strings"
	"testing"

	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
)

// TestAKeyIsFoundByAll has commands find which column names the records, without being told.
func TestAKeyIsFoundByAll(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", strings.Replace(flats(120), "7,", "7,  ", 1)+"121,77,red,N/A\n122,77,red,N/A\n")
	done(t, "clean", "flats.csv", "-o", "c")
	done(t, "train", "flats.csv", "--target", "price", "--models", "ridge", "-o", "m")
	for _, name := range []string{"c/changes.csv", "m/changes.csv"} {
		if records := readCSV(t, name); len(records) < 2 || records[1][2] == "" || records[1][2] != records[1][1] {
			t.Errorf("%s: %q", name, records)
		}
	}
	done(t, "dedupe", "flats.csv", "-o", "d")
	for _, record := range readCSV(t, "d/pairs.csv")[1:] {
		if record[3] != record[2] || record[6] != record[5] {
			t.Errorf("a pair has the keys %q and %q", record[3], record[6])
		}
	}
}

// TestKeysOfFilesWithTypes joins predictions with the data by whole numbers where the data
// has such, and keeps in a file of text how they are spelled.
func TestKeysOfFilesWithTypes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(120))
	done(t, "train", "flats.csv", "--target", "price", "--models", "ridge")
	write(t, "new.csv", "id,area,colour\n0012,50,red\nA7,60,blue\n")
	done(t, "score", "new.csv", "-o", "text", "--model", "out/model")
	if records := readCSV(t, "text/predictions.csv"); records[1][0] != "0012" || records[2][0] != "A7" {
		t.Errorf("%q", records)
	}
	s := done(t, "score", "new.csv", "-o", "typed", "--model", "out/model", "--format", "parquet")
	if !strings.Contains(s.stdout, "warning: id type (expected ") {
		t.Error(s.stdout)
	}
	f, err := parquetfile.OpenParquetFile("typed/predictions.parquet", false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if column := f.MetaData().Schema.Column(0); column.Name() != "id" || column.PhysicalType().String() != "INT64" {
		t.Errorf("the key is %v", column)
	}
}

// TestLocalTimesStayLocal writes times without a zone as such.
func TestLocalTimesStayLocal(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "id,local,moment\n"
	for _, day := range []string{"01", "02", "03", "04", "05"} {
		text += day + ",2024-03-" + day + " 10:00:00,2024-03-" + day + "T10:00:00Z\n"
	}
	write(t, "t.csv", text)
	done(t, "clean", "t.csv", "--format", "jsonl", "-o", "j")
	body, err := os.ReadFile("j/clean.jsonl")
	if err != nil || !strings.Contains(string(body), `"local":"2024-03-01T10:00:00","moment":"2024-03-01T10:00:00Z"`) {
		t.Errorf("%s, %v", body, err)
	}
	done(t, "clean", "t.csv", "-o", "p")
	f, err := parquetfile.OpenParquetFile("p/clean.parquet", false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, utc := range map[string]string{"local": "isAdjustedToUTC=false", "moment": "isAdjustedToUTC=true"} {
		is := f.MetaData().Schema.Column(f.MetaData().Schema.ColumnIndexByName(name)).LogicalType().String()
		if !strings.Contains(is, utc) {
			t.Errorf("%s is %s", name, is)
		}
	}
}
