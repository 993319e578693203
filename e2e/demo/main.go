// Demo shows a stream scored and watched, as "make stream" does: a model of what sensors of
// a building send is trained on some days of readings, and two others, the second with planted
// faults, are replayed into a broker that is in this process.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/internal/readings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := show(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

const (
	sensors = 40
	period  = time.Minute
	day     = 24 * time.Hour
	// A day is replayed in a quarter of a minute, and a window is a day: within one, rooms are
	// cold in the morning and warm in the evening, as they are every day.
	speed  = "5760"
	window = "15s"
	idle   = "4s"
)

func show(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "beamline-demo-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	in := func(name string) string { return filepath.Join(dir, name) }
	rng := rand.New(rand.NewPCG(20, 26))
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	week := readings.Make(rng, sensors, monday, 5*day, 10*period)
	all := readings.Make(rng, sensors, monday.Add(7*day), 2*day, period)
	soiled, faults := readings.Plant(rng, all[len(all)/2:])
	live := append(all[:len(all)/2:len(all)/2], soiled...)
	if err := table(in("week.csv"), 1, week); err != nil {
		return err
	}
	if err := table(in("day.csv"), 1+len(week), live); err != nil {
		return err
	}
	fmt.Printf("%d readings of five days are trained on; two days of %d are the stream. Planted in the second:\n", len(week), len(live))
	for _, f := range faults {
		fmt.Printf("  %-10s %s from %s to %s, %d readings\n", f.Kind, f.Sensor, f.From.Format("15:04"), f.To.Format("15:04"), f.Readings)
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "readings", "energy", "readings-refused"))
	if err != nil {
		return err
	}
	defer c.Close()
	at := "kafka://" + c.ListenAddrs()[0] + "/"
	if err := beamline(ctx, "train", in("week.csv"), "--target", "energy", "--key", "id", "--models", "gbdt", "--effort", "quick", "--quiet", "--out", in("out")); err != nil {
		return err
	}
	replay := make(chan error, 1)
	go func() {
		replay <- beamline(ctx, "replay", in("day.csv"), "--to", at+"readings", "--at", "at", "--speed", speed, "--quiet")
	}()
	err = beamline(ctx, "stream", at+"readings", "--to", at+"energy", "--model", in("out/model"), "--window", window, "--idle", idle, "--metrics", ":9464")
	if rerr := <-replay; err == nil {
		err = rerr
	}
	if err != nil || ctx.Err() != nil {
		return err
	}
	return last(ctx, c)
}

func table(name string, first int, all []readings.Reading) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readings.WriteCSV(f, first, all)
}

// beamline runs the program, says how, and passes on what it says.
func beamline(ctx context.Context, args ...string) error {
	fmt.Println("\n$ beamline " + strings.Join(args, " "))
	run := exec.CommandContext(ctx, filepath.Join("..", "bin", "beamline"), args...)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	if err := run.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("beamline %s: %w", args[0], err)
	}
	return nil
}

// last shows some of the predictions.
func last(ctx context.Context, c *kfake.Cluster) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics("energy"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	fmt.Println("\nThe first predictions of the topic energy:")
	records := client.PollRecords(ctx, 3).Records()
	if len(records) == 0 {
		return io.ErrUnexpectedEOF
	}
	for _, r := range records {
		fmt.Printf("  %s\n", r.Value)
	}
	fmt.Println("\nWords and degrees Fahrenheit are what the warnings count. That a sensor is silent or stuck, has\na clock that is ahead, or sends all several times, is not looked for yet.")
	return nil
}
