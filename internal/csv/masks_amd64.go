package csv

import "golang.org/x/sys/cpu"

// avx2 says that the processor compares 32 bytes at once.
var avx2 = cpu.X86.HasAVX2

// masksAVX2 is masks for the 64 bytes at b.
//
//go:noescape
func masksAVX2(b *byte, delimiter, quote byte) (fields, lines, quoted, wide uint64)
