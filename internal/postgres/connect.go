package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/retry"
)

// How often a server is asked that can't be reached, and how long the first wait is; each
// later one is twice as long.
const (
	tries     = 4
	firstWait = 200 * time.Millisecond
)

// connect opens a connection. What is wrong with the address is the user's fault.
func connect(ctx context.Context, p place.Place) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(p.Address)
	if err != nil {
		return nil, fault.Usagef("%s: %v", place.Shown(p.Address), err)
	}
	secret, err := p.Secret.Read()
	if err != nil {
		return nil, err
	}
	if secret != "" {
		config.Password = secret
	}
	// Poolers keep no prepared statements.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "beamline"
	}
	var conn *pgx.Conn
	err = retry.Do(ctx, tries, firstWait, func() (again bool, err error) {
		conn, err = pgx.ConnectConfig(ctx, config)
		return passing(err) && ctx.Err() == nil, err
	})
	if err != nil {
		return nil, named(p, err)
	}
	return conn, nil
}

// classes of errors of the server, by the beginning of their code; see appendix A of the
// manual of PostgreSQL.
const (
	badAuthorization = "28"
	noSuchDatabase   = "3D"
	badSyntax        = "42" // or a name that is not there, or a right that is missing
	badData          = "22"
	badInsert        = "23" // against a constraint
	cantStart        = "57"
	noResources      = "53"
	noConnection     = "08"
	rolledBack       = "40"
)

func classOf(err error) string {
	var x *pgconn.PgError
	if errors.As(err, &x) && len(x.Code) == 5 {
		return x.Code[:2]
	}
	return ""
}

// passing reports whether trying again may help: the server starts, is full, or is gone.
func passing(err error) bool {
	switch class := classOf(err); class {
	case cantStart, noResources, noConnection, rolledBack:
		return true
	case "":
		var lookup *net.DNSError
		if errors.As(err, &lookup) {
			return lookup.IsTemporary
		}
		return !errors.Is(err, context.Canceled)
	}
	return false
}

// named brings the address into an error. What the user can mend is the user's fault.
func named(p place.Place, err error) error {
	if err == nil || fault.Is(err) {
		return err
	}
	switch classOf(err) {
	case badAuthorization, noSuchDatabase, badSyntax:
		return fault.Usagef("%s: %s", place.Shown(p.Address), brief(err))
	case badData, badInsert:
		return fault.Dataf("%s: %s", place.Shown(p.Address), brief(err))
	}
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) { // it names each address that was tried, in a line of its own
		lines := strings.Split(err.Error(), "\n")
		return fmt.Errorf("%s: the server can't be reached: %s", place.Shown(p.Address), strings.TrimSpace(lines[len(lines)-1]))
	}
	return fmt.Errorf("%s: %w", place.Shown(p.Address), err)
}

// brief is what the server says, with where it is and what it hints.
func brief(err error) string {
	var x *pgconn.PgError
	if !errors.As(err, &x) {
		return err.Error()
	}
	text := x.Message
	if x.Detail != "" {
		text += ": " + x.Detail
	}
	if x.Hint != "" {
		text += " (" + x.Hint + ")"
	}
	return text
}

// settings make the texts of values the same wherever they are read.
const settings = `set local datestyle = 'ISO'; set local timezone = 'UTC'; set local intervalstyle = 'iso_8601';
set local bytea_output = 'hex'; set local extra_float_digits = 1; set local client_encoding = 'UTF8';
set local standard_conforming_strings = on; set local synchronize_seqscans = off; set local lock_timeout = '30s';`

// transaction begins to read, in a snapshot if there is one.
func transaction(ctx context.Context, conn *pgx.Conn, snapshot string) (pgx.Tx, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	if snapshot != "" {
		if _, err := tx.Exec(ctx, "set transaction snapshot "+place.Literal(snapshot)); err != nil {
			tx.Rollback(ctx)
			return nil, fmt.Errorf("the table was to be read as it was when the job began: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, settings); err != nil {
		tx.Rollback(ctx)
		return nil, err
	}
	return tx, nil
}
