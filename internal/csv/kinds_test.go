package csv

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lines writes a header and records.
func lines(header string, n int, record func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(record(i) + "\n")
	}
	return b.String()
}

// TestHeaders finds names that are numbers, dates or options, and none where the
// first record is one like the others.
func TestHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		names []string // nil where there is no header
	}{
		"years":                   {lines("country,1990,1991,1992", 30, func(i int) string { return fmt.Sprintf("land%d,%d.5,%d,%d", i, i*31, i*7, i*11) }), []string{"country", "1990", "1991", "1992"}},
		"one year":                {lines("district,2021", 30, func(i int) string { return fmt.Sprintf("d%d,-%d.5", i, i) }), []string{"district", "2021"}},
		"dates":                   {lines("country,2019-01-01,2020-01-01", 30, func(i int) string { return fmt.Sprintf("land%d,%d,%d.1", i, i*31, i*7) }), []string{"country", "2019-01-01", "2020-01-01"}},
		"questions":               {lines("respondent,1,2,3,4,5", 40, func(i int) string { return fmt.Sprintf("r%d,%d,%d,%d,%d,%d", i, 1+i%5, 1+i%4, 1+i%3, 1+i%2, 1+i*7%5) }), []string{"respondent", "1", "2", "3", "4", "5"}},
		"options":                 {lines("who,Go,SQL", 30, func(i int) string { return fmt.Sprintf("r%d,%s,%s", i, []string{"Go", ""}[i%2], "SQL") }), []string{"who", "Go", "SQL"}},
		"a name that comes twice": {lines("id,value,value", 30, func(i int) string { return fmt.Sprintf("%d,%d,%d", i, i*3, i*5) }), []string{"id", "value", "value_2"}},
		"records of numbers":      {lines("7,1.5,2", 30, func(i int) string { return fmt.Sprintf("%d,%d.5,%d", i, i, i%3) }), nil},
		"records of years":        {lines("a,1999,5", 30, func(i int) string { return fmt.Sprintf("%s,%d,%d", []string{"a", "b"}[i%2], 1990+i, i) }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Detect([]byte(c.text), true, "t.csv", Settings{})
			if err != nil {
				t.Fatal(err)
			}
			if f.Header != (c.names != nil) || f.Header && !slices.Equal(f.Names, c.names) {
				t.Errorf("header %v, names %q, want %q", f.Header, f.Names, c.names)
			}
		})
	}
}

// TestDelimitersInsideOfValues has values in which another delimiter stands as
// regularly as that of the file.
func TestDelimitersInsideOfValues(t *testing.T) {
	for name, text := range map[string]string{
		"dates with spaces": lines("created,v", 60, func(i int) string { return fmt.Sprintf("Wed Jan %02d 21:34:00 +0000 2024,%d", 1+i%28, i) }),
		"clocks":            lines("time,val", 60, func(i int) string { return fmt.Sprintf("10:%02d:00:%03d,%d", i, i, i) }),
		"paths":             lines("id,path", 60, func(i int) string { return fmt.Sprintf("%d,a|b|c|d", i) }),
		"addresses":         lines("mac,v", 60, func(i int) string { return fmt.Sprintf("00:1A:2B:3C:4D:%02X,%d", i, i) }),
		"escaped quotes":    lines("id,name", 30, func(i int) string { return fmt.Sprintf(`%d,"said \"hi\" to, %d"`, i, i) }),
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Detect([]byte(text), true, "t.csv", Settings{})
			if err != nil {
				t.Fatal(err)
			}
			if f.Dialect.Delimiter != ',' || !f.Header || f.Skipped > 0 || len(f.Names) != 2 {
				t.Errorf("%v, header %v, %d lines before it, names %q", f.Dialect, f.Header, f.Skipped, f.Names)
			}
		})
	}
}

// TestLinesThatEndInCR has one line end of another kind at the end.
func TestLinesThatEndInCR(t *testing.T) {
	text := strings.ReplaceAll(lines("id,name", 30, func(i int) string { return fmt.Sprintf("%d,n%d", i, i) }), "\n", "\r")
	b, err := ReadBytes([]byte(strings.TrimSuffix(text, "\r")+"\n"), "t.csv", Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if n, last := b.Len(), b.Text(1).Value(b.Len()-1); n != 30 || last != "n29" {
		t.Errorf("%d records, the last is %q", n, last)
	}
}

// TestEncodings writes texts of several languages in encodings of theirs, and finds
// these again by what the text says then.
func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		text string
		in   []Encoding
	}{
		{"Müller,Köln;Größe süß;Straße Österreich", []Encoding{Windows1252, "mac-roman", "cp850"}},
		{"café naïve à Orléans, l’été, 12 €", []Encoding{Windows1252}},
		{"Paweł Łódź, Żółć gęślą jaźń, Kraków, Święta", []Encoding{"windows-1250", "iso-8859-2", "cp852"}},
		{"Příliš žluťoučký kůň úpěl ďábelské ódy", []Encoding{"windows-1250", "iso-8859-2"}},
		{"Ayşe Yıldız, İstanbul, ağaç, güneş, şehir", []Encoding{"windows-1254"}},
		{"Москва, Санкт-Петербург, Иванов, улица Ленина", []Encoding{"windows-1251", "koi8-r", "cp866", "mac-cyrillic", "iso-8859-5"}},
		{"Αθήνα, Θεσσαλονίκη, Γιώργος, οδός", []Encoding{"windows-1253"}},
		{"תל אביב, ירושלים, רחוב הרצל", []Encoding{"windows-1255"}},
		{"القاهرة، مدينة نصر، شارع", []Encoding{"windows-1256"}},
		{"東京都新宿区にすんでいます。カタカナとひらがな", []Encoding{"shift_jis", "euc-jp"}},
		{"서울특별시 강남구 대한민국", []Encoding{"euc-kr"}},
		{"北京市朝阳区中国人民大学", []Encoding{"gbk"}},
		{"臺北市大安區國立大學學生", []Encoding{"big5"}},
	} {
		for _, e := range c.in {
			data, err := encodings[e].NewEncoder().Bytes([]byte("id,text\n" + strings.Repeat("1,"+strings.ReplaceAll(c.text, ",", " ")+"\n", 5)))
			if err != nil {
				t.Fatalf("%s: %v", e, err)
			}
			b, err := ReadBytes(data, "t.csv", Settings{})
			if err != nil {
				t.Fatalf("%s: %v", e, err)
			}
			if b.Len() != 5 || b.Text(1).Value(0) != strings.ReplaceAll(c.text, ",", " ") {
				t.Errorf("%s: read as %v", e, guessEncoding(data))
			}
		}
	}
	if e := guessEncoding([]byte("a,b\n1,\xff\n")); e != "" {
		t.Errorf("one byte is taken for %s", e)
	}
}
