package main

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
)

// bigRows is how many records the large table has; they are some 100 bytes each.
const bigRows = 2_000_000

var (
	cities   = []string{"Amsterdam", "Berlin", "Copenhagen", "Dublin", "Edinburgh", "Florence", "Geneva", "Helsinki", "Istanbul", "Lisbon"}
	channels = []string{"web", "shop", "phone", "partner"}
	grades   = []string{"A", "B", "C", "D", "E"}
)

// writeTable writes a table of orders: a key, quantities, classes, a date, and a
// price that depends on them. Some cells are missing.
func writeTable(path string, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	fmt.Fprintln(w, "order_id,ordered_on,city,channel,grade,quantity,weight,distance,discount,age,visits,rating,score,price")
	line := make([]byte, 0, 256)
	for i := range rows {
		line = appendOrder(line[:0], i, rng)
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return w.Flush()
}

func appendOrder(b []byte, i int, rng *rand.Rand) []byte {
	number := func(x float64, digits int) {
		b = append(strconv.AppendFloat(b, x, 'f', digits, 64), ',')
	}
	city, channel, grade := rng.IntN(len(cities)), rng.IntN(len(channels)), rng.IntN(len(grades))
	quantity, weight, distance := 1+rng.IntN(40), math.Exp(rng.NormFloat64()), rng.Float64()*2000
	discount, age, visits := float64(rng.IntN(6))*0.05, 18+rng.IntN(70), rng.IntN(300)
	b = strconv.AppendInt(b, int64(10_000_000+i), 10)
	b = append(b, ',')
	b = fmt.Appendf(b, "20%02d-%02d-%02d,", 15+rng.IntN(10), 1+rng.IntN(12), 1+rng.IntN(28))
	b = append(append(b, cities[city]...), ',')
	b = append(append(b, channels[channel]...), ',')
	b = append(append(b, grades[grade]...), ',')
	number(float64(quantity), 0)
	number(weight, 4)
	if rng.IntN(50) == 0 {
		b = append(b, ',')
	} else {
		number(distance, 3)
	}
	number(discount, 2)
	number(float64(age), 0)
	number(float64(visits), 0)
	number(1+4*rng.Float64(), 2)
	number(rng.NormFloat64()*100+500, 6)
	price := (20 + 3*float64(quantity)*weight + 0.02*distance + 4*float64(city)) * (1 - discount) * (1 + 0.1*float64(grade))
	price *= math.Exp(0.1 * rng.NormFloat64())
	return append(strconv.AppendFloat(b, price, 'f', 2, 64), '\n')
}
