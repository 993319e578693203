package e2e

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/beamline-go/beamline/e2e/program"
)

// browser starts a headless browser.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium (Debian's chromium-headless-shell is enough)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true))
	all, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(all)
	ctx, late := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(func() {
		chromedp.Cancel(ctx) // while ctx lives, or the browser stays
		late()
		cancel()
		stop()
	})
	return ctx
}

// seen is what a page did that it should not.
type seen struct {
	sync.Mutex
	complaints, requests []string
}

func (s *seen) listen(event any) {
	s.Lock()
	defer s.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		s.complaints = append(s.complaints, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		s.complaints = append(s.complaints, fmt.Sprint("console ", e.Type))
	case *log.EventEntryAdded:
		s.complaints = append(s.complaints, fmt.Sprint(e.Entry.Level, " ", e.Entry.Text))
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, "data:") {
			s.requests = append(s.requests, u)
		}
	}
}

// open opens a page at a width and asks what is on it.
func open(t *testing.T, ctx context.Context, page string, width int64) {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	var s seen
	chromedp.ListenTarget(tab, s.listen)
	address := (&url.URL{Scheme: "file", Path: page}).String()
	var title string
	var pictures, wide int
	var shot []byte
	err := chromedp.Run(tab, network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetDeviceMetricsOverride(width, 900, 1, false),
		chromedp.Navigate(address),
		chromedp.Text("h1", &title),
		chromedp.Evaluate(`[...document.querySelectorAll("svg, figure")].filter(s => s.getBoundingClientRect().width > 50).length`, &pictures),
		chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide),
		chromedp.FullScreenshot(&shot, 100),
	)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("BEAMLINE_SHOTS"); dir != "" {
		name := fmt.Sprintf("%s-%d.png", filepath.Base(filepath.Dir(page)), width)
		if err := os.WriteFile(filepath.Join(dir, name), shot, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.Lock()
	defer s.Unlock()
	if title == "" || pictures == 0 {
		t.Errorf("the title is %q, with %d pictures", title, pictures)
	}
	if wide > 0 {
		t.Errorf("at a width of %d the page is %d pixels too wide", width, wide)
	}
	if len(s.complaints) > 0 {
		t.Errorf("the browser complains: %q", s.complaints)
	}
	if len(s.requests) != 1 || s.requests[0] != address {
		t.Errorf("the page asks for %q", s.requests)
	}
}

// TestReports opens the page of each command that writes one.
func TestReports(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	program.Done(t, nil, "run", "testdata/houses/beamline.yaml", "--out", run)
	program.Done(t, nil, "profile", "testdata/houses/train.csv", "--out", filepath.Join(dir, "profile"))
	program.Done(t, nil, "evaluate", "testdata/houses/holdout.csv", "--model", filepath.Join(run, "model"), "--out", filepath.Join(dir, "evaluate"))
	program.Done(t, nil, "train", "testdata/houses/train.csv", "--target", "Heating", "--models", "bayes,ridge", "--out", filepath.Join(dir, "train"))
	ctx := browser(t)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"run", "profile", "evaluate", "train"} {
		for _, width := range []int64{1200, 400} {
			t.Run(fmt.Sprint(name, " at ", width), func(t *testing.T) { open(t, ctx, filepath.Join(dir, name, "report.html"), width) })
		}
	}
}
