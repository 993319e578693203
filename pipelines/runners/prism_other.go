//go:build !linux

package runners

// keepLocal can't bind a socket to a device here after it was opened: strangers of the
// network reach a port that does not answer them.
func keepLocal(string) {}
