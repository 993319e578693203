// Package api reads tables from APIs that answer with JSON over HTTP, a page at a time.
//
// The pages are fetched once, when the source is found, and their records kept as JSON
// Lines in a file that all workers see; from there on the table is that file.
package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
)

// Request says what is asked of an API, and how its answer is read. It holds no secret. A
// spec has it under its YAML names.
type Request struct {
	At      string            `yaml:"at" json:"at" doc:"the address: https://HOST/PATH"`
	Records string            `yaml:"records" json:"records,omitempty" doc:"where the list of records is in an answer, such as data.items; the answer itself when left out"`
	Method  string            `yaml:"method" json:"method,omitempty" doc:"GET when left out" one:"GET,POST"`
	Query   map[string]string `yaml:"query" json:"query,omitempty" doc:"parameters of the query; {date} in them is the day"`
	Headers map[string]string `yaml:"headers" json:"headers,omitempty" doc:"headers, none of them secret"`
	Body    string            `yaml:"body" json:"body,omitempty" doc:"of a POST"`
	Page    Page              `yaml:"page" json:"page,omitzero" doc:"how the next page is found; a header Link is followed when left out"`
	Auth    Auth              `yaml:"auth" json:"auth,omitzero" doc:"one of bearer, basic, header and oauth2"`
	Since   Since             `yaml:"since" json:"since,omitzero" doc:"of data that is scored, ask for what is newer than what the last run had"`
	Rate    float64           `yaml:"rate" json:"rate,omitempty" doc:"requests a second at most"`
	Ahead   int               `yaml:"parallel" json:"parallel,omitempty" doc:"pages that are asked for at once, where they are counted: by number, or by offset with a size; one when left out"`
	Staging string            `yaml:"staging" json:"staging,omitempty" doc:"a folder that all workers see, for a cluster"`
}

// Since says how an API is asked for what is new.
type Since struct {
	Parameter string `yaml:"parameter" json:"parameter,omitempty" doc:"of the query, such as updated_after"`
	Path      string `yaml:"path" json:"path,omitempty" doc:"where a record says how new it is, such as updated_at: a time as ISO 8601 has it, in one zone, or a number"`
	From      string `yaml:"from" json:"from,omitempty" doc:"what the first run asks for; all when left out"`
}

// Page says how the next page is found. Without By, a header Link with rel="next" is
// followed where there is one.
type Page struct {
	By        By     `yaml:"by" json:"by,omitempty" doc:"link: the header; next: the answer has its address; cursor: the answer has a cursor; number, offset: they are counted" one:"link,next,cursor,number,offset"`
	Parameter string `yaml:"parameter" json:"parameter,omitempty" doc:"of the query, or where it is in the body: the cursor, the number or the offset"`
	In        string `yaml:"in" json:"in,omitempty" doc:"where the parameter is, and size_in: query when left out, or body, that of a POST" one:"query,body"`
	Path      string `yaml:"path" json:"path,omitempty" doc:"where the cursor or the address is in an answer"`
	Size      int    `yaml:"size" json:"size,omitempty" doc:"records of a page; a page of fewer is the last"`
	SizeIn    string `yaml:"size_in" json:"size_in,omitempty" doc:"the parameter of the query that asks for as many"`
	First     int    `yaml:"first" json:"first,omitempty" doc:"the number of the first page; 1 when left out"`
}

// By is a way of paging.
type By string

// The ways.
const (
	Link   By = "link"   // a header Link names the next page
	Next   By = "next"   // the answer has the URL of the next page
	Cursor By = "cursor" // the answer has a cursor that asks for the next page
	Number By = "number" // pages have numbers
	Offset By = "offset" // records have numbers
)

// inBody is where parameters of paging are that are members of the body.
const inBody = "body"

// Ways are all ways of paging.
var Ways = []By{Link, Next, Cursor, Number, Offset}

// Auth says how requests are allowed, and where the secret of that is.
type Auth struct {
	Bearer *place.Secret `yaml:"bearer" json:"bearer,omitempty" doc:"a token"`
	Basic  *Basic        `yaml:"basic" json:"basic,omitempty" doc:"a user and a password"`
	Header *Header       `yaml:"header" json:"header,omitempty" doc:"a header that holds a key"`
	OAuth2 *OAuth2       `yaml:"oauth2" json:"oauth2,omitempty" doc:"credentials of a client"`
}

// Basic is a user with a password.
type Basic struct {
	User     string       `yaml:"user" json:"user" doc:"the name"`
	Password place.Secret `yaml:"password" json:"password" doc:"where the password is"`
}

// Header is a header that holds a secret.
type Header struct {
	Name  string       `yaml:"name" json:"name" doc:"of the header, such as X-API-Key"`
	Value place.Secret `yaml:"value" json:"value" doc:"where the key is"`
}

// OAuth2 are the credentials of a client.
type OAuth2 struct {
	TokenURL string       `yaml:"token_url" json:"token_url" doc:"where tokens are given"`
	Client   string       `yaml:"client" json:"client" doc:"the id of the client"`
	Secret   place.Secret `yaml:"secret" json:"secret" doc:"where its secret is"`
	Scope    string       `yaml:"scope" json:"scope,omitempty" doc:"what is asked for"`
}

