package postgres

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/table"
)

// Open implements source.Source.
func (s *Source) Open(ctx context.Context, p source.Plan, w source.Wanted) (source.Blocks, error) {
	if p.Version.Token != s.version().Token {
		return nil, s.errOther()
	}
	b := &blocks{Source: s, plan: p, wanted: w}
	if len(s.Order) == 0 {
		return &textBlocks{blocks: b}, nil
	}
	return b, nil
}

// blocks reads blocks by their keys.
type blocks struct {
	*Source
	plan   source.Plan
	wanted source.Wanted

	conn *pgx.Conn // nil before the first block, and after a fault
	tx   pgx.Tx
	text limited
	read over // nil before the first block
}

// over is a reader of one text after the other.
type over interface {
	grid.Reader
	Over(grid.Plan)
}

// Read implements source.Blocks. Where the connection is lost another one reads the block.
func (b *blocks) Read(ctx context.Context, block int) (batch table.Batch, err error) {
	for try := 1; ; try++ {
		if err = b.fetch(ctx, block); err == nil {
			return b.parse(block)
		}
		b.drop()
		if try == tries || !passing(err) || ctx.Err() != nil {
			return batch, named(b.Place, err)
		}
	}
}

// ready begins to read the state of the source.
func (b *blocks) ready(ctx context.Context) (err error) {
	if b.conn != nil {
		return nil
	}
	if b.conn, err = connect(ctx, b.Place); err != nil {
		b.conn = nil
		return err
	}
	if b.tx, err = transaction(ctx, b.conn, b.Snapshot); err != nil {
		return err
	}
	_, err = b.tx.Exec(ctx, onKey)
	return err
}

// fetch reads the text of a block.
func (b *blocks) fetch(ctx context.Context, block int) error {
	if err := b.ready(ctx); err != nil {
		return err
	}
	b.text.Reset()
	b.text.name = b.Given
	sql := b.copySQL(b.wanted.Columns, b.condition(b.plan, block), " order by "+strings.Join(b.orderSQL(), ", "))
	_, err := b.tx.Conn().PgConn().CopyTo(ctx, &b.text, sql)
	return err
}

// parse makes a batch of the text of a block.
func (b *blocks) parse(block int) (table.Batch, error) {
	at := b.plan.Grid.Blocks[block]
	size := int64(b.text.Len())
	whole := grid.Plan{Size: size, BlockSize: max(size, 1), Blocks: []grid.Block{{Row: at.Row, Line: at.Line}}}
	if b.read == nil {
		reader, err := b.reader(whole)
		if err != nil {
			return table.Batch{}, err
		}
		b.read = reader.(over)
	}
	b.read.Over(whole)
	batch, err := b.read.Block(bytes.NewReader(b.text.Bytes()), 0)
	if err != nil {
		return batch, fmt.Errorf("%s: %w", b.Given, err)
	}
	batch.Sequence = int64(block)
	return batch, b.check(batch, block)
}

// check holds what came to what was planned.
func (b *blocks) check(batch table.Batch, block int) error {
	last := b.plan.Grid.Records
	if block+1 < len(b.plan.Grid.Blocks) {
		last = b.plan.Grid.Blocks[block+1].Row - 1
	}
	want, got := last-b.plan.Grid.Blocks[block].Row+1, int64(batch.Len()+len(batch.Rejects))
	if want != got {
		return fmt.Errorf("%s: block %d has %d rows, and %d when it was planned; the database gave no snapshot", b.Given, block, got, want)
	}
	return nil
}

// reader reads text of COPY in a grid.
func (b *blocks) reader(g grid.Plan) (grid.Reader, error) {
	names := b.held(b.wanted.Columns)
	if len(b.Order) == 0 {
		names = b.Columns()
	}
	f := csv.Format{Dialect: b.dialect(), Line: 1, Names: names}
	if len(names) < 2 {
		f.Names = append(names, "\x00") // the column that copySQL adds
	}
	return format.DelimitedIn.Open(format.Reading{Source: b.Given, Input: b.wanted.Input, Format: f, Grid: g, Columns: b.wanted.Columns,
		Typed: b.wanted.Typed, Key: b.wanted.Key})
}

// drop gives the connection up.
func (b *blocks) drop() {
	if b.conn != nil {
		b.conn.Close(context.Background())
	}
	b.conn, b.tx = nil, nil
}

// Close implements source.Blocks.
func (b *blocks) Close() error {
	b.drop()
	return nil
}

// textBlocks reads blocks in their order, from one statement.
type textBlocks struct {
	*blocks
	rows   *copying
	hash   hash.Hash
	reader grid.Reader
	window *grid.Window
}

// Read implements source.Blocks.
func (t *textBlocks) Read(ctx context.Context, block int) (batch table.Batch, err error) {
	if t.rows == nil {
		if err := t.begin(ctx); err != nil {
			return batch, named(t.Place, err)
		}
	}
	batch, err = t.reader.Block(t.window, block)
	if classOf(err) == "" && (err != nil || block == len(t.plan.Grid.Blocks)-1) {
		err = t.end(ctx)
	}
	if err != nil {
		err = named(t.Place, fmt.Errorf("%s: %w", t.Given, err))
	}
	return batch, err
}

// begin runs the statement.
func (t *textBlocks) begin(ctx context.Context) (err error) {
	if t.conn, err = connect(ctx, t.Place); err != nil {
		t.conn = nil
		return err
	}
	if t.tx, err = transaction(ctx, t.conn, t.Snapshot); err != nil {
		return err
	}
	if t.reader, err = t.blocks.reader(t.plan.Grid); err != nil {
		return err
	}
	t.rows, t.hash = t.copied(ctx, t.tx, t.copySQL(t.Columns(), "", "")), sha256.New()
	t.window = &grid.Window{Text: io.TeeReader(t.rows, t.hash)}
	return nil
}

// end says how the rows came to their end.
func (t *textBlocks) end(ctx context.Context) error {
	if err := t.same(); err != nil {
		t.rows.Close()
		return cmp.Or(ctx.Err(), t.rows.fault, err)
	}
	return nil
}

// same fails where the rows are not those that were planned: a query that names no order
// may give its rows in another one each time.
func (t *textBlocks) same() error {
	rest := make([]byte, 1)
	if n, err := t.window.ReadAt(rest, t.plan.Grid.Size); n > 0 || err != io.EOF || hex.EncodeToString(t.hash.Sum(nil)) != t.plan.Keys[0][0] {
		return errors.New("the query gave other rows, or another order, when it was run again; end it with an order by")
	}
	return nil
}

// Close implements source.Blocks.
func (t *textBlocks) Close() error {
	if t.rows != nil {
		t.rows.Close()
	}
	return t.blocks.Close()
}
