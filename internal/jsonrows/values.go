package jsonrows

import (
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// Values reads records that come one by one, such as the messages of a topic: each is a JSON
// object, and has the number that stands at its place. What is wrong with one of them is in
// the rejects of the batch, and touches no other.
func (r *Reader) Values(values [][]byte, numbers []int64) table.Batch {
	r.Plan.Blocks = []grid.Block{{}}
	rows := r.rows()
	for i, v := range values {
		rows.add(v, numbers[i], 0, -1)
	}
	b := rows.batch(0)
	b.Rows = rows.numbers
	return b
}
