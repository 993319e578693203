// Package e2e tests the built binary against real programs. It is a module of
// its own, so that what the tests need stays out of beamline's. "make test-e2e"
// builds the binary and runs them; each skips where its program is not there.
package e2e
