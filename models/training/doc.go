// Package training selects among learners and measures what was selected, so
// that the measure can be believed.
//
// Each candidate is fitted on all folds but one, and predicts that one. The
// weights of the ensemble, and the calibration of probabilities, are learned on
// predictions too; so that they never see the rows they are measured on, each
// candidate is also fitted without each pair of folds (of three folds or more, not dealt
// by time, and where there is something to learn; see pairs): for the held-out fold k,
// weights and calibration are learned from rows of other folds j, predicted by
// models that saw neither j nor k. Intervals are calibrated on the residuals of
// other folds than the one whose coverage is counted.
//
// The work is a list of Items that can be done anywhere, in any order: Items lists
// them, Fit does one, Choose joins the results.
package training
