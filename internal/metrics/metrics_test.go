package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestQuantity(t *testing.T) {
	y, p := []float64{3, -0.5, 2, 7}, []float64{2.5, 0.0, 2, 8}
	// scikit-learn's documented example: MSE 0.375, MAE 0.5, R² 0.948608...
	for m, want := range map[Metric]float64{RMSE: math.Sqrt(0.375), "mae": 0.5, "r2": 0.9486081370449679} {
		if got := Quantity(m, y, p); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s = %v, want %v", m, got, want)
		}
	}
	// scikit-learn's documented example of mean_squared_log_error: 0.039730...
	got := Quantity(RMSLE, []float64{3, 5, 2.5, 7}, []float64{2.5, 5, 4, 8})
	if math.Abs(got*got-0.03973012298459379) > 1e-12 {
		t.Errorf("rmsle² = %v", got*got)
	}
	if !math.IsNaN(Quantity(RMSE, nil, nil)) || !math.IsNaN(Quantity("r2", []float64{1, 1}, []float64{1, 1})) {
		t.Error("nothing, or a constant, is measured as a number")
	}
}

func two(p ...float64) []float64 {
	var out []float64
	for _, v := range p {
		out = append(out, 1-v, v)
	}
	return out
}

func TestClasses(t *testing.T) {
	y, p := []float64{0, 0, 1, 1}, two(0.1, 0.4, 0.35, 0.8)
	// scikit-learn's documented example of roc_auc_score: 0.75.
	for m, want := range map[Metric]float64{AUC: 0.75, Accuracy: 0.75, "f1": 2.0 / 3,
		LogLoss: -(math.Log(0.9) + math.Log(0.6) + math.Log(0.35) + math.Log(0.8)) / 4} {
		if got := Classes(m, y, p, 2, Cut{Positive: 1}); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s = %v, want %v", m, got, want)
		}
	}
	if got := Classes(AUC, y, two(0.5, 0.5, 0.5, 0.5), 2, Cut{Positive: 1}); got != 0.5 {
		t.Errorf("the AUC of ties is %v", got)
	}
	if got := Classes(AUC, []float64{1, 1}, two(0.1, 0.9), 2, Cut{Positive: 1}); !math.IsNaN(got) {
		t.Errorf("the AUC of one class is %v", got)
	}
	c := Confusion(y, p, 2, Cut{})
	if c[0][0] != 2 || c[1][0] != 1 || c[1][1] != 1 {
		t.Errorf("confusion %v", c)
	}
}

func TestParse(t *testing.T) {
	if m, err := Parse("auc", true); err != nil || m != AUC {
		t.Errorf("auc: %v, %v", m, err)
	}
	for _, name := range []string{"auc", "rsme", "nonsense"} {
		if _, err := Parse(name, false); err == nil {
			t.Errorf("%q was taken for regression", name)
		}
	}
}

// TestbestF1 holds the threshold against all others, by trying them.
func TestBestF1(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var y, p []float64
	for range 300 {
		x := rng.Float64() * 0.4
		y = append(y, map[bool]float64{true: 1, false: 0}[rng.Float64() < x*x])
		p = append(p, 1-math.Round(50*x)/50, math.Round(50*x)/50)
	}
	best := 0.0
	for i := range 1000 {
		best = max(best, Classes("f1", y, p, 2, Cut{1, float64(i+1) / 1000}))
	}
	if got := Classes("f1", y, p, 2, Cut{1, bestF1(y, p, 1)}); math.Abs(got-best) > 1e-12 || best == 0 {
		t.Errorf("F1 is %v at %v, and %v elsewhere", got, bestF1(y, p, 1), best)
	}
	if got := bestF1([]float64{0, 0}, []float64{1, 0, 1, 0}, 1); got != 0 {
		t.Errorf("a class that is not there has the threshold %v", got)
	}
}
