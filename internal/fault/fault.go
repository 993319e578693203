// Package fault gives an error its exit code: what a user must mend (the
// command line, the spec, the data) is told apart from what failed by itself.
//
// A fault survives the way through a runner, which keeps nothing of an error
// but its text: the text of a Fault carries its code, and From finds it again.
package fault

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Code is an exit code of the command line.
type Code int

// The exit codes.
const (
	Done        Code = 0
	Internal    Code = 1   // not the user's fault: network, disk, a bug
	Usage       Code = 2   // the command line or the spec is wrong
	Data        Code = 3   // the data can't be used
	Unmet       Code = 4   // the model does not meet the goal
	Unexpected  Code = 5   // a check said no
	Interrupted Code = 130 // Ctrl-C
	Terminated  Code = 143 // told to end
)

// Fault is an error with an exit code.
type Fault struct {
	Code Code
	// Message is one line, or more when a line of the input is quoted below it.
	Message string
}

// Error returns the message. It says nothing of the code.
func (f *Fault) Error() string { return f.Message }

// Usagef returns a fault of the command line or the spec.
func Usagef(format string, args ...any) error {
	return &Fault{Code: Usage, Message: fmt.Sprintf(format, args...)}
}

// Dataf returns a fault of the data.
func Dataf(format string, args ...any) error {
	return &Fault{Code: Data, Message: fmt.Sprintf(format, args...)}
}

// Is reports whether err is a fault, or wraps one.
func Is(err error) bool {
	var f *Fault
	return errors.As(err, &f)
}

// Wrap says where an error is from. A fault stays as it is: what a user reads of
// it is complete.
func Wrap(err error, where string) error {
	if err == nil || Is(err) {
		return err
	}
	return fmt.Errorf("%s: %w", where, err)
}

// In says which file or table a fault is of.
func In(where string, err error) error {
	var f *Fault
	if !errors.As(err, &f) || strings.Contains(f.Message, where) {
		return err
	}
	return &Fault{Code: f.Code, Message: where + ": " + f.Message}
}

// FirstLine is the first line of an error, and no more of it than a person reads:
// what follows is often the page of a server.
func FirstLine(err error) string {
	const most = 300
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line[:min(len(line), most)]
}

// Mark begins a fault in the text that Carry returns.
const Mark = "[[beamline-fault "

const open, shut = Mark, "]]"

// Carry returns err in a form whose text keeps the code. A DoFn returns it.
func Carry(err error) error {
	var f *Fault
	if err == nil || !errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("%s%d %s%s", open, f.Code, strconv.Quote(f.Message), shut)
}

// Text returns a fault as Carry writes it, where what is wrong is with what the user
// gave: a pipeline hands it on as a result, since trying again would not help. Other
// errors have none.
func Text(err error) string {
	if code := CodeOf(err); code == Data || code == Usage {
		return Carry(From(err)).Error()
	}
	return ""
}

// Result returns the text of a fault, which is a result, or another error as it is.
func Result(err error) (text string, other error) {
	if text = Text(err); text != "" {
		return text, nil
	}
	return "", err
}

// Parse returns the fault that Text wrote, or nil.
func Parse(text string) error {
	if text == "" {
		return nil
	}
	return From(errors.New(text))
}

var carried = regexp.MustCompile(`\[\[beamline-fault (\d+) ("(?:[^"\\]|\\.)*")\]\]`)

// From returns the Fault in err, be it wrapped or carried through a runner, or
// err itself when there is none.
func From(err error) error {
	var f *Fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	text := err.Error()
	m := carried.FindStringSubmatch(text)
	if m == nil { // a runner may have quoted the text once more
		m = carried.FindStringSubmatch(strings.ReplaceAll(text, `\"`, `"`))
	}
	if m == nil {
		return err
	}
	code, cerr := strconv.Atoi(m[1])
	message, qerr := strconv.Unquote(m[2])
	if cerr != nil || qerr != nil {
		return err
	}
	return &Fault{Code: Code(code), Message: message}
}

// CodeOf returns the exit code of err.
func CodeOf(err error) Code {
	if err == nil {
		return Done
	}
	var f *Fault
	if errors.As(From(err), &f) {
		return f.Code
	}
	return Internal
}
