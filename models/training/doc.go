// Package training selects among learners and measures what was selected, so
// that the measure can be believed.
//
// Each candidate is fitted on all folds but one, and predicts that one. The
// weights of the ensemble, and the calibration of probabilities, are learned on these
// predictions too, for each fold from those of the other folds. The models that made
// them saw the fold's rows, the handful of numbers that is learned from them did not; to
// fit each candidate without each pair of folds as well, which keeps both away, takes
// three times the fits and was no nearer to the truth where both were tried
// (docs/decisions). Intervals are calibrated on the residuals of other folds than the one
// whose coverage is counted.
//
// The work is a list of Items that can be done anywhere, in any order: Items lists
// them, Fit does one, Choose joins the results.
package training
