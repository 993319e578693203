//go:build !unix

package outdir

import "os"

// lock does nothing here.
func lock(string) (*os.File, error) { return nil, nil }

// abandoned can't be told here.
func abandoned(string) bool { return false }
