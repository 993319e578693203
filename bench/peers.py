"""Measure other tools at their defaults on a table of which the folds are given.

    peers.py TABLE TARGET KEY FOLDS

prints a list of {name, mean, sd, cpu_seconds, seconds} as JSON. All learn
log(1 + target); columns of words are given to each as it takes categories.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd


def cpu():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def hist(x):
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=1)


def light(x):
    from lightgbm import LGBMRegressor

    return LGBMRegressor(verbose=-1, random_state=1)


def cat(x):
    from catboost import CatBoostRegressor

    words = [c for c in x.columns if not pd.api.types.is_numeric_dtype(x[c])]
    return CatBoostRegressor(verbose=0, random_seed=1, cat_features=words, allow_writing_files=False)


def table(path, target, key, as_text):
    t = pd.read_csv(path)
    x = t.drop(columns=[target, key])
    for c in x.columns:
        if not pd.api.types.is_numeric_dtype(x[c]):
            x[c] = x[c].fillna("missing").astype(str) if as_text else x[c].astype("category")
    return x, t[target].to_numpy()


def measure(name, make, path, target, key, folds, as_text=False):
    x, y = table(path, target, key, as_text)
    begun, used, errors = time.time(), cpu(), []
    for k in np.unique(folds):
        model = make(x)
        model.fit(x[folds != k], np.log1p(y[folds != k]))
        p = model.predict(x[folds == k])
        errors.append(float(np.sqrt(np.mean((np.log1p(y[folds == k]) - p) ** 2))))
    return {
        "name": name,
        "mean": float(np.mean(errors)),
        "sd": float(np.std(errors, ddof=1)),
        "cpu_seconds": cpu() - used,
        "seconds": time.time() - begun,
    }


def main(path, target, key, folds_path):
    folds = pd.read_csv(folds_path)["fold"].to_numpy()
    print(json.dumps([
        measure("scikit-learn HistGradientBoosting", hist, path, target, key, folds),
        measure("LightGBM", light, path, target, key, folds),
        measure("CatBoost", cat, path, target, key, folds, as_text=True),
    ]))


main(*sys.argv[1:])
