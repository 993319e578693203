package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/beamline-go/beamline/internal/fault"
)

// Bounds of what an API may take and give.
const (
	maxAnswer = 256 << 20 // bytes of a page
	maxPages  = 1_000_000
	tries     = 6
	firstWait = 500 * time.Millisecond
	maxWait   = 2 * time.Minute // that a server may ask for
	maxQuiet  = time.Minute     // for the header of an answer
	maxAhead  = 32              // pages that are asked for at once
)

// client fetches pages.
type client struct {
	Request
	http *http.Client
	wait time.Duration

	mu   sync.Mutex
	next time.Time // of the next request
	hide []string  // secrets, which no error may hold
}

// newClient returns a client that is allowed.
func newClient(ctx context.Context, r Request) (*client, error) {
	c := &client{Request: r, wait: firstWait}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = maxQuiet
	home, err := url.Parse(r.At)
	if err != nil {
		return nil, err
	}
	// What is secret goes to the host that was named, and to no other.
	c.http = &http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		if to.URL.Host != home.Host || to.URL.Scheme != home.Scheme {
			return fmt.Errorf("%w, %s", errOther, to.URL.Host)
		}
		if len(via) > 10 {
			return errors.New("it sends from one address to the next")
		}
		return nil
	}}
	if o := r.Auth.OAuth2; o != nil {
		secret, err := c.secret(o.Secret.Read())
		if err != nil {
			return nil, err
		}
		config := clientcredentials.Config{ClientID: o.Client, ClientSecret: secret, TokenURL: o.TokenURL, Scopes: strings.Fields(o.Scope)}
		base := c.http
		c.http = config.Client(context.WithValue(ctx, oauth2.HTTPClient, base))
		c.http.CheckRedirect = base.CheckRedirect
	}
	return c, nil
}

// secret notes a secret, so that it is not told.
func (c *client) secret(text string, err error) (string, error) {
	if err == nil && text == "" {
		err = fault.Usagef("%s: the secret of auth is empty: say where it is with {env: NAME} or {file: PATH}", shownURL(c.At))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if text != "" && !slices.Contains(c.hide, text) {
		c.hide = append(c.hide, text)
	}
	return text, err
}

// allow puts what allows it into a request.
func (c *client) allow(r *http.Request) error {
	switch a := c.Auth; {
	case a.Bearer != nil:
		token, err := c.secret(a.Bearer.Read())
		r.Header.Set("Authorization", "Bearer "+token)
		return err
	case a.Basic != nil:
		password, err := c.secret(a.Basic.Password.Read())
		r.SetBasicAuth(a.Basic.User, password)
		return err
	case a.Header != nil:
		value, err := c.secret(a.Header.Value.Read())
		r.Header.Set(a.Header.Name, value)
		return err
	}
	return nil
}

// page is an answer.
type page struct {
	records []json.RawMessage
	answer  any
	link    string // the next page, by the header
	sum     [sha256.Size]byte
}

// get asks for a page, again where that may help.
func (c *client) get(ctx context.Context, at *url.URL, body string) (page, error) {
	wait := c.wait
	for try := 1; ; try++ {
		p, again, err := c.ask(ctx, at, body)
		if err == nil {
			return p, nil
		}
		err = c.clean(err)
		if again < 0 || try == tries || ctx.Err() != nil {
			return p, err
		}
		if again == 0 {
			again, wait = wait, wait*2
		} else {
			c.hold(again)
		}
		select {
		case <-ctx.Done():
			return p, ctx.Err()
		case <-time.After(again):
		}
	}
}

// clean takes secrets and queries out of an error.
func (c *client) clean(err error) error {
	if fault.Is(err) {
		return err
	}
	text := err.Error()
	var u *url.Error
	if errors.As(err, &u) {
		text = u.Err.Error()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.hide {
		text = strings.ReplaceAll(text, s, "***")
	}
	return fmt.Errorf("%s: %s", shownURL(c.At), text)
}

// ask asks once. again says when to ask again where it fails: 0 leaves that open, and
// what is below 0 is never.
func (c *client) ask(ctx context.Context, at *url.URL, posted string) (p page, again time.Duration, err error) {
	if err := c.pace(ctx); err != nil {
		return p, -1, err
	}
	method, body := http.MethodGet, io.Reader(nil)
	if c.Method != "" {
		method = c.Method
	}
	if posted != "" {
		body = strings.NewReader(posted)
	}
	r, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return p, -1, err
	}
	r.Header.Set("Accept", "application/json")
	if posted != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range c.Headers {
		r.Header.Set(k, v)
	}
	if err := c.allow(r); err != nil {
		return p, -1, err
	}
	got, err := c.http.Do(r)
	if err != nil {
		return p, whether(err), err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	if err != nil {
		return p, 0, err
	}
	if len(text) > maxAnswer {
		return p, -1, fault.Dataf("%s: a page has more than %d bytes; ask for smaller ones", shownURL(c.At), maxAnswer)
	}
	if got.StatusCode != http.StatusOK {
		again, err := c.refused(got, text)
		return p, again, err
	}
	p.sum = sha256.Sum256(text)
	p.link = nextLink(got.Header.Values("Link"))
	if again, err := c.read(&p, got.Header.Get("Content-Type"), text); err != nil {
		return p, again, err
	}
	return p, 0, nil
}

// errOther says that what is secret would go to another host.
var errOther = errors.New("it sends to another host")

// whether says whether to ask again where no answer came.
func whether(err error) time.Duration {
	var token *oauth2.RetrieveError
	if errors.Is(err, errOther) || errors.As(err, &token) && token.Response != nil && token.Response.StatusCode < 500 {
		return -1
	}
	return 0
}

// pace waits for the turn of a request: for the rate, and while the server asks for quiet.
func (c *client) pace(ctx context.Context) error {
	c.mu.Lock()
	at := time.Now()
	if c.next.After(at) {
		at = c.next
	}
	if c.Rate > 0 {
		c.next = at.Add(time.Duration(float64(time.Second) / c.Rate))
	}
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(at)):
		return nil
	}
}

