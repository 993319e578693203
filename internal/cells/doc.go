// Package cells reads numbers, dates and times from the bytes of a table, eight at
// a time and without a string for each.
//
// A function is given a buffer and the offsets between which a cell stands, and the
// buffer must go on for Pad bytes behind the cell, whatever they hold. It takes the
// spellings that nearly all cells have and reports false for the others, which
// packages number and dates read, or refuse. What is taken has the value that those
// give, bit for bit.
//
// The ways to look at eight bytes at once are from Mycroft (1987) and Lemire,
// "Number parsing at a gigabyte per second" (2021).
package cells

import "encoding/binary"

// Pad is how many bytes must be readable behind a cell.
const Pad = 64

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	zeros = '0' * ones
)

func load(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at : at+8]) }

// pairs makes a number of each two of eight digits: in bytes 0, 2, 4 and 6.
func pairs(w uint64) (v uint64, ok bool) {
	if (w&0xF0F0F0F0F0F0F0F0)|((w+0x0606060606060606)&0xF0F0F0F0F0F0F0F0)>>4 != 0x3333333333333333 {
		return 0, false
	}
	w -= zeros
	return w*10 + w>>8, true
}

// eight reads n digits, at most eight, from the low bytes of w, the first digit in
// the lowest. The rest of w may be anything.
func eight(w uint64, n int) (v uint64, ok bool) {
	// The digits go to the high end, with zeros before them.
	w, ok = pairs(w<<uint(64-8*n) | zeros>>uint(8*n))
	return ((w&0x000000FF000000FF)*0x000F424000000064 + ((w>>16)&0x000000FF000000FF)*0x0000271000000001) >> 32, ok
}

// digits reads n digits at an offset, from 1 to 16.
func digits(b []byte, at, n int) (v uint64, ok bool) {
	if n <= 8 {
		return eight(load(b, at), n)
	}
	high, ok := eight(load(b, at), n-8)
	low, ok2 := eight(load(b, at+n-8), 8)
	return high*100000000 + low, ok && ok2
}
