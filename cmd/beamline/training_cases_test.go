package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// claimed is what is right for small tables on which training has claimed too much, or
// has ended badly: the folder, the commands, the exit code of the last one, and what it
// says, or a figure in that with its bounds.
var claimed = []struct {
	folder, commands string
	code             int
	says             string
	from, to         float64 // of the first group of says
}{
	{"auc_of_one_class", "train train.csv --target ok --models ridge,tree --out M; evaluate hold.csv --model M/model --require >=0.6 --out E", 3, "can't be told: auc is not defined", 0, 0},
	{"calibration_claimed_95_real_25", "train spec.yaml --out M; evaluate train.csv --model M/model --out E", 0, `accuracy (\S+),`, 0.9, 1},
	{"calibration_german4", "train train.csv --target outcome --out M; evaluate hold.csv --model M/model --out E", 0, `logloss (\S+),`, 0.55, 0.65},
	{"calibration_weak_signal", "train train.csv --target y --metric logloss --models ridge,gbdt --out M", 0, `logloss (\S+) `, 0.55, 0.64},
	{"delimiter_in_text", "train x_text.csv --target x --out M", 0, `predicts x with rmse (\S+) `, 0.5, 2},
	{"delimiter_in_text", "profile start_end.csv --out E", 0, `delimiter ','`, 0, 0},
	{"driver_left_out", "train train.csv --target gross --out M", 0, `What drives it: net\.`, 0, 0},
	{"evaluate_labels_1.0", "train train.csv --target lab --models ridge,gbdt --out M; evaluate hold.csv --model M/model --out E", 0, `\((\d+) records\): auc`, 30, 30},
	{"every_fold_one_class", "train spec.yaml --out M", 0, `accuracy (\S+) `, 0, 0.7},
	{"every_fold_one_class", "train train.csv --target y --metric auc --out M --models ridge", 0, `auc (\S+) `, 0.3, 1},
	{"exact_linear_relation", "train train.csv --target gross --out M; evaluate hold.csv --model M/model --out E", 0, `rmse (\S+) `, 0, 1e-6},
	{"f1_of_a_rare_class", "train train.csv --target y --metric f1 --models ridge,gbdt --out M; evaluate hold.csv --model M/model --out E", 0, `f1 (\S+) `, 0.2, 0.3},
	{"folds2_panic_and_hang", "train reg.csv --target y --folds 2 --out M", 0, `rmse (\S+) `, 0.5, 2},
	{"folds2_panic_and_hang", "train cls.csv --target y --folds 2 --models ridge --out M", 0, `auc (\S+) `, 0.5, 1},
	{"groups_with_random_folds", "train train.csv --target y --metric r2 --out M", 0, `r2 (\S+) .* by patient`, -1, 0.2},
	{"groups_with_random_folds", "train train.csv --target y --metric r2 --out M", 0, `patient names 60 things of 6 records each`, 0, 0},
	{"huge_target_summary", "train train.csv --target y --models ridge,tree --out M", 0, `rmse (\S+) `, 1e21, 1e22},
	{"key_named_prediction", "train train.csv --target y --key prediction --models ridge,tree --out M; score train.csv --model M/model --out E; profile E/predictions.csv --out M", 0, `300 records of 5 columns`, 0, 0},
	{"label_spellings", "train train.csv --target lab --models ridge,gbdt --out M", 0, `with auc (\S+) `, 0.9, 1},
	{"leak_of_the_target", "train train.csv --target y --models ridge,tree --out M", 0, `code leak .* it alone gives y`, 0, 0},
	{"number_column_cliff_at_5_percent", "train div10.csv --target y --metric r2 --models ridge,gbdt --out M", 0, `r2 (\S+) `, 0.8, 1},
	{"one_huge_cell", "train train.csv --target y --out M", 0, `rmse (\S+) `, 0, 1},
	{"one_positive", "train train.csv --target c --out M", 0, `auc is not defined in (\d) of 5 folds`, 4, 4},
	{"repeats_across_folds", "train train.csv --target y --metric r2 --out M", 0, `r2 (\S+) `, -1, 0.2},
	{"ridge_with_40_classes", "train train.csv --target y --models ridge --out M", 0, `logloss (\S+) `, 1, 3},
	{"rmsle_negative_target", "train train.csv --target y --metric rmsle --models ridge,tree --out M", 3, `never below 0`, 0, 0},
	{"score_decimal_comma", "train train.csv --target y --models ridge,gbdt --out M; score score.csv --model M/model --out E", 0, `a type \(expected float64, seen (\d+) cells`, 30, 30},
	{"series_with_random_folds", "train train.csv --target y --metric r2 --out M", 0, `r2 (\S+) .* by day`, -20, 0},
	{"skew_not_noticed", "train train.csv --target y --models ridge,gbdt --out M; score unseen.csv --model M/model --out E", 0, `cust domain .*seen (\d+) cells`, 60, 60},
	{"skew_not_noticed", "train train.csv --target y --models ridge,gbdt --out M; score year2045.csv --model M/model --out E", 0, `day range .*seen (\d+) cells`, 60, 60},
	{"target_percent_or_decimal_comma", "train percent.csv --target y --models ridge,tree --out M", 0, `rmse (\S+) `, 0, 0.5},
	{"target_percent_or_decimal_comma", "train comma2.csv --target y --models ridge,tree --out M", 0, `rmse (\S+) `, 0, 0.5},
	{"uniform_unit_column", "train kg.csv --target y --metric r2 --models ridge --out M", 0, `r2 (\S+) `, 0.98, 1},
	{"year_columns", "train train.csv --target 2022 --out M", 0, `predicts 2022 with rmse (\S+) `, 0, 1},
}

// TestRealClaims runs each of them, and fails for a folder without a line.
func TestRealClaims(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains on 30 tables, which short runs leave out")
	}
	data := os.Getenv("BEAMLINE_DATA")
	dir := filepath.Join(data, "..", "cases", "training_and_scoring")
	if _, err := os.Stat(dir); data == "" || err != nil {
		t.Skip("the cases are not beside BEAMLINE_DATA")
	}
	folders := map[string]bool{}
	for _, c := range claimed {
		folders[c.folder] = true
		t.Run(c.folder, func(t *testing.T) {
			temp := t.TempDir()
			var got spoken
			for _, command := range strings.Split(c.commands, ";") {
				args := strings.Fields(command)
				for i, a := range args {
					switch first, rest, _ := strings.Cut(a, "/"); {
					case first == "M" || first == "E":
						args[i] = filepath.Join(temp, first, rest)
					case strings.HasSuffix(a, ".csv") || strings.HasSuffix(a, ".yaml"):
						args[i] = filepath.Join(dir, c.folder, a)
					}
				}
				got = beamline(t, append(args, "--force")...)
			}
			text := got.stdout + got.stderr
			m := regexp.MustCompile(c.says).FindStringSubmatch(text)
			if int(got.code) != c.code || m == nil {
				t.Fatalf("exit %d, want %d, and %q in:\n%s", got.code, c.code, c.says, text)
			}
			if len(m) == 1 {
				return
			}
			if x, err := strconv.ParseFloat(m[1], 64); err != nil || x < c.from || x > c.to {
				t.Errorf("%s, want %v to %v in:\n%s", m[1], c.from, c.to, text)
			}
		})
	}
	everyFolder(t, dir, folders)
}
