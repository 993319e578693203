package spec

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// Bytes is a size, written as 4GB or 512MiB.
type Bytes int64

var (
	sizes = map[string]float64{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
	size  = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$`)
)

// ParseBytes reads a size.
func ParseBytes(s string) (Bytes, error) {
	m := size.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is no size, such as 4GB or 512MiB", s)
	}
	unit, ok := sizes[m[2]]
	x, err := strconv.ParseFloat(m[1], 64)
	if !ok || err != nil || !(x*unit >= 1 && x*unit < math.MaxInt64) {
		return 0, fmt.Errorf("%q is no size, such as 4GB or 512MiB", s)
	}
	return Bytes(x * unit), nil
}

// String writes the size for people.
func (b Bytes) String() string {
	for _, unit := range []string{"TB", "GB", "MB", "KB"} {
		if x := float64(b) / sizes[unit]; x >= 1 {
			return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) + " " + unit
		}
	}
	return strconv.FormatInt(int64(b), 10) + " bytes"
}

func readBytes(p reader, n ast.Node, v reflect.Value) error {
	b, err := ParseBytes(n.GetToken().Value)
	if err != nil {
		return p.wrong(n, "%v", err)
	}
	v.SetInt(int64(b))
	return nil
}