// hold lets no request begin for a while.
func (c *client) hold(quiet time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := time.Now().Add(quiet); until.After(c.next) {
		c.next = until
	}
}

// refused is what an answer means that is no page.
func (c *client) refused(r *http.Response, text []byte) (again time.Duration, err error) {
	say := strings.Join(strings.Fields(string(text[:min(len(text), 200)])), " ")
	if isHTML(r.Header.Get("Content-Type"), text) {
		say = "a page for people"
	}
	err = fmt.Errorf("answers %s: %s", r.Status, say)
	switch {
	case r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable:
		return after(r.Header.Get("Retry-After")), err
	case r.StatusCode >= 500 || r.StatusCode == http.StatusRequestTimeout:
		return 0, err
	}
	return -1, fault.Usagef("%v", c.clean(err))
}

// after is what Retry-After asks for, within bounds; 0 where it says nothing.
func after(header string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, maxWait)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(time.Until(at), time.Millisecond), maxWait)
	}
	return 0
}

func isHTML(contentType string, text []byte) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<"))
}

// read finds the records of an answer.
func (c *client) read(p *page, contentType string, text []byte) (again time.Duration, err error) {
	name := shownURL(c.At)
	if isHTML(contentType, text) {
		return -1, fault.Dataf("%s: the answer is a page for people (HTML), and no JSON", name)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&p.answer); err != nil {
		return 0, fmt.Errorf("the answer is no JSON: %w", err) // it may have been cut off
	}
	at, err := found(p.answer, c.Records)
	if err != nil {
		return -1, fault.Dataf("%s: records: %v", name, err)
	}
	list, ok := at.([]any)
	if !ok {
		hint := ""
		if object, is := at.(map[string]any); is {
			for _, k := range keys(object) {
				if _, is := object[k].([]any); is {
					hint = fmt.Sprintf("; records: %s is one", strings.TrimPrefix(c.Records+"."+k, "."))
				}
			}
		}
		return -1, fault.Dataf("%s: the answer is no list of records%s", name, hint)
	}
	for _, item := range list {
		line, err := json.Marshal(item)
		if err != nil {
			return -1, err
		}
		p.records = append(p.records, line)
	}
	return 0, nil
}

// nextLink is the next page that a header Link names, as RFC 8288 has it.
func nextLink(headers []string) string {
	for _, h := range headers {
		for h != "" {
			target, rest, ok := strings.Cut(strings.TrimLeft(h, " ,"), ">")
			if !ok || !strings.HasPrefix(target, "<") {
				break
			}
			parameters := rest
			if i := strings.Index(rest, ",<"); i >= 0 {
				parameters, rest = rest[:i], rest[i+1:]
			} else if i := strings.Index(rest, ", <"); i >= 0 {
				parameters, rest = rest[:i], rest[i+2:]
			} else {
				rest = ""
			}
			for _, p := range strings.Split(parameters, ";") {
				key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
				if strings.EqualFold(key, "rel") && strings.EqualFold(strings.Trim(value, `"`), "next") {
					return target[1:]
				}
			}
			h = rest
		}
	}
	return ""
}
