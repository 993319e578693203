package files

import (
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"golang.org/x/text/encoding/unicode"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/htmltable"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/xlsx"
)

// codec is a way to compress a file, which its first bytes tell; ? stands for any.
// All are read as streams, in bounded memory.
type codec struct {
	name, magic string
	open        func(r io.Reader) (io.ReadCloser, error)
}

// maxWindow bounds what a zstd file may ask to be remembered; it is what zstd
// --long asks for.
const maxWindow = 128 << 20

var codecs = []codec{
	{"zip", "PK\x03\x04", nil}, // it is not read as a stream
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
	{"zstd", "\x28\xb5\x2f\xfd", func(r io.Reader) (io.ReadCloser, error) {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}},
	{"bzip2", "BZh?1AY&SY", func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
	{"lz4", "\x04\x22\x4d\x18", func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil }},
	// Text of two bytes a character is read from its beginning too.
	{"UTF-16", "\xff\xfe", utf16(unicode.LittleEndian)},
	{"UTF-16", "\xfe\xff", utf16(unicode.BigEndian)},
	{"snappy", "\xff\x06\x00\x00sNaPpY", func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(snappy.NewReader(r)), nil }},
}

// utf16 returns what turns text of that byte order into UTF-8; a mark before it is no
// part of it.
func utf16(order unicode.Endianness) func(r io.Reader) (io.ReadCloser, error) {
	return func(r io.Reader) (io.ReadCloser, error) {
		return io.NopCloser(unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(r)), nil
	}
}

// unmarked are the codecs of UTF-16 that no mark tells: of most characters of a
// header one byte is zero, and it is the same one of the two.
var unmarked = [2]*codec{
	{"UTF-16", "", utf16(unicode.BigEndian)},
	{"UTF-16", "", utf16(unicode.LittleEndian)},
}

// wide finds the codec of text in UTF-16 without a mark, or nil.
func wide(head []byte) *codec {
	if len(head) < 8 || len(head)%2 > 0 {
		return nil
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		} else if c < ' ' && head[i^1] == 0 && c != '\t' && c != '\n' && c != '\r' {
			return nil // no text
		}
	}
	for at, n := range zeros {
		if zeros[1-at] == 0 && n*4 > len(head)/2*3 {
			return unmarked[at]
		}
	}
	return nil
}

// packing tells the codec of the file, by its first bytes; it is nil for one that has
// none.
func packing(r *store.File) (*codec, error) {
	head := make([]byte, 512)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	for i := range codecs {
		if begins(head[:n], codecs[i].magic) {
			return &codecs[i], nil
		}
	}
	if r.Size%2 == 0 {
		return wide(head[:n]), nil
	}
	return nil, nil
}

func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if head[i] != magic[i] && magic[i] != '?' {
			return false
		}
	}
	return true
}

// unpack opens the content of a file of that codec. It closes the file too.
func (f Path) unpack(r *store.File, c *codec) (io.ReadCloser, error) {
	var content io.ReadCloser
	var err error
	switch {
	case c == &page:
		_, part := f.split()
		var text io.Reader
		if text, err = htmltable.Open(r.Reader(), part, string(f)); err == nil {
			content = io.NopCloser(text)
		}
	case c.open == nil:
		content, err = f.member(r)
	default:
		content, err = c.open(bufio.NewReaderSize(r.Reader(), 256<<10))
	}
	if err != nil {
		r.Close()
		if fault.Is(err) {
			return nil, err
		}
		return nil, fault.Dataf("%s: the %s file is damaged: %v", f, c.name, err)
	}
	return &unpacked{content, r, f, c.name, 0}, nil
}

// inside finds where the name of a part of a file begins.
var inside = regexp.MustCompile(`(?i)\.(xlsx|html?|xls)#`)

// split returns the name of the file itself, and of the sheet of a workbook or the table of
// a page, where one is named behind it: book.xlsx#Sheet, page.html#2, https://host/page#2.
func (f Path) split() (name, part string) {
	if at := inside.FindStringIndex(string(f)); at != nil {
		return string(f)[:at[1]-1], string(f)[at[1]:]
	}
	if strings.HasPrefix(string(f), "https://") || strings.HasPrefix(string(f), "http://") {
		name, part, _ = strings.Cut(string(f), "#")
		return name, part
	}
	return string(f), ""
}

// Page reports whether the name is that of a page of the web, of which a table is read: by
// its ending, or since a table is named behind it.
func (f Path) Page() bool {
	name, part := f.split()
	low := strings.ToLower(name)
	return strings.HasSuffix(low, ".html") || strings.HasSuffix(low, ".htm") || part != "" && !f.Workbook()
}

// page is how a table of a page is read: the whole page at once.
var page = codec{name: "HTML"}

// Workbook reports whether the name is that of a workbook.
func (f Path) Workbook() bool {
	name, _ := f.split()
	return strings.HasSuffix(strings.ToLower(name), ".xlsx")
}

// member opens the one data file of a zip archive, or the sheet of a workbook.
func (f Path) member(r *store.File) (io.ReadCloser, error) {
	z, err := zip.NewReader(r, r.Size)
	if err != nil {
		return nil, err
	}
	if xlsx.Is(z) {
		_, sheet := f.split()
		content, err := xlsx.Open(z, sheet, string(f))
		if err != nil && !fault.Is(err) {
			err = fault.Dataf("%s: the workbook is damaged: %v", f, err)
		}
		return content, err
	}
	var names []string
	var found *zip.File
	for _, m := range z.File {
		if !strings.HasSuffix(m.Name, "/") && hasData(m.Name[strings.LastIndex(m.Name, "/")+1:]) {
			names, found = append(names, m.Name), m
		}
	}
	switch {
	case len(names) == 0:
		return nil, fault.Usagef("%s: the zip archive holds no data file (%s)", f, strings.Join(suffixes, ", "))
	case len(names) > 1:
		return nil, fault.Usagef("%s: the zip archive holds %d data files (%q and others); unpack it and name the folder", f, len(names), names[0])
	}
	const encrypted = 1
	if found.Flags&encrypted != 0 {
		return nil, fault.Usagef("%s: the zip archive is encrypted; unpack it with its password, and name the file", f)
	}
	return found.Open()
}

// unpacked is the content of a compressed file.
type unpacked struct {
	io.ReadCloser
	file    io.Closer
	name    Path
	packing string
	n       int64
}

// Read says which file is damaged, and that it is the data's fault.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.n += int64(n)
	if err != nil && err != io.EOF && !errors.Is(err, store.ErrCondition) {
		err = fault.Dataf("%s: the %s file is damaged after %d bytes of its content: %v", u.name, u.packing, u.n, err)
	}
	return n, err
}

// Kept is content up to where the file is damaged: there it ends.
type Kept struct {
	io.ReadCloser
	damage error
}

// Keep reads content up to where it is damaged.
func Keep(content io.ReadCloser) *Kept { return &Kept{ReadCloser: content} }

// Read ends where the data are at fault.
func (k *Kept) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	if err != nil && fault.CodeOf(err) == fault.Data {
		k.damage, err = err, io.EOF
	}
	return n, err
}

// Close lets go of the content; that it was damaged is known.
func (k *Kept) Close() error {
	err := k.ReadCloser.Close()
	if k.damage != nil {
		return nil
	}
	return err
}

// Damage is what was wrong where the content ended, or nil.
func (k *Kept) Damage() error { return k.damage }

func (u *unpacked) Close() error { return errors.Join(u.ReadCloser.Close(), u.file.Close()) }
