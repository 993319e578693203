package wire

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/table"
)

func TestBatchTravels(t *testing.T) {
	b, err := csv.ReadBytes([]byte("a,b\n1,x\nragged\n2,y\n"), "f.csv", csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	b.Rejects[0].Key = "k"
	b.Input, b.Sequence = 3, 9
	data, err := EncodeBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeBatch(data)
	if err != nil {
		t.Fatal(err)
	}
	if !array.RecordEqual(b.Record, back.Record) {
		t.Errorf("the rows became %v", back.Record)
	}
	b.Record, back.Record = nil, nil
	if d := cmp.Diff(b, back); d != "" {
		t.Error(d)
	}
	for i := range data { // a cut batch is an error, never a crash
		if _, err := DecodeBatch(data[:i]); err == nil && i < 60 {
			t.Errorf("%d of %d bytes are read as a batch", i, len(data))
		}
	}
	empty, err := EncodeBatch(table.Batch{Source: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := DecodeBatch(empty); err != nil || back.Len() != 0 || back.Source != "s" {
		t.Errorf("an empty batch became %+v, %v", back, err)
	}
}
