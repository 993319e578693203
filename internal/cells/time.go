package cells

// Date reads b[s:e] as YYYY-MM-DD, in days since 1970-01-01.
func Date(b []byte, s, e int) (int32, bool) {
	if e-s != 10 {
		return 0, false
	}
	return date(b, s)
}

// date reads ten bytes.
func date(b []byte, s int) (int32, bool) {
	w := load(b, s) // YYYY-MM-
	if w&0xFF0000FF00000000 != uint64('-')<<32|uint64('-')<<56 {
		return 0, false
	}
	// The digits of year and month, then those of the day.
	p, ok := pairs(w&0xFFFFFFFF | w>>40<<32&0x0000FFFF00000000 | uint64(b[s+8])<<48 | uint64(b[s+9])<<56)
	year, month, day := p&0xFF*100+p>>16&0xFF, p>>32&0xFF, p>>48&0xFF
	if !ok || year == 0 || month-1 > 11 || day == 0 || day > 28 && int(day) > daysIn(int(year), int(month)) {
		return 0, false
	}
	first := &firsts[0]
	if leap(int(year)) {
		first = &firsts[1]
	}
	return newYears[year] + first[month] + int32(day), true
}

// newYears are the days from 1970-01-01 to the first day of each year of four
// digits, less one; firsts those from there to the first of each month, of a common
// and a leap year.
var (
	newYears [10000]int32
	firsts   [2][13]int32
)

func init() {
	for year := range newYears {
		newYears[year] = days(year, 1, 1) - 1
	}
	for month := 1; month <= 12; month++ {
		firsts[0][month] = days(2001, month, 1) - days(2001, 1, 1)
		firsts[1][month] = days(2004, month, 1) - days(2004, 1, 1)
	}
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	}
	return 31
}

// days counts the days since 1970-01-01, with years that begin in March (Hinnant,
// "chrono-Compatible Low-Level Date Algorithms").
func days(year, month, day int) int32 {
	if month <= 2 {
		year--
		month += 12
	}
	return int32(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468)
}

// Timestamp reads b[s:e] as YYYY-MM-DD hh:mm:ss, with a T for the space, with a
// fraction of up to six digits, and with Z, +00 or +00:00 behind it, in microseconds
// since 1970-01-01 UTC.
func Timestamp(b []byte, s, e int) (int64, bool) {
	n := e - s
	if n < 19 || n > 32 || b[s+10] != ' ' && b[s+10] != 'T' {
		return 0, false
	}
	day, ok := date(b, s)
	w := load(b, s+11) // hh:mm:ss
	if !ok || w&0x0000FF0000FF0000 != uint64(':')<<16|uint64(':')<<40 {
		return 0, false
	}
	p, ok := pairs(w&0xFFFF | w>>24&0xFFFF<<16 | w>>48<<32 | 0x3030<<48)
	hour, minute, second := p&0xFF, p>>16&0xFF, p>>32&0xFF
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	switch {
	case b[e-1] == 'Z':
		e--
	case string(b[e-3:e]) == "+00": // as PostgreSQL writes UTC
		e -= 3
	case n > 24 && string(b[e-6:e]) == "+00:00":
		e -= 6
	}
	micros := uint64(0)
	if f := e - s - 20; f >= 1 && f <= 6 && b[s+19] == '.' {
		if micros, ok = eight(load(b, s+20), f); !ok {
			return 0, false
		}
		micros *= uint64(exact[6-f])
	} else if e-s != 19 {
		return 0, false
	}
	return int64(day)*86400e6 + int64((hour*60+minute)*60+second)*1e6 + int64(micros), true
}
