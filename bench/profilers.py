"""Describes the columns of a file with another tool, on two threads, and prints what it took.

Usage: profilers.py TOOL FILE. CPU seconds are those after the tool was imported.
"""

import json
import os
import resource
import sys
import time

tool, path = sys.argv[1], sys.argv[2]
os.environ["POLARS_MAX_THREADS"] = "2"
if tool == "duckdb":
    import duckdb

    duckdb.execute("set threads=2; set enable_progress_bar=false")
else:
    import polars


def used():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


begun, before = time.time(), used()
if tool == "duckdb":
    duckdb.execute("summarize select * from read_csv(?)", [path]).fetchall()
else:
    polars.scan_csv(path, try_parse_dates=True).describe()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps({"Wall": time.time() - begun, "CPU": used() - before, "Peak": peak}))
