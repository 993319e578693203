package trees

// descent is a tree that was just grown, as rows in bins walk down it.
type descent struct {
	nodes []stair
	leaf  []int32 // the number of the leaf at a node
}

// stair is a node: where its plane begins among all records, and a word that holds, from the
// lowest bits on, the byte of a record, what is taken from a bin so that missing values stand
// in front of the others, how much a bin lacks then to be above the cut (255 less the cut),
// and where the left node is. A bin that is above carries into the last one, as in a walker.
// A leaf leads to itself, and asks for nothing.
type stair struct {
	word  uint64
	plane int
}

// Where the parts of a stair's word begin.
const (
	minusAt = 8
	lackAt  = 16
	leftAt  = 24
)

// follow takes over a tree of a grower, for rows in its bins.
func (d *descent) follow(g *grower, tree int, rows planes) {
	d.nodes, d.leaf = d.nodes[:0], d.leaf[:0]
	root, end := g.out.Roots[tree], len(g.out.Nodes)
	if tree+1 < len(g.out.Roots) {
		end = int(g.out.Roots[tree+1])
	}
	for i, n := range g.out.Nodes[root:end] {
		if n.Left < 0 {
			d.nodes, d.leaf = append(d.nodes, stair{word: uint64(i) << leftAt}), append(d.leaf, ^n.Left)
			continue
		}
		c, minus := &g.where[int(root)+i], uint8(0)
		if c.other {
			minus = c.missing
		}
		d.nodes = append(d.nodes, stair{
			word:  uint64(n.Left-root)<<leftAt | uint64(255-(c.bin-minus))<<lackAt | uint64(minus)<<minusAt | uint64(c.lane.at),
			plane: c.lane.plane * len(rows[0]),
		})
		d.leaf = append(d.leaf, 0)
	}
}

// leaves writes the number of the leaf that each of some rows falls into, four at a time.
func (d *descent) leaves(rows planes, ids, out []int32) {
	out = out[:len(ids)]
	if len(d.nodes) == 1 { // also where there are no columns
		for i := range out {
			out[i] = d.leaf[0]
		}
		return
	}
	all := rows.all()
	for len(ids) > 0 {
		var some [4]int32
		n := copy(some[:], ids)
		d.down(all, &some)
		copy(out[:n], some[:])
		ids, out = ids[n:], out[n:]
	}
}

// down has four rows walk down, each to its leaf.
//
//go:noinline
func (d *descent) down(all []record, at *[4]int32) {
	nodes := d.nodes
	w, x, y, z := int(at[0]), int(at[1]), int(at[2]), int(at[3])
	var i, j, k, l uint64
	for on := uint64(1); on&(1<<leftAt-1) != 0; {
		n := &nodes[i]
		on = n.word
		i = n.next(&all[n.plane+w])
		n = &nodes[j]
		on |= n.word
		j = n.next(&all[n.plane+x])
		n = &nodes[k]
		on |= n.word
		k = n.next(&all[n.plane+y])
		n = &nodes[l]
		on |= n.word
		l = n.next(&all[n.plane+z])
	}
	at[0], at[1], at[2], at[3] = d.leaf[i], d.leaf[j], d.leaf[k], d.leaf[l]
}

// next is where a row goes.
func (s *stair) next(r *record) uint64 {
	n := s.word
	return (n>>lackAt + uint64(r[n&31]-uint8(n>>minusAt))) >> (leftAt - lackAt)
}
