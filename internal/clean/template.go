package clean

import "strings"

// digitTemplate writes codes of digits, such as telephone numbers, with the
// punctuation that leads in the column, where a cell has the same number of
// digits. Where codes begin with zeros, bare digits get those back that a program
// took off. An X at the end, as in an ISSN, is a digit.
var digitTemplate = cellRule("template", learnTemplate, func(s template) (Repair, error) {
	n := strings.Count(s.Form, "9")
	return func(cell string) (string, float64, bool) {
		form, digits, ok := readTemplate(cell)
		if !ok || form == s.Form {
			return "", 0, false
		}
		if lost := n - len(digits); s.Zeros && lost > 0 && lost <= maxLostZeros && strings.Trim(form, "9") == "" {
			digits = strings.Repeat("0", lost) + digits
		}
		if len(digits) != n || strings.Trim(form, "9") != "" && groupsOf(form) != groupsOf(s.Form) {
			return "", 0, false // other groups of digits are another kind of code
		}
		out := []byte(s.Form)
		for i := range out {
			if out[i] == '9' {
				out[i], digits = digits[0], digits[1:]
			}
		}
		return string(out), precisionOf("template"), true
	}, nil
})

// groupsOf are the lengths of the groups of digits of a form.
func groupsOf(form string) string {
	var b strings.Builder
	n := 0
	for i := range len(form) + 1 {
		switch {
		case i < len(form) && form[i] == '9':
			n++
		case n > 0:
			b.WriteByte(byte('0' + n))
			n = 0
		}
	}
	return b.String()
}

// template is a form with a 9 for each digit.
type template struct {
	Form  string `json:"form"`
	Zeros bool   `json:"zeros,omitempty"` // some begin with a zero
}

// Bounds of learnTemplate.
const (
	templateShare   = 0.7 // cells in the leading form
	templatedShare  = 0.9 // cells that are digits and punctuation
	fewestOfDigits  = 6
	fewestTemplated = 20
	zerosShare      = 0.02 // cells that begin with a zero
	fewestRival     = 2    // cells with as many digits in other groups
)

// readTemplate returns the form of a cell of digits and punctuation.
func readTemplate(cell string) (form, digits string, ok bool) {
	if len(cell) > 32 {
		return "", "", false
	}
	f, d := make([]byte, 0, len(cell)), make([]byte, 0, len(cell))
	for i := range len(cell) {
		switch b := cell[i]; {
		case b-'0' < 10:
			f, d = append(f, '9'), append(d, b)
		case (b == 'X' || b == 'x') && i == len(cell)-1 && len(d) >= fewestOfDigits:
			f, d = append(f, '9'), append(d, 'X')
		case strings.IndexByte(" ()-./+", b) >= 0:
			f = append(f, b)
		default:
			return "", "", false
		}
	}
	return string(f), string(d), len(d) >= fewestOfDigits
}

func learnTemplate(c *Column) *template {
	if c.Type.Temporal() || c.Type == "float64" {
		return nil
	}
	forms := map[string]int{}
	n, all, zeros := 0, 0, 0
	for v := range c.Present() {
		all += v.Count
		if form, digits, ok := readTemplate(v.Text); ok {
			forms[form] += v.Count
			n += v.Count
			if digits[0] == '0' {
				zeros += v.Count
			}
		}
	}
	lead := leading(forms)
	if all < fewestTemplated || float64(n) < templatedShare*float64(all) || float64(forms[lead]) < templateShare*float64(all) {
		return nil
	}
	if lead == strings.Repeat("9", len(lead)) && c.Type.Numeric() || isPlain(lead) && strings.ContainsAny(lead, ".+-") {
		return nil // a quantity
	}
	for form, n := range forms {
		if n >= fewestRival && groupsOf(form) != groupsOf(lead) && strings.Count(form, "9") == strings.Count(lead, "9") && strings.Trim(form, "9") != "" {
			return nil // codes of two kinds
		}
	}
	return &template{lead, float64(zeros) >= zerosShare*float64(all)}
}
