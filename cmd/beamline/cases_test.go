package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/table"
)

// cases is what is right for small inputs on which tools of this kind have been wrong:
// the file, the records used and refused (or the exit code), some columns with their
// types, and the cells repaired by each rule.
const cases = `
accent_means/accent.csv|400+0|plat:categorical,region:categorical|
accent_means/swed.csv|400+0|ort:categorical,region:categorical|
backslash/backslash.csv|30+0|name:string,note:string|
bigint/big.jsonl|30+0|s:string,n.a:int64,l:categorical|
bigint/types.parquet|30+0|dec:float64,bigdec:string,u64:string|missing_token=20
binary_message/ctrla.csv|30+0|name:string,qty:int64|
bogus_vanished/messy_IMDB_dataset.csv|100+1|IMBD title ID:string,Original titl�:string,Release year:string|missing_token=3 number=100 synonym=1 whitespace=1
bom_in_middle/bommid.csv|40+1|name:string,qty:int64|
case_means/chem.csv|400+0|substance:categorical,region:categorical|
case_means/genotype2.csv|400+0|genotype:categorical,region:categorical|
coordinate_abroad/geo_us.csv|200+0|place:string,lat:float64,lon:float64|
cr_and_last_lf/bachelorette_bachelorette.csv|922+0|c1:categorical,c2:categorical,c3:string|
currency_typed/curmix2.csv|200+0|amount:string|
date_century/yy_birth.csv|100+0|birth:date|
date_century/yy_only_birth.csv|100+0|birth_date:date|
date_clock_lost/frac.csv|100+0|at:timestamp|
date_clock_lost/tz_naive_lead.csv|100+0|at:timestamp|
date_order_silent/dmy_amb.csv|100+0|d:date|
date_order_silent/us_monthly.csv|36+0|month:date,sales:int64|
delimiter_two_columns/colon.csv|60+0|time:string,val:int64|
delimiter_two_columns/mac.csv|60+0|mac:string|
delimiter_two_columns/pipe_in.csv|60+0|path:categorical|
delimiter_two_columns/twitter.csv|60+0|created:timestamp|
dependency_real_events/event-notification-rpt-lastmonth.txt|72+0|Event Desc:categorical,En No:int64,Site Name:string|whitespace=1
dependency_real_quantity/ne_1033_data.xlsx|1036+0|state:categorical,county:categorical,fips:int64|whitespace=1
dependency_real_survey/nutrition-studies_raw_anonymized_data.csv|54+0|ID:int64,cancer:categorical,diabetes:categorical|
dot_thousands/de_thousand3.csv|100+0|umsatz:int64,flaeche:float64|number=200
dot_thousands/dotgroup_mixed.csv|60+0|betrag:int64|number=60
dot_thousands_open/de_thousand.csv|100+0|einwohner:int64,flaeche:float64|number=200
dup_columns/dupheader.csv|30+0|name:string,value:int64,value_2:int64|
empty_records/commasrows.csv|30+4|name:string,qty:int64|
encoding_1252_refused/latin9.csv|60+0|artikel:categorical,preis:string|
encoding_none/cp1250.csv|40+0|name:categorical,city:categorical|
encoding_none/gbk.csv|40+0|编号:int64,姓名:categorical,城市:categorical|
encoding_none/utf16nobom.csv|40+0|name:categorical,city:categorical|
encoding_silent/cp850.csv|60+0|artikel:categorical,ort:categorical|
encoding_silent/pl1250.csv|60+0|klient:categorical,miasto:categorical,kwota:float64|number=60
fixed_width/spaces.txt|exit 3
grade_minus/grades.csv|400+0|grade:categorical,region:categorical|
grade_minus/pollster-ratings_2023_pollster-ratings.csv|517+0|Rank:int64,Pollster:string,Pollster Rating ID:int64|
grade_minus/rh.csv|400+0|blood:categorical,region:categorical|
header_numbers/datehead.xlsx|30+0|country:string,2019-01-01:float64,2020-01-01:float64|
header_numbers/likert.csv|40+0|respondent:string,1:int64,2:int64|
header_numbers/partisan-lean_2021_fivethirtyeight_partisan_lean_DISTRICTS.csv|435+0|district:string,2021:float64|
header_numbers/wb2.csv|40+0|Country Name:string,Country Code:string,2015:int64|
header_numbers/yearhead.xlsx|30+0|country:string,2019:float64,2020:float64|
header_onehot/onehot_text.csv|60+0|respondent:string,Python:categorical,R:categorical|
html_xls/fake.xls|exit 3
initial_separated/marital.csv|400+0|marital:categorical,region:categorical|
json_wrapped/arr.json|30+0|a:int64|
json_wrapped/nan.jsonl|60+0||missing_token=9
leading_zero_rare/late_zero.csv|3000+0|code:string|
legend_rows/spanish_chars.csv|114+2|GF_ID:int64,FN_ID:int64,SF_ID:int64|number=100
list_as_number/cc.csv|249+0|FIFA:string,Dial:string,ISO3166-1-Alpha-3:string|whitespace=24
missed_excel/apos_excel.csv|400+0|zip:categorical,region:categorical|text_mark=40
missed_excel/homoglyph.csv|400+0|grade:categorical,region:categorical|
missed_excel/indian.csv|100+0|amt:float64|number=100
missed_excel/serial.csv|100+0|d:date|spreadsheet=10
missing_NA/continent.csv|400+0|continent:categorical,region:categorical|
missing_NA/surname.csv|400+0|surname:categorical,region:categorical|
missing_NA/types.parquet|30+0|dec:float64,bigdec:string,u64:string|missing_token=20
profile_codes/iban.csv|200+0|acct:string|
profile_codes/plus.csv|100+0|phone:string|
profile_decimal_comma/dotdate.csv|60+0|d:date|number=60
profile_decimal_comma/sep_line.csv|60+0|town:categorical,amount:float64|number=60
profile_percent/pctall.csv|200+0|rate:float64|
profile_yyyymmdd/longdate.csv|100+0|d:date|
profile_yyyymmdd/timeonly.csv|60+0|start:string|
profile_yyyymmdd/yyyymmdd.csv|100+0|d:date|
r_rownames/rnames.csv|30+0|c1:string,mpg:float64,cyl:int64|
sci_codes/hexid.csv|100+0|hash:string,qty:int64|
sci_crash/sciid4.csv|100+0|lot:string,qty:int64|
sign_affix_percent/affix_3.csv|40+0|chg:float64|
sign_affix_percent/negeur.csv|200+0|bal:float64|
sign_affix_percent/negtxt.csv|200+0|delta:float64|
sign_affix_percent/special-elections_special-elections.csv|200+0|Date:date,State:categorical,Race:string|missing_token=4 whitespace=198
sign_trailing_minus/neg2.csv|100+0|bal:float64|number=48
sign_trailing_minus/trailminus_thou.csv|200+0|amount:float64|number=200
sign_unicode_minus/endash.csv|200+0|amount:float64|number=20
sign_unicode_minus/uminus.csv|100+0|temp:int64|number=34
sign_words/bc.csv|200+0|year:string|
sign_words/lats.csv|200+0|lat:string|
spelling_real_words/antiquities-act_actions_under_antiquities_act.csv|344+0|current_name:categorical,states:categorical,original_name:categorical|number=128 spelling=2 variant=2
spelling_real_words/gop-candidate-visits-2024_candidate_visits.csv|1741+0|Candidate name:categorical,Date:date,City:string|case=7 whitespace=9
spelling_real_words/names.csv|400+0|first:categorical,region:categorical|
spelling_real_words/town.csv|400+0|town:categorical,region:categorical|
swap_routes/fromto.csv|300+0|origin:categorical,dest:categorical|
swap_routes/swap_teams.csv|300+0|home:categorical,away:categorical|
swap_survey/presidential-candidate-favorables-2019_favorability_polls_rv_2019.csv|1631+0|question_id:int64,start_date:date,end_date:date|
swap_survey/swap_yesno.csv|300+0|smokes:categorical,drinks:categorical|
synonym_sa/of_airlines.dat|6162+0|c1:int64,c2:string,c3:string|boolean=1 encoding=2 synonym=11 variant=1 whitespace=2
template_date/datepending.csv|200+0|due:categorical|
template_ids/docket.csv|200+0|docket:string|
template_ids/isbn.csv|200+0|isbn:string|
template_ip/gps.csv|200+0|pos:string|
template_ip/iprange.csv|200+0|port_range:string|
unit_house_number/bis.csv|200+0|numero:int64|
unit_other_unit/agemonths2.csv|200+0|age:int64|
unit_other_unit/inch.csv|200+0|height:categorical|
unit_other_unit/miles.csv|200+0|distance_km:categorical|
unit_other_unit/three_months.csv|200+0|age:int64|
unit_other_unit/weeks.csv|200+0|age_years:int64|
unit_qualifier/after.csv|200+0|year:string|
unit_qualifier/cabinet-turnover_cabinet-turnover.csv|379+0|president:categorical,position:categorical,appointee:string|missing_token=7
unit_qualifier/cmacreators.csv|737+0|creator:string,title:string,birth_year:string|variant=1 whitespace=1
unit_qualifier/e_est.csv|200+0|pop:string|
unit_qualifier/lessthan2.csv|200+0|cases:categorical|
xlsx_elapsed/formats.xlsx|40+0|zip:string,rate:float64,price:float64|
xlsx_layout/faredge.xlsx|30+0||
xlsx_layout/merged.xlsx|40+0|Region:categorical,Store:string,Sales:int64|
xlsx_layout/title.xlsx|40+1|Region:categorical,Quarter:categorical,Revenue:float64|
`

