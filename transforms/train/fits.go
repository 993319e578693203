package train

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/models/training"
)

// maxFit bounds a fitted model.
const maxFit = 4 << 30

// fitted does an item, or finds it done: by this run, or by one before it.
func (l *loaded) fitted(ctx context.Context, it training.Item) (r training.Result, found bool, err error) {
	path, err := l.fitPath(it)
	if err != nil {
		return r, false, err
	}
	if r, err = readFit(ctx, path); err == nil {
		r.Item = it
		return r, true, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errDamaged) {
		return r, false, err
	}
	if r, err = training.Fit(it, l.Candidates[it.Candidate], l.data, l.Goal, l.Seed); err != nil {
		return r, false, err
	}
	return r, false, saveFit(ctx, path, r)
}

// fitPath is where the fit of an item is: by all that it depends on, so that nothing else
// is ever taken for it.
func (l *loaded) fitPath(it training.Item) (string, error) {
	dir := l.Fits
	if dir == "" {
		dir = l.Dir
	}
	body, err := json.Marshal(struct {
		Candidate training.Candidate
		Held      []int
	}{l.Candidates[it.Candidate], it.Held})
	if err != nil {
		return "", fmt.Errorf("train: %w", err)
	}
	sum := sha256.Sum256(append([]byte(l.kept), body...))
	return store.Join(dir, "fit."+hex.EncodeToString(sum[:])), nil
}

// fingerprint stands for the rows, the goal, how rows are dealt, and the program.
func (l *loaded) fingerprint() (string, error) {
	own, err := program()
	if err != nil {
		return "", fmt.Errorf("train: %w", err)
	}
	body, err := json.Marshal(struct {
		Goal    training.Goal
		Folds   training.Folds
		Seed    uint64
		Program string
	}{l.Goal, l.data.Folds, l.Seed, own})
	if err != nil {
		return "", fmt.Errorf("train: %w", err)
	}
	h := sha256.New()
	h.Write(body)
	for i := range l.data.Frame.Columns {
		c := &l.data.Frame.Columns[i]
		fmt.Fprintf(h, "%q %d %q %d %d;", c.Name, c.Kind, c.Order, len(c.Num), len(c.Str))
		hashColumn(h, c)
	}
	hashColumn(h, &features.Column{Num: l.data.Y})
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashColumn writes the cells of a column, in pieces.
func hashColumn(h hash.Hash, c *features.Column) {
	const piece = 4096
	buf := make([]byte, 0, 8*piece)
	for from := 0; from < len(c.Num); from += piece {
		buf, _ = binary.Append(buf[:0], binary.LittleEndian, c.Num[from:min(from+piece, len(c.Num))]) // floats can be written
		h.Write(buf)
	}
	for i, s := range c.Str {
		known := byte(1)
		if c.Null[i] {
			known = 0
		}
		buf = append(binary.AppendUvarint(append(buf[:0], known), uint64(len(s))), s...)
		h.Write(buf)
	}
}

// program stands for this build, by the bytes of its file: another one may fit otherwise.
var program = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// errDamaged says that a file is not a fit as it was written.
var errDamaged = errors.New("train: a fit is damaged")

// saveFit writes the result of an item behind its checksum. Another run of the same folder
// may have ended meanwhile, and removed it.
func saveFit(ctx context.Context, path string, r training.Result) error {
	body, err := wire.Encode(r)
	if err != nil {
		return err
	}
	if err := store.MakeDir(store.Dir(path)); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	sum := sha256.Sum256(body)
	return store.WriteFile(ctx, path, append(sum[:], body...), store.Condition{})
}

func readFit(ctx context.Context, path string) (training.Result, error) {
	data, err := store.ReadFile(ctx, path, maxFit)
	if err != nil {
		return training.Result{}, fmt.Errorf("train: %w", err)
	}
	if len(data) < sha256.Size {
		return training.Result{}, errDamaged
	}
	body := data[sha256.Size:]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[:sha256.Size]) {
		return training.Result{}, errDamaged
	}
	return wire.Decode[training.Result](body)
}
