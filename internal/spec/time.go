package spec

import (
	"reflect"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Time is how long something takes, written as 90s or 2h30m.
type Time time.Duration

func readTime(p reader, n ast.Node, v reflect.Value) error {
	text := n.GetToken().Value
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return p.wrong(n, "%q is no time, such as 90s or 2h", text)
	}
	v.SetInt(int64(d))
	return nil
}
