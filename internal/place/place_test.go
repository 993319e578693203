package place

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, want := range map[string]Place{
		"postgres://me@host:5433/db?table=public.houses&sslmode=require":          {Address: "postgres://me@host:5433/db?sslmode=require", Table: "public.houses"},
		"sqlite:data.db?table=houses":                                             {Address: "sqlite:data.db", Table: "houses"},
		"postgres://host/db?key=a,b&mode=upsert&table=a%26b":                      {Address: "postgres://host/db", Table: "a&b", Key: []string{"a", "b"}, Mode: Upsert},
		"postgres://host/db?password_env=P&query=select a+1 from x where b = '&'": {Address: "postgres://host/db", Query: "select a+1 from x where b = '&'", Secret: Secret{Env: "P"}},
		"postgres://host/db?query=select%201&mode=replace":                        {Address: "postgres://host/db", Query: "select 1", Mode: Replace},
		"sqlite:x.db?table=s&mode=replace&by=day%3D2026-11-27&stamp=run_id":       {Address: "sqlite:x.db", Table: "s", Mode: Replace, By: "day", Value: "2026-11-27", Stamp: []string{"run_id"}},
		"postgres://host/db?query=select mail from x where mail like 'a:b@c'":     {Address: "postgres://host/db", Query: "select mail from x where mail like 'a:b@c'"},
	} {
		if got, err := Parse(name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
	for name, why := range map[string]string{
		"postgres://host/db":                             "which table",
		"postgres://host/db?query=%20":                   "which table",
		"postgres://host/db?table=a&query=select 1":      "name one",
		"postgres://host/db?table=a&mode=upsrt":          "none of",
		"postgres://host/db?table=a&by=day=1":            "mode=replace",
		"postgres://host/db?table=a&stamp=now":           "none of",
		"postgres://host/db?table=%zz":                   "not written",
		"postgres://u:hush@host/db?table=a":              "password_env",
		"postgres://u:hu/sh@host/db?table=a":             "password_env",
		"postgres://u:hu?s@h@host/db?table=a":            "password_env",
		"postgres://host/db?table=a&password=hush":       "password_env",
		"postgres://host/db?table=a&sslpassword=hush":    "password_env",
		"postgres://u:@host/db?table=a&sslPassword=hush": "password_env",
	} {
		_, err := Parse(name)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
		for _, secret := range []string{"hu/sh", "hush", "hu?s"} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error says the secret: %v", name, err)
			}
		}
	}
}

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"postgres://u:p@h/d?table=t":                              "postgres://u:***@h/d?table=t",
		"sqlite:a.db?query=select%20a%0A%20from%20b&mode=replace": "sqlite:a.db?query=select a from b&mode=replace",
		"postgres://h/d?sslpassword=x&password_env=P&table=a%26b": "postgres://h/d?sslpassword=***&password_env=P&table=a&b",
	} {
		if got := Shown(name); got != want {
			t.Errorf("%s is shown as %s", name, got)
		}
	}
}

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLACE_SECRET", "quiet")
	for want, s := range map[string]Secret{"hush": {File: file}, "quiet": {Env: "PLACE_SECRET"}, "": {}} {
		if got, err := s.Read(); err != nil || got != want {
			t.Errorf("%v is %q, %v", s, got, err)
		}
	}
	for _, s := range []Secret{{File: file + "-gone"}, {Env: "PLACE_NO_SECRET"}} {
		if _, err := s.Read(); err == nil {
			t.Errorf("%v was read", s)
		}
	}
}

func TestQuoted(t *testing.T) {
	if got := Quoted(`a"b`) + Literal("it's"); got != `"a""b"'it''s'` {
		t.Error(got)
	}
}
