package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkExpression computes a column of ten thousand rows.
func BenchmarkExpression(b *testing.B) {
	var text strings.Builder
	text.WriteString("id,town,area\n")
	const rows = 10_000
	for i := range rows {
		fmt.Fprintf(&text, "%d,%s,%d\n", i+1, []string{"Oslo", "Bergen"}[i%2], 50+i%100)
	}
	t := table3(b, text.String())
	p, err := Compile([]Step{{Cast: Pairs{{"area", "int64"}}}, {Expression: Pairs{{"x", `town == "Oslo" ? area * 2 : area + 1`}}}}, columnsOf(t), nil, others)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p.Apply(t, "id")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
