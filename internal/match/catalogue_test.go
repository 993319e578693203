package match

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// product is a thing that two shops sell.
type product struct {
	brand, noun, model, size, colour string
	price                            float64
	features                         []string
}

var (
	brands = strings.Fields("Sony Panasonic Samsung Canon Bose Garmin Logitech Netgear Philips Kenwood Pioneer Whirlpool Bosch Frigidaire Toshiba Olympus Nikon Yamaha Denon Linksys")
	nouns  = []string{"Digital Camera", "Home Theater System", "LCD HDTV", "Noise Canceling Headphones", "Wireless Router", "Dishwasher", "Microwave Oven", "Car Stereo", "Blu-ray Disc Player",
		"GPS Navigator", "Cordless Phone", "Laser Printer", "Camcorder", "Refrigerator", "Subwoofer"}
	colours  = []string{"Black", "White", "Silver", "Stainless Steel", "Red", "Blue"}
	features = strings.Split("built-in microphone|remote control|energy saving mode|two year warranty|digital zoom|touch screen|auto shut-off|wall mountable|rechargeable battery|low noise|"+
		"fast charging|child lock|dual band|stereo sound|memory card slot|timer|adjustable shelves|carrying case|night vision|voice guidance", "|")
)

// goods are n things; some are siblings, which differ in their number alone.
func goods(rng *rand.Rand, n int) []product {
	var out []product
	seen := map[string]bool{}
	for len(out) < n {
		p := product{brand: brands[rng.IntN(len(brands))], noun: nouns[rng.IntN(len(nouns))], colour: colours[rng.IntN(len(colours))],
			size: fmt.Sprintf("%d", 5+rng.IntN(60)), price: 20 * (1 + 50*rng.Float64()*rng.Float64())}
		letters := func(n int) string {
			s := ""
			for range n {
				s += string(rune('A' + rng.IntN(26)))
			}
			return s
		}
		prefix, number, suffix := letters(2+rng.IntN(2)), 10+rng.IntN(990), letters(rng.IntN(3))
		for _, i := range rng.Perm(len(features))[:4] {
			p.features = append(p.features, features[i])
		}
		for range 1 + rng.IntN(3) { // siblings
			q := p
			q.model = fmt.Sprintf("%s%d%s", prefix, number, suffix)
			number += 1 + rng.IntN(20)
			q.colour, q.price = colours[rng.IntN(len(colours))], p.price*(0.8+0.4*rng.Float64())
			if !seen[q.model] && len(out) < n {
				seen[q.model] = true
				out = append(out, q)
			}
		}
	}
	return out
}

// inOneShop is how one shop writes a product: name, description, maker, price.
func (p product) inOneShop(rng *rand.Rand) []string {
	price := fmt.Sprintf("$%.2f", p.price)
	if rng.IntN(3) == 0 {
		price = ""
	}
	return []string{fmt.Sprintf("%s %s' %s - %s", p.brand, p.size, p.noun, p.model),
		fmt.Sprintf("%s %s %s - %s/ %s/ %s Finish", p.brand, p.size, p.noun, p.model, strings.Join(p.features, "/ "), p.colour), "", price}
}

// inOther is how another writes it, of which a twelfth part does not tell the number.
func (p product) inOther(rng *rand.Rand) []string {
	model := p.model
	if at := strings.IndexAny(model, "0123456789"); rng.IntN(2) == 0 {
		model = model[:at] + "-" + model[at:]
	}
	if rng.IntN(12) == 0 {
		model = ""
	}
	brand, description, price := p.brand, "", ""
	if rng.IntN(3) == 0 {
		brand = ""
	}
	if rng.IntN(2) == 0 {
		description = fmt.Sprintf("%s - %s - %s", p.noun, p.features[rng.IntN(4)], p.colour)
	}
	if rng.IntN(3) > 0 {
		price = fmt.Sprintf("%.2f", p.price*(0.75+0.4*rng.Float64()))
	}
	title := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s\" %s", p.brand, model, p.colour, p.size, p.noun)), " ")
	if rng.IntN(3) == 0 {
		title = strings.Join(strings.Fields(fmt.Sprintf("%s %s by %s", model, p.noun, p.brand)), " ")
	}
	return []string{title, description, brand, price}
}

// catalogues are two shops with n products in common and others of their own; truth
// has the row of the second for each of the first.
func catalogues(seed uint64, n, others int) (a, b [][]string, truth map[int]int) {
	rng := rand.New(rand.NewPCG(seed, 11))
	all := goods(rng, n+2*others)
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	truth = map[int]int{}
	for i, p := range all[:n+others] {
		a = append(a, p.inOneShop(rng))
		if i < n {
			truth[i] = i
		}
	}
	for i, p := range all {
		if i < n || i >= n+others {
			b = append(b, p.inOther(rng))
		}
	}
	return a, b, truth
}

// TestCatalogues links the products of two shops.
func TestCatalogues(t *testing.T) {
	for seed := range uint64(4) {
		a, b, truth := catalogues(seed, 800, 300)
		m, pairs, _ := run([]string{"name", "description", "manufacturer", "price"}, a, b)
		right := 0
		for _, p := range pairs {
			if to, ok := truth[int(p.A.Row)]; ok && to == int(p.B.Row) {
				right++
			}
		}
		got := f1(len(pairs), right, len(truth))
		t.Logf("seed %d: %d pairs, %d right of %d, F1 %.4f, %d keys", seed, len(pairs), right, len(truth), got, len(m.Blocking))
		for _, c := range m.Columns {
			t.Logf("  %s %s match %.3f chance %.3f", c.Name, c.Kind, c.M, c.U)
		}
		if got < 0.9 {
			t.Errorf("F1 %.4f, want 0.9", got)
		}
	}
}
