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
	y, ok := eight(w&0xFFFFFFFF|w>>40<<32&0x0000FFFF00000000|uint64(b[s+8])<<48|uint64(b[s+9])<<56, 8)
	year, month, day := int(y/10000), int(y/100%100), int(y%100)
	if !ok || year == 0 || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) {
		return 0, false
	}
	return days(year, month, day), true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
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
// fraction of up to six digits, and with Z behind it, in microseconds since
// 1970-01-01 UTC.
func Timestamp(b []byte, s, e int) (int64, bool) {
	n := e - s
	if n < 19 || n > 27 || b[s+10] != ' ' && b[s+10] != 'T' {
		return 0, false
	}
	day, ok := date(b, s)
	w := load(b, s+11) // hh:mm:ss
	if !ok || w&0x0000FF0000FF0000 != uint64(':')<<16|uint64(':')<<40 {
		return 0, false
	}
	clock, ok := eight(w&0xFFFF|w>>24&0xFFFF<<16|w>>48<<32, 6)
	hour, minute, second := clock/10000, clock/100%100, clock%100
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	if b[e-1] == 'Z' {
		e--
	}
	micros := uint64(0)
	if f := e - s - 20; f >= 1 && f <= 6 && b[s+19] == '.' {
		if micros, ok = eight(load(b, s+20), f); !ok {
			return 0, false
		}
		micros *= whole[6-f]
	} else if e-s != 19 {
		return 0, false
	}
	return int64(day)*86400e6 + int64((hour*60+minute)*60+second)*1e6 + int64(micros), true
}
