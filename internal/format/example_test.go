package format

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// markdown is a format that is written: a table as Markdown has it. It stands for a file
// of its own, with one word in Written.
var markdown = Out{Name: "md", Append: appendMarkdown, Header: func(columns *arrow.Schema, _ Settings) []byte {
	var names []string
	for _, f := range columns.Fields() {
		names = append(names, f.Name)
	}
	return []byte("| " + strings.Join(names, " | ") + " |\n" + strings.Repeat("|---", len(names)) + "|\n")
}}

func appendMarkdown(dst []byte, b table.Batch, s Settings) ([]byte, error) {
	for i := range b.Len() {
		for _, column := range b.Record.Columns() {
			cell, err := cellsOf(column, s.dialect())
			if err != nil {
				return dst, err
			}
			dst = append(cell(append(dst, "| "...), i), ' ')
		}
		dst = append(dst, "|\n"...)
	}
	return dst, nil
}

func ExampleOut() {
	defer func(all []Out) { Written = all }(Written)
	Written = append(Written, markdown)

	f, err := Find("md")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := vector.Record([]string{"town", "rooms"}, []string{"Oslo", "3"}, []string{"Bergen", "4"})
	var out bytes.Buffer
	w, err := f.Create(&out, r.Schema(), Settings{})
	if err == nil {
		err = w.Write(r)
	}
	fmt.Print(out.String(), err)
	// Output:
	// | town | rooms |
	// |---|---|
	// | Oslo | 3 |
	// | Bergen | 4 |
	// <nil>
}

// bars is a format that is read: cells between bars, below a line of names, whatever they
// hold. It stands for a file of its own, with one word in Read, before what reads any text.
var bars = In{
	Name: "bars",
	Is:   func(_ []byte, name string) bool { return strings.HasSuffix(name, ".bars") },
	Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
		names, _, _ := bytes.Cut(b.Sample, []byte("\n"))
		return csv.Format{Dialect: csv.Dialect{Delimiter: '|', Limit: s.Limit}, Header: true, Start: int64(len(names) + 1), Line: 2,
			Names: strings.Split(string(names), "|")}, nil
	},
	Grammar: DelimitedIn.Grammar, Reader: DelimitedIn.Reader,
}

func ExampleIn() {
	defer func(all []In) { Read = all }(Read)
	Read = append([]In{bars}, Read...)

	text := []byte("town|rooms\nOslo|3\nBergen|4\n")
	in, f, err := Detect(Beginning{Name: "a.bars", Sample: text, Whole: true}, csv.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := in.NewPlan(Opened{Name: "a.bars", Format: f, Text: bytes.NewReader(text), Size: int64(len(text))})
	fmt.Println(in.Name, f.Names, plan.Records, err)
	// Output: bars [town rooms] 2 <nil>
}
