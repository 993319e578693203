package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
)

// What a block has at most: rows, and about as many bytes.
const (
	blockRows  = 1 << 15
	blockBytes = 4 << 20
)

// Plan implements source.Source.
func (s *Source) Plan(ctx context.Context) (p source.Plan, err error) {
	err = s.reading(ctx, func(tx pgx.Tx) error {
		if p, err = s.plan(ctx, tx); err != nil {
			return err
		}
		p.Version = s.version()
		return nil
	})
	return p, err
}

// reading calls use within a transaction that reads the state of the source.
func (s *Source) reading(ctx context.Context, use func(tx pgx.Tx) error) error {
	conn, err := connect(ctx, s.Place)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tx, err := transaction(ctx, conn, s.Snapshot)
	if err == nil {
		err = use(tx)
	}
	return named(s.Place, err)
}

func (s *Source) plan(ctx context.Context, tx pgx.Tx) (source.Plan, error) {
	if len(s.Order) == 0 {
		return s.planText(ctx, tx)
	}
	return s.planKeys(ctx, tx)
}

// perBlock is how many rows a block of a table has, of about as many rows and bytes.
func perBlock(rows, bytes int64) int64 {
	if rows == 0 || bytes == 0 {
		return blockRows / 4
	}
	return min(max(blockBytes*rows/bytes, 16), blockRows)
}

// onKey has the server find rows by the key, whatever it thinks of its table.
const onKey = "set local enable_seqscan = off; set local enable_bitmapscan = off; set local max_parallel_workers_per_gather = 0"

// planKeys finds the keys at which blocks begin.
func (s *Source) planKeys(ctx context.Context, tx pgx.Tx) (p source.Plan, err error) {
	if s.Order[0].Name == rowPlace {
		err = s.planPlaces(ctx, tx, &p)
	} else {
		err = s.planIndex(ctx, tx, &p)
	}
	p.Grid.Size = s.Bytes
	p.Grid.BlockSize = (s.Bytes + int64(len(p.Grid.Blocks))) / int64(max(len(p.Grid.Blocks), 1))
	return p, err
}

// begin notes that a block begins at a key, with that row.
func begin(p *source.Plan, row int64, key []string) {
	p.Grid.Blocks = append(p.Grid.Blocks, grid.Block{First: row - 1, Row: row, Line: row})
	p.Keys = append(p.Keys, key)
}

// planIndex steps through the index of the key.
func (s *Source) planIndex(ctx context.Context, tx pgx.Tx, p *source.Plan) error {
	if _, err := tx.Exec(ctx, onKey); err != nil {
		return err
	}
	order := strings.Join(s.orderSQL(), ", ")
	texts := make([]string, len(s.Order))
	for i, c := range s.orderSQL() {
		texts[i] = c + "::text"
	}
	next := "select array[" + strings.Join(texts, ", ") + "] from " + s.From + "%s order by " + order + " offset %d limit 1"
	where, skip, row := "", int64(0), int64(1)
	for {
		var key []string
		err := tx.QueryRow(ctx, fmt.Sprintf(next, where, skip)).Scan(&key)
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err != nil {
			return err
		}
		begin(p, row, key)
		row += s.PerBlock
		where, skip = " where ("+order+") > "+s.keySQL(key), s.PerBlock-1
	}
	if len(p.Keys) == 0 {
		return nil
	}
	last := len(p.Keys) - 1
	var rest int64
	err := tx.QueryRow(ctx, "select count(*) from "+s.From+s.condition(*p, last)).Scan(&rest)
	p.Grid.Records = p.Grid.Blocks[last].Row - 1 + rest
	return err
}

// planPlaces counts the rows in the order in which they are stored.
func (s *Source) planPlaces(ctx context.Context, tx pgx.Tx, p *source.Plan) error {
	if _, err := tx.Exec(ctx, "set local max_parallel_workers_per_gather = 0"); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, fmt.Sprintf("select n, k::text from (select q.%s as k, row_number() over () as n from %s) b where (n - 1) %% %d = 0 order by n",
		rowPlace, s.From, s.PerBlock))
	if err != nil {
		return err
	}
	var n int64
	var key string
	_, err = pgx.ForEachRow(rows, []any{&n, &key}, func() error {
		begin(p, n, []string{key})
		return nil
	})
	if err != nil {
		return err
	}
	return tx.QueryRow(ctx, "select count(*) from "+s.From).Scan(&p.Grid.Records)
}

// planText reads the rows once, as they will be read again, and finds the blocks of the
// text that they are.
func (s *Source) planText(ctx context.Context, tx pgx.Tx) (p source.Plan, err error) {
	names := s.Columns()
	h := sha256.New()
	text := s.copied(ctx, tx, s.copySQL(names, "", ""))
	defer text.Close()
	p.Serial = true
	p.Grid, err = csv.NewPlan(io.TeeReader(progress.Reader(ctx, text), h), s.dialect(), grid.BlockSize(1<<40), 0, 1)
	p.Keys = [][]string{{hex.EncodeToString(h.Sum(nil))}}
	return p, err
}

// dialect is that of COPY.
func (s *Source) dialect() csv.Dialect {
	d := csv.Default
	d.Limit = s.Limit
	return d
}

// copySQL is the statement that gives rows as text: those columns, of the rows of a
// condition, in an order.
func (s *Source) copySQL(columns []string, where, order string) string {
	var out []string
	for _, c := range columns {
		for _, f := range s.Fields {
			if f.Name == c {
				out = append(out, f.SQL)
			}
		}
	}
	if len(out) < 2 {
		out = append(out, "true") // the line of one empty cell could be no record
	}
	return "copy (select " + strings.Join(out, ", ") + " from " + s.From + where + order + ") to stdout (format csv)"
}

// held are the columns of a list that the source has.
func (s *Source) held(columns []string) (out []string) {
	for _, c := range columns {
		for _, f := range s.Fields {
			if f.Name == c {
				out = append(out, c)
			}
		}
	}
	return out
}

// condition is what the rows of a block have.
func (s *Source) condition(p source.Plan, block int) string {
	order := "(" + strings.Join(s.orderSQL(), ", ") + ")"
	where := " where " + order + " >= " + s.keySQL(p.Keys[block])
	if block+1 < len(p.Keys) {
		where += " and " + order + " < " + s.keySQL(p.Keys[block+1])
	}
	return where
}

// copied is the text that a statement gives, while it does.
func (s *Source) copied(ctx context.Context, tx pgx.Tx, sql string) *copying {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	c := &copying{PipeReader: r, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		var err error
		if _, err = tx.Conn().PgConn().CopyTo(ctx, w, sql); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			c.fault = err
		}
		w.CloseWithError(err)
	}()
	return c
}

// copying is a COPY under way.
type copying struct {
	*io.PipeReader
	cancel context.CancelFunc
	done   chan struct{}
	fault  error // why it ended, once it is closed
}

// Close ends the COPY.
func (c *copying) Close() error {
	c.PipeReader.Close()
	c.cancel()
	<-c.done
	return nil
}

// maxBlock bounds the text of one block, in bytes.
const maxBlock = 1 << 30

// limited is a text in memory, up to a limit.
type limited struct {
	bytes.Buffer
	name string
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxBlock {
		return 0, fmt.Errorf("%s: the rows of one block have more than %d bytes; analyze the table, so that the server knows how wide they are", l.name, maxBlock)
	}
	return l.Buffer.Write(p)
}