// scheme begins the name of a request, which is the rest as JSON.
const scheme = "api:"

// Takes reports whether an argument names an API.
func Takes(arg string) bool { return strings.HasPrefix(arg, scheme+"{") }

// Name is the request as an argument.
func (r Request) Name() (string, error) {
	text, err := json.Marshal(r)
	return scheme + string(text), err
}

// Parse reads what Name writes.
func Parse(name string) (r Request, err error) {
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(name, scheme)))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fault.Usagef("%s: %v", Shown(name), err)
	}
	return r, r.Check()
}

// Newer is the name of a request that asks for what is newer than a mark, where the request
// says how.
func Newer(name, mark string) string {
	r, err := Parse(name)
	if err != nil || r.Since.Parameter == "" || mark == "" {
		return name
	}
	r.Since.From = mark
	if newer, err := r.Name(); err == nil {
		return newer
	}
	return name
}

// Shown is a name without what may be secret in it: the address, without its query.
func Shown(name string) string {
	var r Request
	if json.Unmarshal([]byte(strings.TrimPrefix(name, scheme)), &r) != nil {
		return "an API"
	}
	return shownURL(r.At)
}

func shownURL(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return "an API"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Check finds what can't be meant.
func (r Request) Check() error {
	u, err := url.Parse(r.At)
	name := shownURL(r.At)
	needs := map[By]string{Cursor: "parameter", Number: "parameter", Offset: "parameter"}
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fault.Usagef("%s: at is to be the address of an API: https://HOST/PATH", name)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fault.Usagef("%s: only https:// is read from other machines", name)
	case u.User != nil:
		return fault.Usagef("%s: a password in an address ends in logs and histories; say where it is with auth: {basic: {user: NAME, password: {env: NAME}}}", name)
	case !slices.Contains([]string{"", "GET", "POST"}, r.Method):
		return fault.Usagef("%s: method %q is neither GET nor POST", name, r.Method)
	case r.Page.By != "" && !slices.Contains(Ways, r.Page.By):
		return fault.Usagef("%s: page.by %q is none of %s", name, r.Page.By, fault.Few(Ways))
	case needs[r.Page.By] != "" && r.Page.Parameter == "":
		return fault.Usagef("%s: paging by %s needs the name of its parameter: page.parameter", name, r.Page.By)
	case slices.Contains([]By{Cursor, Next}, r.Page.By) && r.Page.Path == "":
		return fault.Usagef("%s: paging by %s needs to know where it stands in an answer: page.path", name, r.Page.By)
	case !slices.Contains([]string{"", "query", inBody}, r.Page.In):
		return fault.Usagef("%s: page.in %q is neither query nor body", name, r.Page.In)
	case r.Page.In == inBody && r.Method != "POST":
		return fault.Usagef("%s: page.in: body needs method: POST", name)
	case r.Page.In == inBody && !json.Valid([]byte(cmp.Or(r.Body, "{}"))):
		return fault.Usagef("%s: page.in: body needs a body that is JSON", name)
	case (r.Since.Parameter == "") != (r.Since.Path == "") || r.Since.From != "" && r.Since.Path == "":
		return fault.Usagef("%s: since needs a parameter and a path", name)
	case r.Ahead < 0 || r.Ahead > maxAhead:
		return fault.Usagef("%s: parallel is between 1 and %d", name, maxAhead)
	case r.Ahead > 1 && !r.counted():
		return fault.Usagef("%s: pages are known before the ones in front of them, and can be asked for at once, where page.by is number, or offset with a page.size", name)
	case r.Rate < 0 || r.Page.Size < 0:
		return fault.Usagef("%s: rate and page.size are not below 0", name)
	}
	if r.Auth.OAuth2 != nil {
		if t, err := url.Parse(r.Auth.OAuth2.TokenURL); err != nil || t.Scheme != "https" && t.Scheme != "http" {
			return fault.Usagef("%s: auth.oauth2.token_url is no address", name)
		}
	}
	for h := range r.Headers {
		if strings.EqualFold(h, "authorization") {
			return fault.Usagef("%s: a header with a secret in it would be shown; say where it is with auth", name)
		}
	}
	return nil
}

// counted reports whether each page is known without the one before it.
func (r Request) counted() bool {
	return r.Page.By == Number || r.Page.By == Offset && r.Page.Size > 0
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// found is what stands at a path in an answer; a number in it is a place in an array.
func found(answer any, path string) (any, error) {
	if path == "" {
		return answer, nil
	}
	for _, part := range strings.Split(path, ".") {
		object, ok := answer.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("there is no %s in the answer", path)
		}
		if answer, ok = object[part]; !ok {
			return nil, fmt.Errorf("there is no %s in the answer%s", path, fault.Hint(part, keys(object), ""))
		}
	}
	return answer, nil
}

func keys(object map[string]any) (names []string) {
	for k := range object {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
