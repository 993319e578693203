package jsonrows

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
)

// Kind is how records stand in a file.
type Kind string

// The kinds.
const (
	Lines Kind = "jsonl" // an object in each line
	Array Kind = "json"  // one array of objects

	// Wrapped is one object, a member of which is the array.
	Wrapped Kind = "json, the array of an object"
)

// extensions are those of files that are JSON whatever they begin with.
var extensions = []string{".json", ".jsonl", ".ndjson", ".geojson"}

// Sniff tells whether a file with that name, which begins with sample, is JSON,
// and of which kind.
func Sniff(sample []byte, name string) (Kind, bool) {
	body := bytes.TrimLeft(bytes.TrimPrefix(sample, csv.Mark), " \t\r\n")
	ext := path.Ext(strings.ToLower(name))
	named, lines := slices.Contains(extensions, ext), ext == ".jsonl" || ext == ".ndjson"
	switch {
	case len(body) == 0:
		return Lines, named
	case body[0] == '[':
		inside := bytes.TrimLeft(body[1:], " \t\r\n")
		return Array, named || len(inside) > 0 && inside[0] == '{'
	case body[0] == '{':
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		isLine := Check(line) == nil
		alone := isLine && len(bytes.TrimSpace(rest)) == 0
		if at, _ := envelope(body); at > 0 && !lines && (alone || !isLine && named) {
			return Wrapped, true
		}
		return Lines, named || isLine
	}
	return Lines, named
}

// Detect finds the columns of a file of that kind, in the order in which they
// appear in sample; whole says that the sample is all of it. start is the offset
// of the first data byte.
func Detect(kind Kind, sample []byte, whole bool, source string) (columns []string, start int64, err error) {
	if len(bytes.TrimSpace(sample)) == 0 {
		return nil, 0, fault.Dataf("%s: the file is empty", source)
	}
	body := bytes.TrimPrefix(sample, csv.Mark)
	start = int64(len(sample) - len(body))
	known := map[string]bool{}
	var names grid.Names
	var tooMany error
	records := 0
	note := func(text []byte) {
		if tooMany != nil {
			return
		}
		p := parser{data: text}
		var own grid.Names
		if p.record(func(path, _ []byte) error {
			if known[string(path)] {
				return nil
			}
			tooMany = own.Add(string(path))
			return tooMany
		}) != nil {
			return // it will be refused, or the file
		}
		records++
		for _, name := range own.List {
			if !known[name] && tooMany == nil {
				known[name] = true
				tooMany = names.Add(name)
			}
		}
	}
	if kind == Wrapped {
		at, several := envelope(body)
		if several {
			return nil, 0, fault.Dataf("%s: the object has several arrays of objects; keep the one that is the table", source)
		}
		body, start = body[at:], start+int64(at)
	}
	if kind != Lines {
		s := splitter{wrapped: kind == Wrapped}
		if err := s.split(body, start, func(at, _ int64, end int) { note(body[at-start : end]) }); err != nil {
			return nil, 0, fault.Dataf("%s: %v", source, err)
		}
	} else {
		if !whole {
			body = body[:bytes.LastIndexByte(body, '\n')+1]
		}
		for line := range bytes.Lines(body) {
			if len(bytes.TrimSpace(line)) > 0 {
				note(line)
			}
		}
	}
	switch {
	case tooMany != nil:
		return nil, 0, fault.Dataf("%s: %v", source, tooMany)
	case records == 0 && kind != Lines && whole:
		return nil, 0, fault.Dataf("%s: the array holds no object", source)
	case records == 0:
		return nil, 0, fault.Dataf("%s: no line holds a record; a table is JSON Lines, an object in each line, or one array of objects", source)
	}
	return names.List, start, nil
}
