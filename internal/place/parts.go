package place

import (
	"net/url"
	"strings"
)

// Parts are the parts of the name of a table, as a spec has them.
type Parts struct {
	At       string `yaml:"at" doc:"the address: postgres://user@host/db, sqlite:data.db, bigquery://project.dataset"`
	Table    string `yaml:"table" doc:"the table"`
	Query    string `yaml:"query" doc:"instead of a table"`
	Key      string `yaml:"key" doc:"of rows that are written: the columns that name a row, with commas; the key of the data when left out"`
	Mode     Mode   `yaml:"mode" doc:"of rows that are written" one:"upsert,replace"`
	By       string `yaml:"by" doc:"of mode replace: COLUMN=VALUE of the rows that are replaced; all when left out"`
	Stamp    string `yaml:"stamp" doc:"columns to write beside those of the rows, with commas: run_id, scored_at"`
	Password Secret `yaml:"password" doc:"where the password is; where the client of the database looks for it when left out"`
}

// Name is the name that Parse reads.
func (p Parts) Name() string {
	var options []string
	for _, o := range [][2]string{{"table", p.Table}, {"query", p.Query}, {"key", p.Key}, {"mode", string(p.Mode)}, {"by", p.By}, {"stamp", p.Stamp},
		{"password_env", p.Password.Env}, {"password_file", p.Password.File}} {
		if o[1] != "" {
			options = append(options, o[0]+"="+escaped(o[1]))
		}
	}
	if len(options) == 0 {
		return p.At
	}
	behind := "?"
	if strings.Contains(p.At, "?") {
		behind = "&"
	}
	return p.At + behind + strings.Join(options, "&")
}

// Date stands for the day of a run in the names of data and results.
const Date = "{date}"

// escaped is a text as an option of an address has it, in which a day is still filled in.
func escaped(text string) string {
	text = strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
	return strings.ReplaceAll(text, url.QueryEscape(Date), Date)
}
