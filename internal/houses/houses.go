// Package houses makes small tables of house prices whose truth is known: what
// each house would sell for, and which cells of the tables are not as they
// should be. The same seed gives the same tables.
//
// The logarithm of a price is a sum over the house's qualities, with terms that
// are not linear and one interaction, plus noise with a deviation of Noise: no
// model can have a smaller error.
package houses

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Noise is the standard deviation of the logarithm of a price around what the
// columns tell of it.
const Noise = 0.07

// Columns are the columns of a table, the target last.
var Columns = []string{"Id", "Town", "Style", "Quality", "LivingArea", "LotArea", "Rooms", "Baths", "YearBuilt", "Garage", "Heating", "SoldOn", "Remark", "SalePrice"}

var (
	towns    = []string{"Ashford", "Birch Hill", "Lakeside", "Mill Green", "Old Harbour", "Westfield"}
	townGain = []float64{-0.12, 0.05, 0.22, -0.02, 0.14, -0.08}
	styles   = []string{"detached", "semi-detached", "terraced", "flat"}
	gain     = []float64{0.12, 0.02, -0.04, -0.1}
	quality  = []string{"Po", "Fa", "TA", "Gd", "Ex"}
	qualGain = []float64{-0.3, -0.13, 0, 0.14, 0.32}
	garages  = []string{"attached", "detached", "carport", "NA"} // NA: the house has none
	garGain  = []float64{0.07, 0.04, 0.01, -0.03}
	heating  = []string{"gas", "oil", "electric", "heat pump"}
	remarks  = []string{"quiet street", "close to the station", "needs a new roof", "renovated kitchen", "garden to the south", "view of the lake", "sold as seen", "near the school"}
	remGain  = []float64{0.02, 0.03, -0.12, 0.06, 0.02, 0.09, -0.05, 0.01}
)

// house is one house, as it is.
type house struct {
	id                                 int
	town, style, quality, garage, heat int
	area, lot, rooms, baths, year      int
	remarks                            [2]int
	sold                               time.Time
	price                              int
}

func newHouse(id int, rng *rand.Rand) house {
	pick := func(weights ...float64) int {
		x := rng.Float64()
		for i, w := range weights {
			if x -= w; x < 0 {
				return i
			}
		}
		return len(weights) - 1
	}
	h := house{id: id, town: pick(.25, .2, .1, .2, .1, .15), style: pick(.4, .25, .2, .15), quality: pick(.04, .14, .45, .27, .1),
		garage: pick(.4, .25, .12, .23), heat: pick(.55, .2, .15, .1)}
	h.area = int(math.Exp(rng.NormFloat64()*0.32+4.75) + 25)
	h.lot = int(float64(h.area) * (3 + 9*rng.Float64()) * []float64{1, .7, .4, .15}[h.style])
	h.rooms = max(1, int(float64(h.area)/27+rng.NormFloat64()*0.8))
	h.baths = 1 + h.rooms/4
	h.year = 1890 + int(131*math.Sqrt(rng.Float64()))
	h.remarks = [2]int{rng.IntN(len(remarks)), rng.IntN(len(remarks))}
	h.sold = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rng.IntN(5*365))
	h.price = h.sell(rng)
	return h
}

// sell is what the house sells for.
func (h house) sell(rng *rand.Rand) int {
	years := h.sold.Sub(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)).Hours() / 24 / 365
	x := 8.3 + 0.78*math.Log(float64(h.area)) + 0.06*math.Log(float64(h.lot+10)) + townGain[h.town] + gain[h.style] + qualGain[h.quality] + garGain[h.garage]
	x += 0.05*float64(h.baths) + 0.04*years - 0.25*math.Exp(-math.Pow(float64(h.year-1940)/35, 2))
	if h.town == 2 && h.style == 0 { // detached at the lake
		x += 0.15
	}
	x += remGain[h.remarks[0]]
	if h.remarks[1] != h.remarks[0] {
		x += remGain[h.remarks[1]]
	}
	return int(math.Exp(x+Noise*rng.NormFloat64())/100) * 100
}

// cells writes the house as a record without dirt.
func (h house) cells() []string {
	remark := remarks[h.remarks[0]]
	if h.remarks[1] != h.remarks[0] {
		remark += ", " + remarks[h.remarks[1]]
	}
	return []string{fmt.Sprint(h.id), towns[h.town], styles[h.style], quality[h.quality], fmt.Sprint(h.area), fmt.Sprint(h.lot),
		fmt.Sprint(h.rooms), fmt.Sprint(h.baths), fmt.Sprint(h.year), garages[h.garage], heating[h.heat], h.sold.Format(time.DateOnly),
		remark, fmt.Sprint(h.price)}
}
