package jsonrows

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestRealJSONTestSuite asks for the verdicts that are in the names of its files:
// y is accepted, n is refused, and i may be either.
func TestRealJSONTestSuite(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	files, err := filepath.Glob(filepath.Join(data, "parsers/JSONTestSuite/test_parsing/*.json"))
	if err != nil || len(files) < 300 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		err = Check(text)
		switch base := filepath.Base(name); {
		case base[0] == 'y' && err != nil:
			t.Errorf("%s is refused: %v", base, err)
		case base[0] == 'n' && err == nil:
			t.Errorf("%s is accepted", base)
		}
	}
}

// cells reads a record as its cells by their paths.
func cells(text string) (map[string]string, error) {
	out := map[string]string{}
	p := parser{data: []byte(text)}
	err := p.record(func(path, cell []byte) error {
		out[string(path)] = string(cell)
		return nil
	})
	return out, err
}

func TestRecord(t *testing.T) {
	for text, want := range map[string]map[string]string{
		`{"a": 1, "b": "x"}`:                            {"a": "1", "b": "x"},
		` { "a" : { "b" : { "c" : -0.10e+5 } } } `:      {"a.b.c": "-0.10e+5"},
		`{"a": [1, {"b": "]}"}], "c": null, "d": {}}`:   {"a": `[1, {"b": "]}"}]`, "c": ""},
		`{"a\tb": "\u00e9\ud83d\ude00\n\"", "c": true}`: {"a\tb": "é😀\n\"", "c": "true"},
		`{"n": 12345678901234567890.123456789}`:         {"n": "12345678901234567890.123456789"},
		`{}`:                                            {},
	} {
		got, err := cells(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		`[1]`: "no object", `1`: "no object", ``: "no object", `{"a": 1} x`: "something follows", `{"a": 01}`: "comma",
		`{"a": "\ud800"}`: "surrogate", `{"a": "\x"}`: "escape", "{\"a\": \"\xff\"}": "UTF-8", "{\"a\": \"\n\"}": "control",
		`{"a" 1}`: "colon", `{a: 1}`: "name", `{"a": }`: "no value", `{"a": 1`: "comma", `{"a": "`: "not closed",
		strings.Repeat(`{"a":`, MaxDepth+1): "levels", strings.Repeat(`[`, 100000): "no object", `{"a":` + strings.Repeat(`[`, 100000): "levels",
	} {
		if got, err := cells(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %q, %v, want %q", text, got, err, want)
		}
	}
}

// FuzzCheck accepts what encoding/json accepts, but for what that mends: texts
// that are not UTF-8, and halves of surrogate pairs.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a": [1, 2.5e3, "x\u00e9"]}`, `[]`, `"\ud800"`, `-0`, `{"a":{"b":null}}`, `[1,]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Check(data)
		if valid := json.Valid(data); err == nil && !valid {
			t.Errorf("%q is accepted", data)
		} else if valid && err != nil && !mended(err) {
			t.Errorf("%q: %v", data, err)
		}
	})
}

func mended(err error) bool {
	for _, what := range []string{"UTF-8", "surrogate", "levels"} {
		if strings.Contains(err.Error(), what) {
			return true
		}
	}
	return false
}
