package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
)

// Plan implements source.Source: it reads the file, and hashes it beside. The hash is of
// the bytes as they are stored; a file of a bucket is known by its version, and not read
// twice.
func (f *File) Plan(ctx context.Context) (source.Plan, error) {
	p, err := f.plan(ctx)
	if err != nil && !strings.Contains(err.Error(), string(f.Path)) {
		err = fmt.Errorf("%s: %w", f.Given, err)
	}
	return p, f.named(err)
}

func (f *File) plan(ctx context.Context) (p source.Plan, err error) {
	p.Serial = f.Packed
	raw, err := f.Path.Raw(ctx)
	if err != nil {
		return p, err
	}
	defer raw.Close()
	p.Version.Token = raw.Version
	hashed := make(chan error, 1)
	if store.Remote(string(f.Path)) {
		p.Version.Generation, p.Version.Bytes = raw.Version, raw.Size
		hashed <- nil
	} else {
		go func() {
			var err error
			p.Version.SHA256, p.Version.Bytes, err = f.Path.Digest(ctx)
			hashed <- err
		}()
	}
	p.Grid, p.Damage, err = f.grid(ctx, raw)
	if herr := <-hashed; err == nil {
		err = herr
	}
	if err == nil {
		err = f.same(ctx, p.Version.Bytes, raw.Info)
	}
	return p, err
}

// same fails where the file is no more what it was.
func (f *File) same(ctx context.Context, bytes int64, was store.Info) error {
	is, err := f.Path.Stat(ctx)
	if err == nil && (is.Version != was.Version || bytes != was.Size) {
		err = errors.New("the file changed while it was read")
	}
	return err
}

// grid makes the grid of the file, which raw reads as it is stored.
func (f *File) grid(ctx context.Context, raw *store.File) (plan grid.Plan, damage string, err error) {
	in, err := format.Named(f.In)
	if err != nil {
		return plan, "", err
	}
	text, err := f.content(ctx)
	if err != nil {
		return plan, "", err
	}
	plan, err = in.Plan(format.Opened{Name: string(f.Given), Format: f.Format, Stored: raw, Size: raw.Size, Text: show(ctx, text)})
	if text.Damage() != nil {
		damage = f.named(text.Damage()).Error()
	}
	if fault.CodeOf(err) == fault.Data && f.Packed {
		err = fault.Dataf("%v; %d records stand before that, which data.damaged: keep uses", err, plan.Records)
	}
	if err = errors.Join(err, text.Close()); err != nil || f.Format.Mender == nil {
		return plan, damage, err
	}
	var src io.ReaderAt = raw
	if f.Packed {
		if text, err = f.content(ctx); err != nil {
			return plan, damage, err
		}
		defer text.Close()
		src = &window{r: text}
	}
	plan, err = csv.PlanRepairs(plan, f.Format, src)
	return plan, damage, err
}
