"""Find duplicates with other tools, without labels.

    linkage.py FOLDER

prints a list of {table, tool, precision, recall, f1, seconds} as JSON. FOLDER has
dataset1.csv, dataset2.csv and dblp-acm. Blocks and comparisons are set by hand, as
the tools' own guides do for tables of this kind.
"""

import itertools
import json
import logging
import sys
import time
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

PERSON_BLOCKS = ["given_name", "surname", "soc_sec_id", "date_of_birth", "postcode"]


def within(groups):
    """All pairs inside of groups of records."""
    return {tuple(sorted(p)) for g in groups for p in itertools.combinations(g, 2)}


def persons(folder, name):
    df = pd.read_csv(f"{folder}/{name}.csv", skipinitialspace=True, dtype=str)
    return df, within(df.groupby(df.rec_id.str.split("-").str[1]).rec_id.apply(list))


def papers(folder):
    read = lambda n: pd.read_csv(f"{folder}/dblp-acm/{n}.csv", encoding="latin-1", dtype=str)
    a, b, links = read("DBLP2"), read("ACM"), read("DBLP-ACM_perfectMapping")
    for df in (a, b):
        for c in ("title", "authors", "venue"):
            df[c] = df[c].str.lower().str.replace("[^a-z0-9 ]+", " ", regex=True).str.strip()
    return a, b, set(zip(links.idDBLP, links.idACM))


def one_to_one(pairs):
    """The best pairs first, each record once."""
    left, right, out = set(), set(), set()
    for x, y in pairs:
        if x not in left and y not in right:
            left.add(x), right.add(y), out.add((x, y))
    return out


def toolkit_persons(df):
    import recordlinkage as rl

    df = df.set_index("rec_id")
    index = rl.Index()
    for b in PERSON_BLOCKS:
        index.block(b)
    compare = rl.Compare()
    for c in ("given_name", "surname"):
        compare.string(c, c, method="jarowinkler", threshold=0.85)
    compare.string("address_1", "address_1", threshold=0.85)
    for c in ("date_of_birth", "suburb", "state", "soc_sec_id", "postcode"):
        compare.exact(c, c)
    features = compare.compute(index.index(df), df)
    return {tuple(sorted(p)) for p in rl.ECMClassifier(binarize=0.5).fit_predict(features)}


def toolkit_papers(a, b):
    import recordlinkage as rl

    a, b = a.set_index("id"), b.set_index("id")
    index = rl.Index()
    index.block("year")
    compare = rl.Compare()
    for c in ("title", "authors", "venue"):
        compare.string(c, c, method="jarowinkler", threshold=0.85)
    compare.exact("year", "year")
    features = compare.compute(index.index(a, b), a, b)
    return set(rl.ECMClassifier(binarize=0.5).fit_predict(features))


def frame(x):
    return x.as_pandas_dataframe() if hasattr(x, "as_pandas_dataframe") else x.as_pandas()


def splink_persons(df):
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    db = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[block_on(b) for b in PERSON_BLOCKS],
        comparisons=[cl.NameComparison("given_name"), cl.NameComparison("surname"),
                     cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]), cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
                     cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
                     cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
                     cl.JaroWinklerAtThresholds("address_1", [0.9, 0.8]), cl.JaroWinklerAtThresholds("suburb", [0.9, 0.8]), cl.ExactMatch("state")])
    linker = Linker(db.register(df), settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(1e6)
    for b in ("date_of_birth", "soc_sec_id", "postcode"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(b))
    found = linker.inference.predict(threshold_match_probability=0.01)
    clusters = frame(linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold_match_probability=0.9))
    return within(clusters.groupby("cluster_id").rec_id.apply(list))


def splink_papers(a, b):
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    for df in (a, b):
        df["begins"], df["first"], df["last"] = df.title.str[:12], df.authors.str[:8], df.authors.str[-8:]
    db = DuckDBAPI()
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="id",
        blocking_rules_to_generate_predictions=[block_on("begins"), block_on("first"), block_on("last", "year"), block_on("title")],
        comparisons=[cl.JaroWinklerAtThresholds("title", [0.95, 0.88, 0.8]), cl.JaroWinklerAtThresholds("authors", [0.95, 0.88, 0.8]),
                     cl.JaroWinklerAtThresholds("venue", [0.9, 0.7]), cl.ExactMatch("year")])
    linker = Linker([db.register(a), db.register(b)], settings, log_level=40)
    linker.training.estimate_probability_two_random_records_match([block_on("title")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(1e6)
    for c in ("title", "authors"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(c))
    found = frame(linker.inference.predict(threshold_match_probability=0.5)).sort_values("match_weight", ascending=False)
    known = set(a.id)
    return one_to_one((x, y) if x in known else (y, x) for x, y in zip(found.id_l, found.id_r))


def main(folder):
    out = []

    def measure(table, tool, truth, find):
        begun = time.time()
        try:
            found = find()
        except Exception as e:  # a tool that fails is named as such
            out.append({"table": table, "tool": tool, "failed": f"{type(e).__name__}: {e}"[:200]})
            return
        right = len(found & truth)
        out.append({"table": table, "tool": tool, "precision": right / max(1, len(found)), "recall": right / len(truth),
                    "f1": 2 * right / (len(found) + len(truth)), "seconds": time.time() - begun})

    for name in ("dataset1", "dataset2"):
        df, truth = persons(folder, name)
        measure(name, "recordlinkage, ECM", truth, lambda: toolkit_persons(df))
        measure(name, "Splink, clusters at 0.9", truth, lambda: splink_persons(df))
    a, b, truth = papers(folder)
    measure("DBLP-ACM", "recordlinkage, ECM", truth, lambda: toolkit_papers(a, b))
    measure("DBLP-ACM", "Splink at 0.5, then one-to-one", truth, lambda: splink_papers(a, b))
    json.dump(out, sys.stdout)


main(sys.argv[1])
