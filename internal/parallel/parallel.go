// Package parallel does independent work on all processors.
package parallel

import (
	"runtime"
	"sync"
)

// Each calls f for 0 to n-1, and returns when all are done.
func Each(n int, f func(i int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}
