package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/ledger"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

// write writes a file of the results.
func (j *job) write(ctx context.Context, name string, data []byte) error {
	return store.WriteFile(ctx, store.Join(j.folder.Work, name), data, store.Condition{})
}

func (j *job) writeJSON(ctx context.Context, name string, v any) error {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return j.write(ctx, name, append(body, '\n'))
}

// stageDir is where a stage works.
func (j *job) stageDir(name string) string { return store.Join(j.work, "work", name) }

// joined are the files of the results that several stages add to, with the
// header of each.
var joined = map[string]string{outdir.Rejects: "", outdir.Changes: ledger.Header, outdir.Proposals: ledger.ProposalsHeader}

// publish collects what the stages left, and moves it to its place.
func (j *job) publish(ctx context.Context, files []string) error {
	if slices.Contains(files, outdir.Anomalies) {
		if err := j.writeAnomalies(ctx); err != nil {
			return err
		}
	}
	results, err := j.collect(ctx, files)
	if err != nil {
		return err
	}
	j.run.PeakRSS = peakRSS()
	for _, a := range j.found {
		if anomaly.AtLeast(a, table.Warning) {
			j.run.Found[a.Rule]++
		}
	}
	if j.run.Wrote, err = j.folder.Wrote(ctx, results, j.run.origin()); err != nil {
		return err
	}
	j.sayAside(results)
	for name := range results {
		j.files[name] = store.Join(j.folder.Dir, name)
	}
	j.files[outdir.Run] = store.Join(j.folder.Dir, outdir.Run)
	j.answer.run = &j.run
	return j.folder.Publish(ctx, results, j.run)
}

// sayAside says which files of others, or of somebody's own hand, have another name now.
func (j *job) sayAside(results outdir.Results) {
	aside := j.folder.Aside()
	for _, name := range slices.Sorted(maps.Keys(aside)) {
		if results[name] != "" {
			j.say("What was %s is %s now.", store.Join(j.folder.Dir, name), store.Join(j.folder.Dir, aside[name]))
		}
	}
}

// collect finds where the named files are, those of this process and those that
// the stages left. Files that are not there are passed over.
func (j *job) collect(ctx context.Context, files []string) (outdir.Results, error) {
	left := map[string][]string{} // by name, in the order of the stages
	for _, dir := range append([]string{j.folder.Work}, j.stageDirs()...) {
		entries, err := store.List(ctx, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			name := store.Base(e.Name)
			left[name] = append(left[name], e.Name)
		}
	}
	results := outdir.Results{}
	for _, name := range files {
		header, several := joined[name]
		switch all := left[name]; {
		case several:
			to := store.Join(j.folder.Work, name)
			if err := join(ctx, to, header, all); err != nil {
				return nil, err
			}
			results[name] = to
		case len(all) > 0:
			results[name] = all[len(all)-1]
		}
	}
	return results, nil
}

func (j *job) stageDirs() []string {
	var dirs []string
	for _, s := range j.stages {
		dirs = append(dirs, j.stageDir(s))
	}
	return dirs
}

// join writes files that begin with the same header as one.
func join(ctx context.Context, to, header string, parts []string) error {
	return store.Write(ctx, to, func(w io.Writer) error {
		if _, err := io.WriteString(w, header); err != nil {
			return err
		}
		for _, name := range parts {
			if err := appendFile(ctx, w, name, int64(len(header))); err != nil {
				return err
			}
		}
		return nil
	})
}

func appendFile(ctx context.Context, w io.Writer, name string, header int64) error {
	in, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(w, io.NewSectionReader(in, header, in.Size-header))
	return err
}

func (j *job) writeAnomalies(ctx context.Context) error {
	var b bytes.Buffer
	for _, a := range slices.Concat(j.found, j.doubts) {
		line, err := a.AppendJSON(nil)
		if err != nil {
			return err
		}
		b.Write(line)
	}
	return j.write(ctx, outdir.Anomalies, b.Bytes())
}
