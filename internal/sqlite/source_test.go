package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
	"github.com/beamline-go/beamline/table"
)

// database makes a file with what statements make.
func database(t testing.TB, statements ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "it's.db")
	do(t, path, statements...)
	return path
}

func do(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB, name string) *Source {
	t.Helper()
	x, err := Find(t.Context(), name, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

const numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000) "

func TestLaws(t *testing.T) {
	path := database(t, "create table one (name text, price real, made date)",
		numbers+"insert into one (rowid, name, price, made) select i * 7 % 4001 - 2000, 'na''me ' || i, i / 7.0, date('2026-01-01', '+' || i || ' days') from n",
		"create table two (rowid text, b int, primary key (rowid, b)) without rowid", numbers+"insert into two select i % 50, i from n",
		"create table three (rowid text, b int)", numbers+"insert into three select i % 50, i from n",
		"create view v as select name from one")
	for _, name := range []string{"?table=one", "?table=two", "?table=three", "?table=v", "?query=select name || '&' as x, price from one order by price"} {
		t.Run(name, func(t *testing.T) {
			x := open(t, "sqlite:"+path+name)
			x.Block = 700
			sourcetest.Run(t, x, "")
		})
	}
}

// TestValues reads values of each kind, whatever the columns are declared as.
func TestValues(t *testing.T) {
	path := database(t, "create table t (a int, b date, c boolean, d blob, e text, f)",
		"insert into t values (9007199254740993, '2026-02-28', 1, x'dead', 'x', 0.1), ('n/a', 20260228, 'yes', null, '', 1e300), (null, null, null, null, null, null)")
	x := open(t, "sqlite:"+path+"?table=T")
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if is, ok := x.Declared("a"); !ok || is != table.Int64 {
		t.Errorf("a is declared as %v, %v", is, ok)
	}
	if _, ok := x.Declared("b"); ok {
		t.Error("b is a whole number")
	}
	got := sourcetest.Rows(t, x, plan, source.Wanted{Columns: append(slices.Clone(x.Columns()), "none")})
	want := []string{`1 ["9007199254740993" "2026-02-28" "1" "3q0=" "x" "0.1" ""]`, `2 ["n/a" "20260228" "yes" "" "" "1e+300" ""]`, `3 ["" "" "" "" "" "" ""]`}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestChanged writes to the file between two blocks, with a journal and with a log.
func TestChanged(t *testing.T) {
	for _, mode := range []string{"delete", "wal"} {
		path := database(t, "pragma journal_mode = "+mode, "create table t (x int)", numbers+"insert into t select i from n")
		other, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close() // keeps the log where it is
		x := open(t, "sqlite:"+path+"?table=t")
		x.Block = 1000
		plan, err := x.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := x.Open(t.Context(), plan, source.Wanted{Columns: []string{"x"}})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if _, err := b.Read(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := other.ExecContext(t.Context(), "update t set x = -x"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Read(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "changed") {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestFaults(t *testing.T) {
	path := database(t, "create table houses (x int)")
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		text string
		code fault.Code
	}{
		"sqlite:" + path + "?table=house":                {`did you mean "houses"`, fault.Usage},
		"sqlite:" + path + "?query=select * from nosuch": {"nosuch", fault.Usage},
		"sqlite:" + path + ".gone?table=houses":          {"no such file", fault.Usage},
		"sqlite:" + text + "?table=houses":               {"not a database", fault.Data},
		"sqlite:" + path:                                 {"which table", fault.Usage},
	} {
		_, err := Find(t.Context(), name, csv.Settings{})
		if err == nil || !strings.Contains(err.Error(), want.text) || fault.CodeOf(err) != want.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
