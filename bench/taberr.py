"""Put errors into right tables with tab-err, a generator that is not ours.

    taberr.py FOLDER OUT

FOLDER has the tables of BEAMLINE_DATA. Writes OUT/KIND/RATE/TABLE/dirty.csv and
clean.csv, aligned by row. Each column has a seed of its own: with one seed tab-err
hits the same rows in all of them.
"""

import re
import sys
import warnings
from pathlib import Path

import pandas as pd
from tab_err.api import low_level
from tab_err.error_mechanism import ECAR
from tab_err.error_type import CategorySwap, Extraneous, Outlier, Permutate, Typo, WrongUnit

warnings.filterwarnings("ignore")

ADULT = ("age,workclass,fnlwgt,education,education_num,marital,occupation,relationship,race,sex,"
         "gain,loss,hours,country,income").split(",")
TABLES = {
    "hospital": ("dirty/hospital/clean.csv", {}),
    "beers": ("dirty/beers/clean.csv", {}),
    "titanic": ("tabular/titanic_train.csv", {}),
    "penguins": ("tabular/penguins.csv", {}),
    "adult": ("tabular/adult_train.csv", {"header": None, "names": ADULT, "skipinitialspace": True, "nrows": 10000}),
    "diamonds": ("tabular/diamonds.csv", {"nrows": 10000}),
    "taxi": ("geo/nyc_taxi.csv", {}),
}
RATES = ["0.01", "0.05", "0.20"]
ABSENT = {"", "NA", "?"}
NUMBER = re.compile(r"-?\d+(\.\d+)?(e\d+)?")


def numeric(column):
    present = column[~column.isin(ABSENT)]
    return len(present) > 0 and present.map(lambda c: bool(NUMBER.fullmatch(c))).all()


def written(number, like):
    """A number as the cells of its column are written."""
    if float(number).is_integer():
        return f"{number:.1f}" if like.str.endswith(".0").any() else str(int(number))
    return repr(round(float(number), 12))


def spoil(column, kind, rate, seed):
    """The column with errors, or None where the kind can't be there."""
    present = ~column.isin(ABSENT)
    if kind == "outlier":
        if not numeric(column):
            return None
        numbers = pd.DataFrame({"c": pd.to_numeric(column[present])}).reset_index()
        out, mask = low_level.create_errors(numbers[["c"]].copy(), "c", rate, ECAR(seed=seed), Outlier(seed=seed))
        digits = column[present].map(lambda c: len(c.partition(".")[2])).max()
        dirty = column.copy()
        for row, value in zip(numbers["index"][mask["c"]], out["c"][mask["c"]]):
            dirty[row] = written(round(float(value), digits), column)
        return dirty
    if kind == "unit":
        if not numeric(column):
            return None
        numbers = pd.DataFrame({"c": column[present].astype(float)}).reset_index()
        out, mask = low_level.create_errors(numbers[["c"]].copy(), "c", rate, ECAR(seed=seed), WrongUnit({"wrong_unit_scaling": lambda x: x * 1000}, seed=seed))
        hit = mask["c"] & (out["c"] != numbers["c"])
        dirty = column.copy()
        for row, value in zip(numbers["index"][hit], out["c"][hit]):
            dirty[row] = written(value, column)
        return dirty
    if kind == "swap":
        if not 2 <= column[present].nunique() <= 50:
            return None
        frame, error = pd.DataFrame({"c": column[present].astype("category")}).reset_index(), CategorySwap(seed=seed)
    elif kind == "permutation":
        best = max(" -,/_", key=lambda s: column.str.contains(s, regex=False).sum())
        usable = column.str.contains(best, regex=False) & column.map(lambda c: len(set(c.split(best))) > 1)
        if numeric(column) or usable.mean() < 0.2:
            return None
        frame, error = pd.DataFrame({"c": column[usable]}).reset_index(), Permutate({"permutation_separator": best}, seed=seed)
    else:
        if kind == "typo" and numeric(column):
            return None
        frame, error = pd.DataFrame({"c": column[present]}).reset_index(), (Typo if kind == "typo" else Extraneous)(seed=seed)
    out, mask = low_level.create_errors(frame[["c"]].copy(), "c", rate, ECAR(seed=seed), error)
    dirty = column.copy()
    dirty[frame["index"][mask["c"]]] = out["c"][mask["c"]].astype(str).values
    return dirty


def main(folder, to):
    for table, (path, options) in TABLES.items():
        clean = pd.read_csv(Path(folder) / path, dtype=str, keep_default_na=False, **options)
        for kind in ["typo", "extraneous", "unit", "permutation", "swap", "outlier"]:
            for rate in RATES:
                dirty = clean.copy()
                for i, name in enumerate(clean.columns):
                    spoiled = spoil(clean[name], kind, float(rate), i + 1)
                    if spoiled is not None:
                        dirty[name] = spoiled
                if dirty.equals(clean):
                    continue
                out = Path(to) / kind / rate / table
                out.mkdir(parents=True)
                clean.to_csv(out / "clean.csv", index=False)
                dirty.to_csv(out / "dirty.csv", index=False)


main(sys.argv[1], sys.argv[2])
