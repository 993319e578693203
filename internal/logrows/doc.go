// Package logrows reads logs, a record a line: those of web servers in the common and the
// combined format, logfmt, syslog as RFC 5424 has it, and lines of any pattern with named
// groups.
package logrows
