package flink

import (
	"io"
	"net"
	"sync"
)

// way is a way to a server that can be cut.
type way struct {
	net.Listener
	to string

	mu   sync.Mutex
	open []net.Conn
}

// newWay leads to an address.
func newWay(to string) (*way, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &way{Listener: l, to: to}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go w.lead(in)
		}
	}()
	return w, nil
}

func (w *way) lead(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer out.Close()
	w.mu.Lock()
	w.open = append(w.open, in, out)
	w.mu.Unlock()
	go func() {
		io.Copy(out, in)
		out.Close()
	}()
	io.Copy(in, out)
}

// cut ends all connections, and returns how many there were.
func (w *way) cut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		c.Close()
	}
	n := len(w.open) / 2
	w.open = nil
	return n
}
