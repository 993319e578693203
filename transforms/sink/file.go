package sink

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file aside and moves it to its name, so that it is there
// as a whole or not at all.
func WriteFile(path string, data []byte) error {
	err := writeAside(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	return nil
}

// writeAside writes a file under another name and then moves it to path, so that
// it is there as a whole or not at all.
func writeAside(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	err = write(struct{ io.Writer }{tmp}) // a writer that can be closed would be
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
