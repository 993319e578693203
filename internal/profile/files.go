package profile

import (
	"maps"
	"slices"
)

// maxFiles bounds the files of which it is known what the cells of a column are.
const maxFiles = 1000

// Kinds counts the cells of a column in one file by what they are.
type Kinds struct{ Filled, Ints, Numbers, Dates, Bools int64 }

// kinds is what the column has counted.
func (c *Column) kinds() Kinds { return Kinds{c.filled(), c.Ints, c.Numbers, c.Dates, c.Bools} }

func (k Kinds) plus(o Kinds) Kinds {
	return Kinds{k.Filled + o.Filled, k.Ints + o.Ints, k.Numbers + o.Numbers, k.Dates + o.Dates, k.Bools + o.Bools}
}

func (k Kinds) minus(o Kinds) Kinds {
	return Kinds{k.Filled - o.Filled, k.Ints - o.Ints, k.Numbers - o.Numbers, k.Dates - o.Dates, k.Bools - o.Bools}
}

// name says what all of the cells are, for a person.
func (k Kinds) name() string {
	switch k.Filled {
	case 0:
		return ""
	case k.Ints:
		return "whole numbers"
	case k.Numbers:
		return "numbers"
	case k.Dates:
		return "dates"
	case k.Bools:
		return "true and false"
	}
	return "text"
}

// inFile notes what the column has counted since before as cells of a file.
func (c *Column) inFile(file int, before Kinds) {
	if file >= maxFiles {
		return
	}
	if c.Files == nil {
		c.Files = map[int]Kinds{}
	}
	c.Files[file] = c.Files[file].plus(c.kinds().minus(before))
}

// Changes says of which kind the cells of the column are in different files: the
// kinds in the order of their first files, and those files. It is empty where all
// files are alike.
func (c *Column) Changes() (names []string, files []int) {
	for _, file := range slices.Sorted(maps.Keys(c.Files)) {
		if name := c.Files[file].name(); name != "" && !slices.Contains(names, name) {
			names, files = append(names, name), append(files, file)
		}
	}
	if len(names) < 2 {
		return nil, nil
	}
	return names, files
}
