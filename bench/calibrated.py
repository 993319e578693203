"""Hold predicted probabilities against what came true, beside scikit-learn's calibration.

    calibrated.py FOLDER

FOLDER has a folder for each table, with train.csv, held.csv, and predictions.csv of held.csv,
of which the columns p_<label> are probabilities. The target is y. Prints a list of
{table, name, logloss, ece} as JSON, where ece is the expected calibration error: the mean
over the classes of the distance, in ten bins of equally many rows, between the probability
and the share that came true (Guo and others, "On calibration of modern neural networks",
2017, class by class).
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier

warnings.filterwarnings("ignore")


def ece(p, y):
    errors = []
    for k in range(p.shape[1]):
        order = np.argsort(p[:, k], kind="stable")
        bins = np.array_split(order, 10)
        errors.append(sum(abs(p[b, k].mean() - (y[b] == k).mean()) * len(b) for b in bins if len(b)) / len(y))
    return float(np.mean(errors))


def logloss(p, y):
    return float(-np.mean(np.log(np.clip(p[np.arange(len(y)), y], 1e-15, 1))))


def columns(train, held):
    x, z = train.drop(columns="y"), held.drop(columns="y")
    for c in x.columns:
        if not pd.api.types.is_numeric_dtype(x[c]):
            levels = sorted(x[c].dropna().astype(str).str.strip().unique())[:250]
            x[c] = pd.Categorical(x[c].astype(str).str.strip(), categories=levels)
            z[c] = pd.Categorical(z[c].astype(str).str.strip(), categories=levels)
    return x, z


def main():
    out = []
    for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        if not (folder / "predictions.csv").exists():
            continue
        train, held = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "held.csv")
        mine = pd.read_csv(folder / "predictions.csv")
        labels = [c[2:] for c in mine.columns if c.startswith("p_")]
        y = np.array([labels.index(str(v)) for v in held["y"]])
        p = mine[[f"p_{label}" for label in labels]].to_numpy()
        measured = {"beamline": p}
        x, z = columns(train, held)
        for method in ("sigmoid", "isotonic"):
            model = CalibratedClassifierCV(HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=1), method=method, cv=5)
            try:
                model.fit(x, train["y"].astype(str))
            except ValueError:  # too few records of a class for five folds
                measured = {}
                break
            measured[f"CalibratedClassifierCV, {method}"] = model.predict_proba(z)[:, [list(model.classes_).index(v) for v in labels]]
        for name, q in measured.items():
            out.append({"table": folder.name, "name": name, "logloss": logloss(q, y), "ece": ece(q, y)})
    json.dump(out, sys.stdout)


main()
