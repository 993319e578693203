"""Read a table with another tool, and print what that took as JSON.

    readers.py TOOL PATH TYPES THREADS stream|keep

    readers.py write CSV PARQUET

TYPES is NAME:TYPE,... in the order of the columns. The table is read twice, and the
second time is measured; the aggregates are those of bench/reading.go, over at most
eight columns that are not categorical.
"""

import json
import math
import os
import resource
import sys
import time

if sys.argv[1] == "write":
    import duckdb

    duckdb.execute(f"copy (from read_csv('{sys.argv[2]}')) to '{sys.argv[3]}' (format parquet)")
    sys.exit()
tool, path, types, threads, keep = sys.argv[1:]
threads, keep = int(threads), keep == "keep"
os.environ["POLARS_MAX_THREADS"] = str(threads)
columns = [c.split(":") for c in types.split(",")]
measured = [c for c in columns if c[1] != "categorical"][:8]


def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def number(x):
    """What reading.go has: days, microseconds, counts."""
    import datetime

    if isinstance(x, datetime.datetime):
        return (x - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
    if isinstance(x, datetime.date):
        return (x - datetime.date(1970, 1, 1)).days
    return x


def with_pyarrow():
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    pa.set_cpu_count(threads)
    kinds = {"int64": pa.int64(), "float64": pa.float64(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
             "categorical": pa.dictionary(pa.int32(), pa.string()), "string": pa.string(), "bool": pa.bool_()}
    convert = csv.ConvertOptions(column_types={n: kinds[t] for n, t in columns}, null_values=[""], strings_can_be_null=False)
    read, parse = csv.ReadOptions(use_threads=threads > 1), csv.ParseOptions(newlines_in_values=True)

    def aggregate(c, t):
        if t == "float64":
            return pc.count(c).as_py(), pc.sum(c).as_py() or 0, pc.sum(pc.multiply(c, c)).as_py() or 0
        if t in ("date", "timestamp"):
            return pc.max(c).as_py()
        if t == "string":
            return pc.sum(pc.binary_length(c)).as_py()
        return pc.sum(c).as_py() or 0

    if keep:
        table = csv.read_csv(path, read, parse, convert)
        rows, parts = table.num_rows, [[aggregate(table[n], t) for n, t in measured]]
    else:
        rows, parts = 0, []
        for batch in csv.open_csv(path, read, parse, convert):
            rows += batch.num_rows
            parts.append([aggregate(batch.column(n), t) for n, t in measured])
    out = []
    for i, (_, t) in enumerate(measured):
        values = [p[i] for p in parts if p[i] is not None]
        if t == "float64":
            n, s, q = (sum(v[k] for v in values) for k in range(3))
            out.append(math.sqrt((q - s * s / n) / (n - 1)))
        else:
            out.append(max(values) if t in ("date", "timestamp") else sum(values))
    return rows, out


def with_duckdb():
    import duckdb

    kinds = {"int64": "BIGINT", "float64": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP", "categorical": "VARCHAR", "string": "VARCHAR", "bool": "BOOLEAN"}
    connection = duckdb.connect()
    connection.execute(f"set threads={threads}")
    if path.endswith(".parquet"):
        source = f"'{path}'"
    else:
        source = f"read_csv('{path}', header=true, columns={json.dumps({n: kinds[t] for n, t in columns})})"
    if keep:
        connection.execute(f"create table kept as select * from {source}")
        source = "kept"
    how = {"int64": "sum({})", "float64": "stddev({})", "date": "max({})", "timestamp": "max({})", "string": "sum(octet_length(encode({})))", "bool": "count(*) filter (where {})"}
    row = connection.execute("select count(*), " + ", ".join(how[t].format(f'"{n}"') for n, t in measured) + f" from {source}").fetchone()
    return row[0], list(row[1:])


def with_polars():
    import polars as pl

    kinds = {"int64": pl.Int64, "float64": pl.Float64, "date": pl.Date, "timestamp": pl.Datetime("us"), "categorical": pl.Categorical, "string": pl.String, "bool": pl.Boolean}
    table = pl.scan_csv(path, schema={n: kinds[t] for n, t in columns})
    if keep:
        table = table.collect().lazy()
    how = {"int64": lambda c: c.sum(), "float64": lambda c: c.std(), "date": lambda c: c.max(), "timestamp": lambda c: c.max(),
           "string": lambda c: c.str.len_bytes().sum(), "bool": lambda c: c.sum()}
    row = table.select([pl.len().alias("rows")] + [how[t](pl.col(n)).alias(n) for n, t in measured]).collect(engine="streaming").row(0)
    return row[0], list(row[1:])


read = {"pyarrow": with_pyarrow, "duckdb": with_duckdb, "polars": with_polars}[tool]
for _ in range(2):
    begun, used = time.time(), cpu()
    rows, sums = read()
    took = {"Wall": time.time() - begun, "CPU": cpu() - used}
print(json.dumps({**took, "Peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, "Rows": rows, "Sums": [float(number(x)) for x in sums]}))
