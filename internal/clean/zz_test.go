package clean

import (
	"fmt"
	"github.com/beamline-go/beamline/internal/profile"
	"testing"
)

func TestZZ(t *testing.T) {
	var rows [][]string
	words := []string{"bicycle", "tricycle", "scooter", "north", "south"}
	for i := range 400 {
		rows = append(rows, []string{words[i%5], fmt.Sprint(i)})
	}
	rows = append(rows, []string{"bicyclw", "1"}, []string{"scooterr", "2"}, []string{"motor", "3"})
	for _, p := range SlipProposals(tableOf([]string{"word", "n"}, rows, profile.Reading{})) {
		fmt.Print(p.Old, " ", p.New, " ", p.Odds)
		for i, n := range SlipEvidence() {
			if p.Evidence[i] != 0 {
				fmt.Printf(" %s=%.2f(%.1f)", n, p.Evidence[i], p.Evidence[i]*judge.Slip.of[i])
			}
		}
		fmt.Println()
	}
}
