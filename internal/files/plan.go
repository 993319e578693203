package files

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
)

// Plan implements source.Source.
func (f *File) Plan(ctx context.Context) (source.Plan, error) {
	p, err := f.plan(ctx)
	return p, f.placed(err)
}

// placed brings the name of the file into an error.
func (f *File) placed(err error) error {
	if err != nil && !strings.Contains(err.Error(), string(f.Path)) {
		err = fault.In(string(f.Given), fault.Wrap(err, string(f.Given)))
	}
	return f.named(err)
}

func (f *File) plan(ctx context.Context) (p source.Plan, err error) {
	p.Serial = f.Packed
	raw, err := f.Path.Raw(ctx)
	if err != nil {
		return p, err
	}
	defer raw.Close()
	if p.Version = f.version(raw.Info); !f.found(raw.Info) {
		return p, errChanged
	}
	if p.Grid, p.Damage, err = f.grid(ctx, raw); err == nil {
		err = f.same(ctx, p.Version)
	}
	return p, err
}

// found reports whether the file is still what its format was found of.
func (f *File) found(is store.Info) bool { return f.Found == "" || f.Found == is.Version }

// version is what is known of a version without reading it.
func (f *File) version(is store.Info) source.Version {
	v := source.Version{Token: is.Version, Bytes: is.Size}
	if store.Remote(string(f.Path)) {
		v.Generation = is.Version
	}
	return v
}

var errChanged error = &fault.Fault{Code: fault.Internal, Message: "the file changed while it was read"}

// same fails where the file is no more what it was.
func (f *File) same(ctx context.Context, was source.Version) error {
	is, err := f.Path.Stat(ctx)
	if err == nil && (is.Version != was.Token || is.Size != was.Bytes) {
		err = errChanged
	}
	return err
}

// Digest implements source.Digested: it hashes the file as it is stored. One of a bucket
// is known by its version, and not read again.
func (f *File) Digest(ctx context.Context, v source.Version) (source.Version, error) {
	if v.Generation != "" || v.SHA256 != "" {
		return v, nil
	}
	sum, n, err := f.Path.Digest(ctx)
	if err == nil && n != v.Bytes {
		err = errChanged
	}
	if err == nil {
		err = f.same(ctx, v)
	}
	v.SHA256 = sum
	return v, f.placed(err)
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
	plan, err = in.NewPlan(format.Opened{Name: string(f.Given), Format: f.Format, Stored: raw, Size: raw.Size, Text: show(ctx, text)})
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
		src = &grid.Window{Text: text}
	}
	plan, err = csv.PlanRepairs(plan, f.Format, src)
	return plan, damage, err
}

// Versions tells the versions of the files that arguments name, before they are read.
func Versions(ctx context.Context, args []string) (names []string, versions []source.Version, err error) {
	paths, err := Expand(ctx, args)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range paths {
		var v source.Version
		if store.Remote(string(p)) {
			info, err := p.Stat(ctx)
			if err != nil {
				return nil, nil, err
			}
			v.Generation = info.Version
		} else if v.SHA256, _, err = p.Digest(ctx); err != nil {
			return nil, nil, err
		}
		names, versions = append(names, string(p)), append(versions, v)
	}
	return names, versions, nil
}
