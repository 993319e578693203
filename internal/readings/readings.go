// Package readings makes what the sensors of a building send, with faults that are planted
// and told, for tests and to show a stream by.
package readings

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Columns are those of the readings. Energy, in watts, hangs on all others but the sensor.
var Columns = []string{"id", "at", "sensor", "room", "temperature", "humidity", "co2", "people", "energy"}

// Reading is what a sensor sends.
type Reading struct {
	At                         time.Time
	Sensor, Room               string
	Temperature, Humidity, CO2 float64 // degrees Celsius, per cent, parts in a million
	People                     int
	Energy                     float64 // watts
	Text                       string  // instead of the temperature, where it is not empty
}

// Fault is something that was planted.
type Fault struct {
	Kind     string // one of Kinds
	Sensor   string
	From, To time.Time
	Readings int // that it is in; that are not there, of a gap
}

// The kinds of faults: a sensor is silent, sends one temperature again and again, has a
// clock that runs ahead, sends each reading several times, sends degrees Fahrenheit, or sends
// words instead of numbers.
const (
	Gap    = "gap"
	Stuck  = "stuck"
	Ahead  = "ahead"
	Burst  = "burst"
	Scaled = "fahrenheit"
	Words  = "words"
)

// Kinds are all of them, in the order in which Plant gives them to sensors.
var Kinds = []string{Gap, Stuck, Ahead, Burst, Scaled, Words}

var rooms = []string{"kitchen", "office", "meeting", "hall", "store"}

// Make returns readings of sensors, one of each every period, in the order of time.
func Make(rng *rand.Rand, sensors int, from time.Time, length, period time.Duration) (all []Reading) {
	habit := func(i int) float64 { return math.Sin(float64(7 * i)) } // of each sensor
	for at := from; at.Before(from.Add(length)); at = at.Add(period) {
		hour := float64(at.Hour()) + float64(at.Minute())/60
		day := math.Sin((hour - 9) / 24 * 2 * math.Pi)
		for i := range sensors {
			r := Reading{At: at, Sensor: fmt.Sprintf("s%03d", i), Room: rooms[i%len(rooms)]}
			if at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && hour > 7 && hour < 19 {
				r.People = rng.IntN(2 + 3*(i%len(rooms)))
			}
			r.Temperature = 20 + 2*day + habit(i) + 0.2*float64(r.People) + 0.3*rng.NormFloat64()
			r.Humidity = 45 - 5*day + 2*habit(i) + 2*rng.NormFloat64()
			r.CO2 = 420 + 60*float64(r.People) + 20*rng.NormFloat64()
			r.Energy = 80 + 25*float64(i%len(rooms)) + 30*float64(r.People) + 12*math.Abs(r.Temperature-20.5) + 8*rng.NormFloat64()
			all = append(all, r)
		}
	}
	return all
}

// Plant puts a fault of each kind into a quarter of the readings' time, each into a sensor of
// its own, and tells which. The readings are in the order in which they come in.
func Plant(rng *rand.Rand, all []Reading) (soiled []Reading, faults []Fault) {
	first, last := all[0].At, all[len(all)-1].At
	quarter := last.Sub(first) / 4
	of := map[string]int{}
	for i, s := range sensorsOf(rng, all, len(Kinds)) {
		from := first.Add(time.Duration(rng.Int64N(int64(3 * quarter)))).Truncate(time.Second)
		faults = append(faults, Fault{Kind: Kinds[i], Sensor: s, From: from, To: from.Add(quarter)})
		of[s] = i
	}
	for _, r := range all {
		i, ok := of[r.Sensor]
		if !ok || r.At.Before(faults[i].From) || r.At.After(faults[i].To) {
			soiled = append(soiled, r)
			continue
		}
		soiled = append(soiled, faults[i].plant(r)...)
	}
	return soiled, faults
}

// sensorsOf draws some of the sensors.
func sensorsOf(rng *rand.Rand, all []Reading, n int) []string {
	var names []string
	for _, r := range all {
		if !slices.Contains(names, r.Sensor) {
			names = append(names, r.Sensor)
		}
	}
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:min(n, len(names))]
}

// What a fault makes of a reading.
const (
	stuckAt = 21.4
	ahead   = 26 * time.Hour
	times   = 5
)

func (f *Fault) plant(r Reading) []Reading {
	f.Readings++
	switch f.Kind {
	case Gap:
		return nil
	case Stuck:
		r.Temperature = stuckAt
	case Ahead:
		r.At = r.At.Add(ahead)
	case Burst:
		return slices.Repeat([]Reading{r}, times)
	case Scaled:
		r.Temperature = r.Temperature*9/5 + 32
	case Words:
		r.Text = "ERR"
	}
	return []Reading{r}
}

// WriteCSV writes readings as a table, with a number of each from first on.
func WriteCSV(to io.Writer, first int, all []Reading) error {
	w := csv.NewWriter(to)
	if err := w.Write(Columns); err != nil {
		return err
	}
	number := func(x float64, digits int) string { return strconv.FormatFloat(x, 'f', digits, 64) }
	for i, r := range all {
		temperature := r.Text
		if temperature == "" {
			temperature = number(r.Temperature, 2)
		}
		err := w.Write([]string{strconv.Itoa(first + i), r.At.UTC().Format(time.RFC3339), r.Sensor, r.Room, temperature, number(r.Humidity, 1),
			number(r.CO2, 0), strconv.Itoa(r.People), number(r.Energy, 1)})
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
