package parallel

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// yield lets others go first.
func yield() {
	for range 2000 {
		runtime.Gosched()
	}
}

// TestCrew asks for the order of the work, for all of it, and that no worker is with
// two pieces at once.
func TestCrew(t *testing.T) {
	type worker struct {
		busy atomic.Bool
		n    int
	}
	c := Crew[*worker, int]{New: func() (*worker, error) { return &worker{}, nil }}
	var got []int
	use := func(i int) error { got = append(got, i); return nil }
	most := 0
	for i := range 500 {
		err := c.Do(func(w **worker) (int, error) {
			if !(*w).busy.CompareAndSwap(false, true) {
				t.Error("a worker has two pieces of work")
			}
			if i%50 == 0 {
				yield() // so that later pieces are done before it
			}
			(*w).n++
			(*w).busy.Store(false)
			return i, nil
		}, use)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, i+1-len(got))
	}
	if err := c.Wait(use); err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if i != v {
			t.Fatalf("%d is handed over as number %d", v, i)
		}
	}
	all, sum := c.Disband(), 0
	for _, w := range all {
		sum += (*w).n
	}
	if len(got) != 500 || sum != 500 || len(all) > cap(slots) || most > ahead*cap(slots)+1 {
		t.Errorf("%d are handed over, %d done by %d workers, up to %d waited", len(got), sum, len(all), most)
	}
}

func TestCrewFails(t *testing.T) {
	bad := errors.New("bad")
	for name, work := range map[string]func(*struct{}) (int, error){
		"an error": func(*struct{}) (int, error) { return 0, bad },
		"a panic":  func(*struct{}) (int, error) { panic("bad") },
	} {
		t.Run(name, func(t *testing.T) {
			var c Crew[struct{}, int]
			use := func(int) error { t.Error("something is handed over"); return nil }
			err := c.Do(work, use)
			if err == nil {
				err = c.Wait(use)
			}
			if err == nil || !strings.Contains(err.Error(), "bad") {
				t.Errorf("the error is %v", err)
			}
			c.Disband()
		})
	}
	c := Crew[int, int]{New: func() (int, error) { return 0, bad }}
	err := errors.Join(c.Do(func(*int) (int, error) { return 1, nil }, func(int) error { return nil }), c.Wait(func(int) error { return nil }))
	if !errors.Is(err, bad) {
		t.Errorf("without a worker the error is %v", err)
	}
	var used Crew[struct{}, int]
	err = used.Do(func(*struct{}) (int, error) { return 1, nil }, func(int) error { return bad })
	if err = errors.Join(err, used.Wait(func(int) error { return bad })); !errors.Is(err, bad) {
		t.Errorf("what is not taken gives %v", err)
	}
}

// TestDisbandWaits gives up work that is under way.
func TestDisbandWaits(t *testing.T) {
	var c Crew[int, string]
	for i := range 3 {
		if err := c.Do(func(w *int) (string, error) { yield(); *w++; return fmt.Sprint(i), nil }, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	sum := 0
	for _, w := range c.Disband() {
		sum += *w
	}
	if sum != 3 {
		t.Errorf("%d of 3 pieces were done", sum)
	}
}
