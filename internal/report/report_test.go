package report

import (
	"bytes"
	"strings"
	"testing"
)

// TestBarsStartWhereTheyShould lays out bars that begin at 0, also those below it, and dots
// that do not.
func TestBarsStartWhereTheyShould(t *testing.T) {
	shown := func(int) string { return "" }
	b := NewBars("t", []string{"a", "b"}, []float64{10, -10}, []float64{5, 0}, "", "", false, shown)
	up, down := b.Rows[0], b.Rows[1]
	if up.Zero != 40 || up.End != 80 || up.Low != 60 || up.High != 100 || down.Zero != 0 || down.End != 40 || down.Low != down.High {
		t.Errorf("%+v", b.Rows)
	}
	d := NewBars("t", []string{"a", "b"}, []float64{.88, .90}, []float64{.01, .01}, "", "", true, shown)
	if x, y := d.Rows[0].End, d.Rows[1].End; x < 20 || x > 35 || y < 65 || y > 80 {
		t.Errorf("%+v", d.Rows)
	}
	if NewBars("t", nil, nil, nil, "", "", false, shown) != nil {
		t.Error("there are bars of nothing")
	}
	if one := NewBars("t", []string{"a"}, []float64{0}, nil, "", "", false, shown); one.Rows[0].End != 0 {
		t.Errorf("%+v", one.Rows)
	}
}

// TestPage writes a page whose texts try to be code, and asks for its policy.
func TestPage(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	p := Page{Title: evil, Warnings: []string{evil}, Columns: []Column{{Name: evil, Examples: []string{evil},
		Histogram: NewHistogram(evil, []int64{1, 5, 0}, "1", "3", func(int) string { return evil }),
		Bars:      NewBars(evil, []string{evil}, []float64{1}, nil, evil, evil, false, func(int) string { return evil })}},
		Actual: NewScatter([]float64{1, 2, 3}, []float64{1, 2, 4}, evil)}
	var b bytes.Buffer
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if n := strings.Count(text, "<script"); n != 1 || strings.Contains(text, "ZgotmplZ") {
		t.Errorf("the page has %d scripts:\n%s", n, text)
	}
	if !strings.Contains(text, "default-src &#39;none&#39;") && !strings.Contains(text, "default-src 'none'") {
		t.Error("the page has no policy")
	}
	if !strings.Contains(text, "height:20.00%") || !strings.Contains(text, "<circle") {
		t.Error("the page has no pictures")
	}
}
