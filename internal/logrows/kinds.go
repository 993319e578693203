package logrows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is a way in which the lines of a log are written.
type Kind string

// The kinds.
const (
	Combined Kind = "combined log"
	Common   Kind = "common log"
	Syslog   Kind = "syslog"
	Logfmt   Kind = "logfmt"
	Pattern  Kind = "pattern"
)

// A parser takes a line apart, and tells each cell with the name of its column. The
// memory of a cell may be used again for the next.
type parser func(line []byte, cell func(column string, value []byte)) error

// newParser returns the parser of a kind; pattern is that of Pattern.
func newParser(kind Kind, pattern string) (parser, error) {
	switch kind {
	case Common, Combined:
		return web(kind == Combined), nil
	case Syslog:
		return syslog, nil
	case Logfmt:
		return logfmt, nil
	}
	re, err := Compile(pattern)
	if err != nil {
		return nil, err
	}
	return groups(re), nil
}

// maxPattern bounds the patterns that are taken, in bytes.
const maxPattern = 4096

// Compile reads a pattern, in which each named group is a column.
func Compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern has more than %d bytes", maxPattern)
	}
	re, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, name := range re.SubexpNames() {
		if name != "" && seen[name] {
			return nil, fmt.Errorf("two groups are named %s", name)
		}
		seen[name] = true
	}
	if len(seen) < 2 {
		return nil, errors.New("the pattern has no named group, such as (?P<level>[A-Z]+)")
	}
	return re, nil
}

// Columns are those of a kind whose lines all have the same; nil for Logfmt.
func Columns(kind Kind, pattern string) (names []string) {
	switch kind {
	case Common:
		return webColumns[:len(webColumns)-2]
	case Combined:
		return webColumns
	case Syslog:
		return syslogColumns
	case Pattern:
		re, err := Compile(pattern)
		if err != nil {
			return nil
		}
		for _, n := range re.SubexpNames() {
			if n != "" {
				names = append(names, n)
			}
		}
	}
	return names
}

var errLine = errors.New("the line is not written as the others are")

// groups takes lines apart by the named groups of a pattern.
func groups(re *regexp.Regexp) parser {
	names := re.SubexpNames()
	return func(line []byte, cell func(string, []byte)) error {
		m := re.FindSubmatchIndex(line)
		if m == nil {
			return errors.New("the line does not match the pattern")
		}
		for i, name := range names {
			if name != "" && m[2*i] >= 0 {
				cell(name, line[m[2*i]:m[2*i+1]])
			}
		}
		return nil
	}
}

// webColumns are those of the combined log format; the common one lacks the last two. See
// httpd.apache.org/docs/current/logs.html.
var webColumns = []string{"host", "ident", "user", "time", "method", "path", "protocol", "status", "bytes", "referer", "agent"}

// webTime is how web servers write times.
const webTime = "02/Jan/2006:15:04:05 -0700"

// web takes lines of a web server's log apart.
func web(combined bool) parser {
	return func(line []byte, cell func(string, []byte)) error {
		r := fields{rest: line}
		host, ident := r.word(), r.word()
		at := bytes.Index(r.rest, []byte(" ["))
		if at < 0 { // the name of a user may have blanks
			return errLine
		}
		user := r.rest[:at]
		r.rest = r.rest[at+1:]
		stamp := r.between('[', ']')
		request := r.quoted()
		status, size := r.word(), r.word()
		when, err := time.Parse(webTime, string(stamp))
		if err != nil || r.failed || !digits(status) || !digits(size) && string(size) != "-" {
			return errLine
		}
		dash(cell, "host", host)
		dash(cell, "ident", ident)
		dash(cell, "user", user)
		cell("time", []byte(when.Format(time.RFC3339)))
		method, path, protocol := splitRequest(request)
		cell("method", method)
		cell("path", path)
		cell("protocol", protocol)
		cell("status", status)
		dash(cell, "bytes", size)
		if combined {
			referer, agent := r.quoted(), r.quoted()
			if r.failed {
				return errLine
			}
			dash(cell, "referer", referer)
			dash(cell, "agent", agent)
		}
		if len(bytes.TrimSpace(r.rest)) > 0 {
			return errLine
		}
		return nil
	}
}

