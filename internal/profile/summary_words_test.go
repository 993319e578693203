package profile

import (
	"fmt"
	"testing"

	"github.com/beamline-go/beamline/internal/sketch"
)

// TestFrequentWords counts words once a text, and leaves those of one text out.
func TestFrequentWords(t *testing.T) {
	texts := []sketch.Value{{Text: "The cat, the CAT", Count: 2}, {Text: "a dog's cat", Count: 1}, {Text: "A dog's life", Count: 3}, {Text: "ønske 12", Count: 2}, {Text: "alone", Count: 1}}
	if got := fmt.Sprint(frequentWords(texts)); got != "[{dog's 4} {cat 3} {life 3} {12 2} {the 2} {ønske 2}]" {
		t.Error(got)
	}
}
