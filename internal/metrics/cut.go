package metrics

// Cut is how one of two classes is called: Positive is the class that F1 and AUC are
// about, and is called from the probability Threshold on. Where that is 0, and of more
// classes, the most probable one is called.
type Cut struct {
	Positive  int
	Threshold float64
}

// Labels returns the class that each row is called; of equally probable ones the first.
func (c Cut) Labels(p []float64, k int) []int {
	out := make([]int, len(p)/k)
	for i := range out {
		if k == 2 && c.Threshold > 0 {
			if out[i] = 1 - c.Positive; p[i*k+c.Positive] >= c.Threshold {
				out[i] = c.Positive
			}
			continue
		}
		for c := 1; c < k; c++ {
			if p[i*k+c] > p[i*k+out[i]] {
				out[i] = c
			}
		}
	}
	return out
}

// Confusion counts rows by true class and by label.
func Confusion(y, p []float64, k int, cut Cut) [][]int {
	out := make([][]int, k)
	for c := range out {
		out[c] = make([]int, k)
	}
	for i, label := range cut.Labels(p, k) {
		out[int(y[i])][label]++
	}
	return out
}
