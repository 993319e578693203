package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const resultsFile = "bench/results.md"

// section is a part of the page under a heading of its own.
type section struct{ heading, body string }

// sections takes a page apart; what stands before the first heading has none.
func sections(page string) (out []section) {
	out = append(out, section{})
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "## ") {
			out = append(out, section{heading: strings.TrimSpace(line)})
			continue
		}
		out[len(out)-1].body += line
	}
	return out
}

// replaced puts the sections of a page that was measured again into the old one,
// each with a note; new ones come behind the section that they follow.
func replaced(old, measured, note string) string {
	all := sections(old)
	at := len(all) - 1
	for _, s := range sections(measured)[1:] {
		s.body = "\n" + note + "\n\n" + strings.TrimSpace(s.body) + "\n\n"
		if i := slices.IndexFunc(all, func(o section) bool { return o.heading == s.heading }); i >= 0 {
			all[i], at = s, i
			continue
		}
		at++
		all = slices.Insert(all, at, s)
	}
	var page strings.Builder
	for _, s := range all {
		if s.heading != "" {
			fmt.Fprintln(&page, s.heading)
		}
		fmt.Fprint(&page, strings.TrimRight(s.body, "\n"), "\n\n")
	}
	return strings.TrimRight(page.String(), "\n") + "\n"
}

// again writes what one part measured into the page that is there.
func (b *bench) again(note string) error {
	old, err := os.ReadFile(resultsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(resultsFile, []byte(replaced(string(old), b.page.String(), note)), 0o644)
}
