package ledger

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	got, err := Summarize(strings.NewReader(Header + "a,1,,c,x,y,case,1\na,2,,c,x,y,case,1\na,3,,d,\"p,q\",r,case,1\n"))
	if err != nil || len(got) != 2 || got[0].Cells != 2 || len(got[0].Examples) != 1 || got[1].Examples[0] != [2]string{"p,q", "r"} {
		t.Errorf("%+v, %v", got, err)
	}
	told, err := Summarize(strings.NewReader(ProposalsHeader + "a,1,,c,52,,outlier,,far,\na,2,,c,9,,outlier,,far,\na,3,,d,0,,disguised,0.9,why,\n"))
	if err != nil || !told[0].Told || told[0].Low != 9 || told[0].High != 52 || told[1].Told {
		t.Errorf("%+v, %v", told, err)
	}
}
