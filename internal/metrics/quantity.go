package metrics

import "math"

// The metrics of a quantity that others name.
const (
	RMSE  Metric = "rmse"
	RMSLE Metric = "rmsle"
	MAE   Metric = "mae"
)

var rmse = Kind{Name: RMSE, About: "root of the mean squared error", Needs: records,
	Quantity: func(y, p []float64) float64 { return math.Sqrt(meanOf(y, p, squared)) }}

// rmsle takes what is predicted below 0 as 0.
var rmsle = Kind{Name: RMSLE, About: "root of the mean squared error of log(1+y)", Needs: records, Log: true,
	Quantity: func(y, p []float64) float64 {
		return math.Sqrt(meanOf(y, p, func(y, p float64) float64 { return squared(math.Log1p(max(y, 0)), math.Log1p(max(p, 0))) }))
	}}

var mae = Kind{Name: MAE, About: "mean absolute error", Needs: records,
	Quantity: func(y, p []float64) float64 {
		return meanOf(y, p, func(y, p float64) float64 { return math.Abs(y - p) })
	}}

// r2 is NaN for a constant.
var r2 = Kind{Name: "r2", About: "share of the variance that is explained", Needs: "it needs records whose values differ", Higher: true,
	Quantity: func(y, p []float64) float64 {
		mean, residual, total := 0.0, 0.0, 0.0
		for i := range y {
			mean += y[i] / float64(len(y))
			residual += squared(y[i], p[i])
		}
		for _, v := range y {
			total += squared(v, mean)
		}
		if total == 0 {
			return math.NaN()
		}
		return 1 - residual/total
	}}

func squared(y, p float64) float64 { return (y - p) * (y - p) }

func meanOf(y, p []float64, loss func(y, p float64) float64) float64 {
	sum := 0.0
	for i := range y {
		sum += loss(y[i], p[i])
	}
	return sum / float64(len(y))
}
