package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/hamba/avro/v2/ocf"
	"github.com/klauspost/compress/zstd"

	"github.com/beamline-go/beamline/internal/houses"
)

// written writes records in every format that is read, and returns the files by
// what they are.
func written(t *testing.T, records [][]string) map[string]string {
	t.Helper()
	var lines bytes.Buffer
	var objects []map[string]string
	fields := make([]arrow.Field, len(records[0]))
	for i, name := range records[0] {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	rows := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for _, r := range records[1:] {
		object := map[string]string{}
		for i, cell := range r {
			object[records[0][i]] = cell
			rows.Field(i).(*array.StringBuilder).Append(cell)
		}
		objects = append(objects, object)
		body, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(body, '\n'))
	}
	list, err := json.MarshalIndent(objects, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var columns, text, packed bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(rows.Schema(), &columns, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(100)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteBuffered(rows.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var rowsOf bytes.Buffer
	members := make([]string, len(records[0]))
	for i, name := range records[0] {
		members[i] = fmt.Sprintf(`{"name": %q, "type": "string"}`, name)
	}
	o, err := ocf.NewEncoder(`{"type": "record", "name": "House", "fields": [`+strings.Join(members, ",")+`]}`, &rowsOf, ocf.WithCodec(ocf.Snappy))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		record := map[string]any{}
		for name, cell := range object {
			record[name] = cell
		}
		if err := o.Encode(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(lines.Bytes())
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	dir := t.TempDir()
	for name, body := range map[string][]byte{"t.csv": text.Bytes(), "t.jsonl": lines.Bytes(), "t.json": list, "t.jsonl.zst": packed.Bytes(), "t.parquet": columns.Bytes(), "t.avro": rowsOf.Bytes()} {
		out[name] = filepath.Join(dir, name)
		if err := os.WriteFile(out[name], body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestOneTableInEveryFormat scores the same records from each format and asks for
// the same predictions. JSON objects here have their members in another order.
func TestOneTableInEveryFormat(t *testing.T) {
	dir := t.TempDir()
	done(t, "train", "testdata/houses/train.csv", "--target", "SalePrice", "--key", "Id", "--models", "ridge", "--folds", "3", "--out", dir)
	text := csv.NewReader(bytes.NewReader(houses.Make(400, 9, 2, false).CSV()))
	text.FieldsPerRecord = -1
	records, err := text.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	records = slices.DeleteFunc(records, func(r []string) bool { return len(r) != len(records[0]) }) // only CSV can be ragged
	n := int64(len(records) - 1)
	var want []byte
	files := written(t, records)
	for _, name := range []string{"t.csv", "t.jsonl", "t.json", "t.jsonl.zst", "t.parquet", "t.avro"} {
		out := filepath.Join(t.TempDir(), "out")
		done(t, "score", files[name], "--model", filepath.Join(dir, "model"), "--out", out, "--splits", "3")
		got, err := os.ReadFile(filepath.Join(out, "predictions.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if run := readRun(t, out); run.Rows.Scored != n || !bytes.Equal(got, want) {
			t.Errorf("%s: %d scored, or other predictions than of t.csv", name, run.Rows.Scored)
		}
	}
	// What clean writes is read again.
	done(t, "clean", files["t.json"], "--key", "Id", "--out", dir, "--force")
	out := filepath.Join(t.TempDir(), "out")
	done(t, "score", filepath.Join(dir, "clean.parquet"), "--model", filepath.Join(dir, "model"), "--out", out)
	if run, used := readRun(t, out), readRun(t, dir).Rows.Used; run.Rows.Scored != used || used < n-50 {
		t.Errorf("%d of %d cleaned records are scored", run.Rows.Scored, used)
	}
}

// TestALateColumnIsReported has a member that appears behind the part in which
// columns are found; naming the columns reads it.
func TestALateColumnIsReported(t *testing.T) {
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, `{"id": %d, "text": "some words to fill the line up with, number %d"}`+"\n", i, i%7)
	}
	b.WriteString(`{"id": 20000, "late": "here"}` + "\n" + `{"id": 20001, "late"}` + "\n")
	data, out := file(t, "t.jsonl", b.String()), filepath.Join(t.TempDir(), "out")
	done(t, "clean", data, "--out", out)
	found, err := os.ReadFile(filepath.Join(out, "anomalies.jsonl"))
	if err != nil || !strings.Contains(string(found), `"column":"late","rule":"late_column"`) {
		t.Errorf("%s, %v", found, err)
	}
	if run := readRun(t, out); run.Rows.Read != 20002 || run.Rows.Used != 20001 || run.Refused["bad_json"] != 1 {
		t.Errorf("%+v, refused %v", run.Rows, run.Refused)
	}
	done(t, "clean", data, "--columns", "id,late", "--format", "csv", "--out", out, "--force")
	text, err := os.ReadFile(filepath.Join(out, "clean.csv"))
	if err != nil || !strings.HasPrefix(string(text), "id,late\n0,\n") || !strings.HasSuffix(string(text), "20000,here\n") {
		t.Errorf("%.40q, %v", text, err)
	}
}

// TestOneTableWrittenInEveryFormat asks that predictions, and a cleaned table, are the
// same in every format, whole and in parts: each is read again.
func TestOneTableWrittenInEveryFormat(t *testing.T) {
	dir := t.TempDir()
	done(t, "train", "testdata/houses/train.csv", "--target", "SalePrice", "--key", "Id", "--models", "ridge", "--folds", "3", "--out", dir)
	model := filepath.Join(dir, "model")
	want := map[string][]byte{}
	for _, format := range []string{"csv", "parquet", "jsonl", "avro", "arrow"} {
		for _, shards := range []string{"1", "3"} {
			out := filepath.Join(t.TempDir(), "out")
			done(t, "score", "testdata/houses/test.csv", "--model", model, "--format", format, "--shards", shards, "--out", out)
			files, err := filepath.Glob(filepath.Join(out, "predictions*."+format))
			if err != nil || fmt.Sprint(len(files)) != shards {
				t.Fatalf("%s: %q, %v", format, files, err)
			}
			if others, _ := filepath.Glob(filepath.Join(out, "predictions*")); len(others) != len(files) {
				t.Errorf("%s: also %q", format, others)
			}
			again := filepath.Join(t.TempDir(), "again")
			done(t, append(append([]string{"clean"}, files...), "--format", "csv", "--out", again)...)
			got, err := os.ReadFile(filepath.Join(again, "clean.csv"))
			if err != nil {
				t.Fatal(err)
			}
			if want["scored"] == nil {
				want["scored"] = got
			}
			if !bytes.Equal(got, want["scored"]) {
				t.Errorf("%s in %s parts is another table", format, shards)
			}
		}
		if format == "csv" {
			continue // it has all records, as they were
		}
		out := filepath.Join(t.TempDir(), "out")
		done(t, "clean", "testdata/houses/train.csv", "--key", "Id", "--format", format, "--out", out)
		again := filepath.Join(t.TempDir(), "again")
		done(t, "clean", filepath.Join(out, "clean."+format), "--format", "csv", "--out", again)
		got, err := os.ReadFile(filepath.Join(again, "clean.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if want["cleaned"] == nil {
			want["cleaned"] = got
		}
		if !bytes.Equal(got, want["cleaned"]) {
			t.Errorf("%s is another cleaned table", format)
		}
	}
}

// TestATypeThatChangesIsReported has whole numbers, numbers and text in one column of
// three files, and a column that appears in the second.
func TestATypeThatChangesIsReported(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": "id,x\n1,5\n2,7\n", "b.csv": "id,x,y\n3,5.5,1\n4,,2\n", "c.csv": "y,x,id\n3,high,5\n,low,6\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	s := done(t, "clean", dir, "--format", "csv", "--out", out)
	want := "x type_change (expected whole numbers, seen numbers in " + filepath.Join(dir, "b.csv") + ", text in " + filepath.Join(dir, "c.csv")
	if !strings.Contains(s.stdout, want) {
		t.Errorf("it says\n%s", s.stdout)
	}
	found, err := os.ReadFile(filepath.Join(out, "anomalies.jsonl"))
	if err != nil || strings.Count(string(found), `"type_change"`) != 1 {
		t.Errorf("%v\n%s", err, found)
	}
	got := readCSV(t, out, "clean.csv")
	if len(got) != 7 || strings.Join(got[0], ",") != "id,x,y" || strings.Join(got[5], ",") != "5,high,3" || strings.Join(got[1], ",") != "1,5," {
		t.Errorf("%q", got)
	}
}

// TestADamagedArchive cuts compressed tables: by default the run fails and says where;
// asked to, it uses the records before the damage, and refuses the one that is cut.
func TestADamagedArchive(t *testing.T) {
	var lines bytes.Buffer
	lines.WriteString("id,x,text\n")
	for i := range 20000 {
		fmt.Fprintf(&lines, "%d,%d,\"words, number %d\"\n", i+1, i*7919%1000, i*31%977)
	}
	var packed bytes.Buffer
	z, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(lines.Bytes())
	z.Close()
	var zipped bytes.Buffer
	g := gzip.NewWriter(&zipped)
	g.Write(lines.Bytes())
	g.Close()
	for name, whole := range map[string][]byte{"t.csv.zst": packed.Bytes(), "t.csv.gz": zipped.Bytes()} {
		data := file(t, name, string(whole[:len(whole)*2/3]))
		s := beamline(t, "profile", data, "--out", filepath.Join(t.TempDir(), "out"))
		if s.code != 3 || !strings.Contains(s.stderr, "is damaged after ") || !strings.Contains(s.stderr, "records stand before that") {
			t.Errorf("%s: exit %d: %s", name, s.code, s.stderr)
		}
		spec := file(t, "beamline.yaml", "data: {train: "+data+", damaged: keep}\n")
		out := filepath.Join(t.TempDir(), "out")
		s = done(t, "clean", spec, "--format", "csv", "--out", out)
		if !strings.Contains(s.stdout, "damaged_file") {
			t.Errorf("%s: it says\n%s", name, s.stdout)
		}
		rows := readRun(t, out).Rows
		if rows.Used < 5000 || rows.Used >= 20000 || rows.Refused > 1 {
			t.Errorf("%s: %+v", name, rows)
		}
		got, err := os.ReadFile(filepath.Join(out, "clean.csv"))
		got = got[:bytes.LastIndexByte(bytes.TrimSpace(got), '\n')] // the last one may be cut
		if err != nil || !bytes.HasPrefix(lines.Bytes(), got) {
			t.Errorf("%s: the records are not those before the damage: %v", name, err)
		}
	}
}

// TestFromAWebServer reads a table by ranges from a server, and shows nothing of what
// may be a secret in its URL.
func TestFromAWebServer(t *testing.T) {
	text := houses.Make(3000, 5, 2, true).CSV()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	}))
	defer server.Close()
	var want []byte
	for _, data := range []string{file(t, "t.csv", string(text)), server.URL + "/t.csv?signature=secret"} {
		out := filepath.Join(t.TempDir(), "out")
		s := done(t, "profile", data, "--out", out)
		for _, name := range []string{"profile.json", "run.json", "report.html", "rejects.jsonl"} {
			body, err := os.ReadFile(filepath.Join(out, name))
			if err != nil || bytes.Contains(body, []byte("secret")) {
				t.Errorf("%s: %v, or a secret is in it", name, err)
			}
			if name == "profile.json" {
				if want == nil {
					want = body
				}
				if !bytes.Equal(body, want) {
					t.Errorf("the profile of %s is another", data)
				}
			}
		}
		if strings.Contains(s.stdout+s.stderr, "secret") {
			t.Errorf("it says %s", s.stdout+s.stderr)
		}
	}
}