// TestRealCases cleans each of them. Those of matching and of profiles alone have tests
// of their own.
func TestRealCases(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	dir := filepath.Join(data, "..", "cases", "reading_and_cleaning")
	if _, err := os.Stat(dir); data == "" || err != nil {
		t.Skip("the cases are not beside BEAMLINE_DATA")
	}
	folders := map[string]bool{"dedupe_small": true}
	for _, line := range strings.Split(strings.TrimSpace(cases), "\n") {
		f := strings.Split(line, "|")
		folders[filepath.Dir(f[0])] = true
		t.Run(f[0], func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			got := beamline(t, "clean", filepath.Join(dir, f[0]), "--format", "csv", "--out", out, "--quiet")
			if code, fails := strings.CutPrefix(f[1], "exit "); fails {
				if fmt.Sprintf("%d", got.code) != code || got.stderr == "" {
					t.Errorf("exit %d: %s", got.code, got.stderr)
				}
				return
			}
			if got.code != 0 {
				t.Fatalf("exit %d: %s", got.code, got.stderr)
			}
			run := readRun(t, out)
			if rows := fmt.Sprintf("%d+%d", run.Rows.Used+run.Rows.Duplicate, run.Rows.Refused); rows != f[1] {
				t.Errorf("records used and refused: %s, want %s", rows, f[1])
			}
			var repaired []string
			for rule, n := range run.Repaired {
				repaired = append(repaired, fmt.Sprintf("%s=%d", rule, n))
			}
			slices.Sort(repaired)
			if r := strings.Join(repaired, " "); r != f[3] {
				t.Errorf("repaired: %s; want %s", r, f[3])
			}
			s := table.Schema{Columns: columnsOf(t, out)}
			for _, c := range strings.Split(f[2], ",") {
				name, kind, _ := strings.Cut(c, ":")
				if c, ok := s.Column(name); f[2] != "" && (!ok || string(c.Type) != kind) {
					t.Errorf("column %q is %s, want %s", name, c.Type, kind)
				}
			}
		})
	}
	everyFolder(t, dir, folders)
}

// everyFolder fails for a folder of cases that has no line.
func everyFolder(t *testing.T, dir string, folders map[string]bool) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.IsDir() && !folders[e.Name()] {
			t.Errorf("%s has no line", e.Name())
		}
	}
}
