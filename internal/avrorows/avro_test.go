package avrorows

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hamba/avro/v2/ocf"

	"github.com/beamline-go/beamline/internal/fault"
)

const orders = `{"type": "record", "name": "Order", "namespace": "shop", "fields": [
	{"name": "id", "type": "long"},
	{"name": "note", "type": ["null", "string"]},
	{"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
	{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
	{"name": "day", "type": {"type": "int", "logicalType": "date"}},
	{"name": "size", "type": {"type": "enum", "name": "Size", "symbols": ["S", "M"]}},
	{"name": "to", "type": ["null", {"type": "record", "name": "Place", "fields": [
		{"name": "city", "type": "string"}, {"name": "x", "type": "double"}, {"name": "was", "type": ["null", "Place"]}]}]},
	{"name": "tags", "type": {"type": "array", "items": "string"}},
	{"name": "props", "type": {"type": "map", "values": ["null", "int", "string"]}},
	{"name": "ok", "type": "boolean"},
	{"name": "f", "type": "float"}
]}`

// written writes n orders with a library that is not ours.
func written(t testing.TB, n int, codec ocf.CodecName, each int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := ocf.NewEncoder(orders, &out, ocf.WithCodec(codec), ocf.WithBlockLength(each))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		order := map[string]any{"id": int64(i), "note": nil, "price": big.NewRat(int64(-12345+i), 100), "at": time.UnixMilli(1_700_000_000_123).UTC(),
			"day": time.Date(2026, 11, 1+i%20, 0, 0, 0, 0, time.UTC), "size": []string{"S", "M"}[i%2], "to": nil,
			"tags": []string{"a", `"b"`}, "props": map[string]any{"k": map[string]any{"int": i}}, "ok": i%2 == 0, "f": float32(0.1)}
		if i%3 == 0 {
			order["note"] = fmt.Sprint("nö ", i)
			order["to"] = map[string]any{"shop.Place": map[string]any{"city": "Ghent", "x": 1.5, "was": nil}}
		}
		if err := w.Encode(order); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(t testing.TB, body []byte) (columns, rows []string, err error) {
	t.Helper()
	src, size := bytes.NewReader(body), int64(len(body))
	if columns, err = Detect(src, size, "f"); err != nil {
		return nil, nil, err
	}
	plan, err := NewPlan(src, size, "f")
	if err != nil {
		return columns, nil, err
	}
	for b := range plan.Blocks {
		r := &Reader{Plan: plan, Source: "f", Columns: columns} // each by itself
		batch, err := r.Block(src, b)
		if err != nil {
			return columns, rows, err
		}
		if batch.Row(0) != int64(len(rows)+1) {
			t.Errorf("block %d begins with row %d, want %d", b, batch.Row(0), len(rows)+1)
		}
		for i := range batch.Len() {
			var cells []string
			for c := range columns {
				cells = append(cells, batch.Text(c).Value(i))
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	if int64(len(rows)) != plan.Records {
		t.Errorf("%d rows, the plan says %d", len(rows), plan.Records)
	}
	return columns, rows, nil
}

func TestOrders(t *testing.T) {
	for _, codec := range []ocf.CodecName{ocf.Null, ocf.Deflate, ocf.Snappy, ocf.ZStandard} {
		columns, rows, err := readAll(t, written(t, 30000, codec, 100))
		if want := []string{"id", "note", "price", "at", "day", "size", "to.city", "to.x", "to.was", "tags", "props", "ok", "f"}; err != nil || !slices.Equal(columns, want) {
			t.Fatalf("%s: %q, %v", codec, columns, err)
		}
		for i, want := range map[int]string{
			0:     `0|nö 0|-123.45|2023-11-14T22:13:20.123Z|2026-11-01|S|Ghent|1.5||["a","\"b\""]|{"k":0}|true|0.1`,
			29999: `29999||176.54|2023-11-14T22:13:20.123Z|2026-11-20|M||||["a","\"b\""]|{"k":29999}|false|0.1`,
		} {
			if len(rows) != 30000 || rows[i] != want {
				t.Errorf("%s: of %d rows, %d is %q", codec, len(rows), i, rows[min(i, len(rows)-1)])
			}
		}
	}
}

// TestDamaged changes and cuts a file at every byte: a fault of the data, or a
// table, and never a panic.
func TestDamaged(t *testing.T) {
	body := written(t, 20, ocf.Null, 7)
	faults := 0
	for i := range body {
		broken := bytes.Clone(body)
		broken[i] ^= 0xff
		for _, x := range [][]byte{broken, body[:i]} {
			if _, _, err := readAll(t, x); err != nil {
				if fault.CodeOf(err) != fault.Data {
					t.Fatalf("byte %d: %v", i, err)
				}
				faults++
			}
		}
	}
	if faults < len(body) {
		t.Errorf("%d faults of %d files", faults, 2*len(body))
	}
}

func TestSchemas(t *testing.T) {
	for text, want := range map[string]string{
		`"string"`: "not records", `{"type": "record", "name": "A", "fields": [{"name": "a", "type": "Nosuch"}]}`: "not there",
		`{`: "schema", `{"type": "array", "items": "int"}`: "not records",
		strings.Repeat(`{"type": "array", "items": `, 200) + `"int"` + strings.Repeat("}", 200): "too large",
	} {
		var body bytes.Buffer
		body.WriteString(Magic)
		body.Write([]byte{2, 22})
		body.WriteString("avro.schema")
		body.Write(appendLong(nil, int64(len(text))))
		body.WriteString(text)
		body.Write(make([]byte, 17))
		if _, err := Detect(bytes.NewReader(body.Bytes()), int64(body.Len()), "f"); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

func appendLong(dst []byte, n int64) []byte {
	u := uint64(n<<1) ^ uint64(n>>63)
	for ; u >= 0x80; u >>= 7 {
		dst = append(dst, byte(u)|0x80)
	}
	return append(dst, byte(u))
}

// FuzzRead reads anything: a fault of the data or a table, and never a panic.
func FuzzRead(f *testing.F) {
	f.Add(written(f, 5, ocf.Null, 2))
	f.Add(written(f, 5, ocf.Deflate, 5))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, _, err := readAll(t, body); err != nil && fault.CodeOf(err) != fault.Data {
			t.Errorf("%v is no fault of the data", err)
		}
	})
}
