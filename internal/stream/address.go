package stream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
)

// Address is what names a place: SCHEME://HOSTS/NAME?OPTION=VALUE.
type Address struct {
	Scheme, Hosts, Name string
	options             url.Values
}

// ParseAddress reads an address of a scheme, which has no other options than those that are
// known. form is how one looks; password names the variable that holds what may not stand in it.
func ParseAddress(address, scheme, form, password string, known ...string) (a Address, err error) {
	rest, ok := strings.CutPrefix(address, scheme+"://")
	if !ok {
		return a, fault.Usagef("%s: it is not of the form %s", address, form)
	}
	rest, query, _ := strings.Cut(rest, "?")
	a.Scheme = scheme
	a.Hosts, a.Name, _ = strings.Cut(rest, "/")
	if i := strings.LastIndexByte(a.Hosts, '@'); i >= 0 {
		a.Hosts = a.Hosts[i+1:]
		return a, fault.Usagef("%s: a user is named by ?user=NAME, and a password stands in %s", a, password)
	}
	if a.options, err = url.ParseQuery(query); err != nil {
		return a, fault.Usagef("%s: what stands behind the ? can't be read", a)
	}
	for key := range a.options {
		if !slices.Contains(known, key) {
			return a, fault.Usagef("%s: there is no option %q%s", a, key, fault.Hint(key, known, ""))
		}
	}
	return a, nil
}

// String is the address without its options.
func (a Address) String() string { return a.Scheme + "://" + a.Hosts + "/" + a.Name }

// Option returns an option, or otherwise where it is left out.
func (a Address) Option(name, otherwise string) string {
	if v := a.options.Get(name); v != "" {
		return v
	}
	return otherwise
}

// TLS reads the option tls.
func (a Address) TLS() (bool, error) {
	switch a.options.Get("tls") {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, fault.Usagef("%s: tls is true or false", a)
}

// Secret is the password of the option user, from the environment.
func (a Address) Secret(variable string) (user, password string, err error) {
	user, password = a.options.Get("user"), os.Getenv(variable)
	if user != "" && password == "" {
		return "", "", fault.Usagef("%s: the password of %s is not there: set %s", a, user, variable)
	}
	return user, password, nil
}

// Brokers are the hosts, each with a port.
func (a Address) Brokers(port string) (all []string, err error) {
	for _, b := range strings.Split(a.Hosts, ",") {
		if b = strings.TrimSpace(b); b == "" {
			return nil, fault.Usagef("%s: it names no host (%s://HOST:%s/NAME)", a, a.Scheme, port)
		}
		if !strings.Contains(b[strings.LastIndexByte(b, ']')+1:], ":") {
			b += ":" + port
		}
		all = append(all, b)
	}
	return all, nil
}

// Instance is the name of this machine, or what the option instance says.
func (a Address) Instance() string {
	host, _ := os.Hostname()
	return a.Option("instance", host)
}

// Unreached is why the hosts of a place could not be connected to, where it is the network's
// reason; nil where it is another. they is who does not speak TLS, such as "the broker does not".
func Unreached(p fmt.Stringer, they string, err error) error {
	var dns *net.DNSError
	var unknown *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		return fault.Usagef("%s: %v", p, unknown)
	case errors.As(err, &plain):
		return fault.Usagef("%s: %s speak TLS there", p, they)
	case errors.As(err, &dns):
		return fmt.Errorf("%s: there is no host %s", p, dns.Name)
	}
	return nil
}

// Wildcards are how the names of a system stand for several.
type Wildcards struct {
	Separator string // of the levels of a name
	One, Rest string // stand for any one level, and for all that follow
	Least     int    // levels that Rest stands for
}

// Cover reports whether pattern stands for name.
func (w Wildcards) Cover(pattern, name string) bool {
	levels, of := strings.Split(pattern, w.Separator), strings.Split(name, w.Separator)
	for i, l := range levels {
		switch {
		case l == w.Rest:
			return len(of) >= i+w.Least
		case i >= len(of), l != w.One && l != of[i]:
			return false
		}
	}
	return len(levels) == len(of)
}