// dash tells a cell, where a dash stands for none.
func dash(cell func(string, []byte), column string, value []byte) {
	if string(value) != "-" {
		cell(column, value)
	}
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// splitRequest takes the first line of a request apart; what is no such line is a path.
func splitRequest(request []byte) (method, path, protocol []byte) {
	first, last := bytes.IndexByte(request, ' '), bytes.LastIndexByte(request, ' ')
	if first < 0 || first == last || !bytes.HasPrefix(request[last+1:], []byte("HTTP/")) {
		if string(request) == "-" {
			return nil, nil, nil
		}
		return nil, request, nil
	}
	return request[:first], request[first+1 : last], request[last+1:]
}

// fields reads the fields of a line from its left.
type fields struct {
	rest   []byte
	failed bool
}

// word is what stands up to the next blank.
func (f *fields) word() []byte {
	f.rest = bytes.TrimLeft(f.rest, " ")
	word, rest, _ := bytes.Cut(f.rest, []byte(" "))
	f.failed = f.failed || len(word) == 0
	f.rest = rest
	return word
}

// between is what stands between two characters.
func (f *fields) between(open, close byte) []byte {
	f.rest = bytes.TrimLeft(f.rest, " ")
	end := bytes.IndexByte(f.rest, close)
	if len(f.rest) == 0 || f.rest[0] != open || end < 0 {
		f.failed = true
		return nil
	}
	out := f.rest[1:end]
	f.rest = f.rest[end+1:]
	return out
}

// quoted is a text in quotes, in which a backslash stands before quotes and backslashes.
func (f *fields) quoted() []byte {
	f.rest = bytes.TrimLeft(f.rest, " ")
	if len(f.rest) == 0 || f.rest[0] != '"' {
		f.failed = true
		return nil
	}
	var out []byte
	for i := 1; i < len(f.rest); i++ {
		c := f.rest[i]
		switch {
		case c == '\\' && i+1 < len(f.rest) && (f.rest[i+1] == '"' || f.rest[i+1] == '\\'):
			i++
			c = f.rest[i]
		case c == '"':
			f.rest = f.rest[i+1:]
			return out
		}
		out = append(out, c)
	}
	f.failed = true
	return nil
}

// syslogColumns are those of RFC 5424, section 6.
var syslogColumns = []string{"facility", "severity", "time", "host", "app", "procid", "msgid", "data", "message"}

// facilities and severities are the names of RFC 5424, section 6.2.1, as syslog's own
// programs have them.
var (
	facilities = []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
	severities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)

// syslog takes a line of RFC 5424 apart.
func syslog(line []byte, cell func(string, []byte)) error {
	r := fields{rest: line}
	priority, err := strconv.Atoi(string(r.between('<', '>')))
	if r.failed || err != nil || priority < 0 || priority >= 8*len(facilities) || !bytes.HasPrefix(r.rest, []byte("1 ")) {
		return errLine
	}
	r.word()
	cell("facility", []byte(facilities[priority/8]))
	cell("severity", []byte(severities[priority%8]))
	for _, column := range syslogColumns[2:7] {
		word := r.word()
		if column == "time" && string(word) != "-" {
			if _, err := time.Parse(time.RFC3339Nano, string(word)); err != nil {
				return errLine
			}
		}
		dash(cell, column, word)
	}
	data, ok := structured(&r)
	if r.failed || !ok {
		return errLine
	}
	cell("data", data)
	cell("message", bytes.TrimPrefix(bytes.TrimPrefix(r.rest, []byte(" ")), []byte("\xef\xbb\xbf")))
	return nil
}

// structured reads the structured data of a line as JSON: the parameters of each element
// by its id.
func structured(r *fields) ([]byte, bool) {
	r.rest = bytes.TrimLeft(r.rest, " ")
	if rest, ok := bytes.CutPrefix(r.rest, []byte("-")); ok {
		r.rest = rest
		return nil, true
	}
	all := map[string]map[string]string{}
	for len(r.rest) > 0 && r.rest[0] == '[' {
		r.rest = r.rest[1:]
		end := bytes.IndexAny(r.rest, " ]")
		if end <= 0 {
			return nil, false
		}
		element := map[string]string{}
		all[string(r.rest[:end])] = element
		r.rest = r.rest[end:]
		for len(r.rest) > 0 && r.rest[0] == ' ' {
			name, value, ok := bytes.Cut(bytes.TrimLeft(r.rest, " "), []byte("="))
			if !ok {
				return nil, false
			}
			r.rest = value
			element[string(name)] = strings.ReplaceAll(string(r.quoted()), `\]`, "]")
			if r.failed {
				return nil, false
			}
		}
		if len(r.rest) == 0 || r.rest[0] != ']' {
			return nil, false
		}
		r.rest = r.rest[1:]
	}
	if len(all) == 0 {
		return nil, false
	}
	text, err := json.Marshal(all)
	return text, err == nil
}

// logfmt takes a line of key=value pairs apart. A key alone is true.
func logfmt(line []byte, cell func(string, []byte)) error {
	pairs := 0
	for rest := bytes.TrimSpace(line); len(rest) > 0; rest = bytes.TrimLeft(rest, " \t") {
		end := bytes.IndexAny(rest, "= \t\"")
		if end < 0 {
			end = len(rest)
		}
		key := string(rest[:end])
		if !isKey(key) {
			return errLine
		}
		rest = rest[end:]
		if len(rest) == 0 || rest[0] != '=' {
			cell(key, []byte("true"))
			continue
		}
		pairs++
		rest = rest[1:]
		if len(rest) == 0 || rest[0] != '"' {
			end := bytes.IndexAny(rest, " \t")
			if end < 0 {
				end = len(rest)
			}
			cell(key, rest[:end])
			rest = rest[end:]
			continue
		}
		value, behind, ok := goQuoted(rest)
		if !ok {
			return errLine
		}
		cell(key, value)
		rest = behind
	}
	if pairs == 0 {
		return errLine
	}
	return nil
}

// goQuoted reads a text in quotes with the escapes of Go and JSON.
func goQuoted(b []byte) (value, rest []byte, ok bool) {
	prefix, err := strconv.QuotedPrefix(string(b))
	if err != nil {
		return nil, nil, false
	}
	text, err := strconv.Unquote(prefix)
	return []byte(text), b[len(prefix):], err == nil
}

func isKey(key string) bool {
	for i, c := range key {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
		if !letter && (i == 0 && c != '@' || !strings.ContainsRune("@.-/:0123456789", c)) {
			return false
		}
	}
	return key != ""
}
