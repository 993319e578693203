package logrows

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
)

// read reads a log in blocks of a size, as lines of cells.
func read(t *testing.T, kind Kind, pattern, text string, blockSize int64) (columns, rows []string, refused []string) {
	t.Helper()
	columns, err := Detect(kind, pattern, []byte(text), "log")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := csv.NewPlan(strings.NewReader(text), csv.Lines(0), blockSize, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := Reader{Kind: kind, Pattern: pattern, Plan: plan, Source: "log", Columns: columns}
	for b := range plan.Blocks {
		batch, err := r.Block(strings.NewReader(text), b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Len() {
			var cells []string
			for c := range columns {
				cells = append(cells, batch.Text(c).Value(i))
			}
			rows = append(rows, fmt.Sprintf("%d %s", batch.Row(i), strings.Join(cells, "|")))
		}
		for _, x := range batch.Rejects {
			refused = append(refused, fmt.Sprintf("%d %d %s", x.Row, x.Line, x.Input))
		}
	}
	return columns, rows, refused
}

// Lines of the documents that define the formats, and of servers as people have them.
var logs = map[Kind]struct{ text, rows, refused string }{
	Common: {`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326
::1 - John Doe [01/Jan/2026:00:00:00 +0000] "-" 408 -
10.0.0.9 - - [01/Jan/2026:00:00:01 +0530] "\x16\x03\x01" 400 173
`, `1 127.0.0.1||frank|2000-10-10T13:55:36-07:00|GET|/apache_pb.gif|HTTP/1.0|200|2326
2 ::1||John Doe|2026-01-01T00:00:00Z||||408|
3 10.0.0.9|||2026-01-01T00:00:01+05:30||\x16\x03\x01||400|173`, ""},
	Combined: {`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif?a=1 2 HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"
1.2.3.4 - - [10/Oct/2000:13:55:37 -0700] "GET / HTTP/2.0" 200 0 "-" "says \"hi\""
stack trace of a server
`, `1 127.0.0.1||frank|2000-10-10T13:55:36-07:00|GET|/apache_pb.gif?a=1 2|HTTP/1.0|200|2326|http://www.example.com/start.html|Mozilla/4.08 [en] (Win98; I ;Nav)
2 1.2.3.4|||2000-10-10T13:55:37-07:00|GET|/|HTTP/2.0|200|0||says "hi"`, "3 3 stack trace of a server"},
	Syslog: {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8\n" +
		`<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.
<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App\"li\]c"][examplePriority@32473 class="high"]
<999>1 - - - - - -
`, `1 auth|crit|2003-10-11T22:14:15.003Z|mymachine.example.com|su||ID47||'su root' failed for lonvick on /dev/pts/8
2 local4|notice|2003-08-24T05:14:15.000003-07:00|192.0.2.1|myproc|8710|||%% It's time to make the do-nuts.
3 local4|notice|2003-10-11T22:14:15.003Z|mymachine.example.com|evntslog||ID47|{"examplePriority@32473":{"class":"high"},"exampleSDID@32473":{"eventSource":"App\"li]c","iut":"3"}}|`,
		"4 4 <999>1 - - - - - -"},
	Logfmt: {`at=info method=GET path=/ host=example.org fwd="124.133.52.161" dyno=web.2 status=200 bytes=1653
at=error code=H12 desc="Request \"timeout\"\tx" method=POST debug status=503
= nothing
`, `1 info|GET|/|example.org|124.133.52.161|web.2|200|1653|||
2 error|POST|||||503||H12|Request "timeout"	x|true`, "3 3 = nothing"},
}

func TestKinds(t *testing.T) {
	for kind, want := range logs {
		t.Run(string(kind), func(t *testing.T) {
			good := strings.Join(strings.SplitAfter(want.text, "\n")[:2], "")
			if got, ok := Sniff([]byte(good), "access.log"); !ok || got != kind {
				t.Errorf("it is taken for %q", got)
			}
			for _, size := range []int64{1 << 20, 40} {
				_, rows, refused := read(t, kind, "", want.text, size)
				if got := strings.Join(rows, "\n"); got != want.rows {
					t.Errorf("got\n%s\nwant\n%s", got, want.rows)
				}
				if got := strings.Join(refused, "\n"); got != want.refused {
					t.Errorf("refused is %q, not %q", got, want.refused)
				}
			}
		})
	}
}

// TestNoLogs are texts that are not logs.
func TestNoLogs(t *testing.T) {
	for _, text := range []string{"", "\n\n", "a,b\n1,2\n", "x=1\n", "name\nvalue\n", "The sum a=b is\nnot c=d either, he said\n", "key=value\njust words here\n",
		"{\"a\": 1}\n", "1 2 3\n4 5 6\n", "a=1;b=2\nc=3;d=4\n"} {
		if kind, ok := Sniff([]byte(text), "file.txt"); ok {
			t.Errorf("%q is taken for %s", text, kind)
		}
	}
	if _, ok := Sniff([]byte(logs[Combined].text), "odd.csv"); ok {
		t.Error("a file that calls itself CSV is taken for a log")
	}
}

func TestPattern(t *testing.T) {
	columns, rows, refused := read(t, Pattern, `(?P<day>\d+-\d+-\d+) (?:\S+ )?\[(?P<level>[A-Z]+)\] (?P<message>.*)`,
		"2026-11-27 x [INFO] it's up, \"well\"\nno\n2026-11-28 [WARN] \xff\n", 1<<20)
	want := []string{`1 2026-11-27|INFO|it's up, "well"`}
	if !slices.Equal(columns, []string{"day", "level", "message"}) || !slices.Equal(rows, want) || !slices.Equal(refused, []string{"2 2 no", "3 3 2026-11-28 [WARN] \xff"}) {
		t.Errorf("%q, %q, %q", columns, rows, refused)
	}
	for _, bad := range []string{"(", "no group", `(?P<a>.)(?P<a>.)`, strings.Repeat("x", maxPattern+1)} {
		if _, err := Detect(Pattern, bad, nil, "log"); err == nil {
			t.Errorf("the pattern %.20q was taken", bad)
		}
	}
}

// TestLate reads keys that the beginning of a log does not have.
func TestLate(t *testing.T) {
	text := strings.Repeat("a=1 b=2\n", sniffed) + "a=3 c=4 b=5 a=6\nc=1 \"\n"
	plan, err := csv.NewPlan(strings.NewReader(text), csv.Lines(0), 1<<20, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := Detect(Logfmt, "", []byte(text), "log")
	if err != nil {
		t.Fatal(err)
	}
	r := Reader{Kind: Logfmt, Plan: plan, Columns: columns}
	b, err := r.Block(strings.NewReader(text), 0)
	if err != nil || b.Late["c"] != 1 || len(b.Rejects) != 1 || b.Text(0).Value(sniffed) != "3" {
		t.Errorf("%v, %v, %v", b.Late, b.Rejects, err)
	}
}
