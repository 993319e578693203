"""Trains boosted trees with another tool, one thread, and prints the CPU seconds of that and of
predicting the held rows, and the AUC.

Usage: trees.py TOOL DATA COLUMNS ROUNDS, where DATA.learn and DATA.held hold rows of
COLUMNS floats and a target."""

import json
import resource
import sys

import numpy as np
from sklearn.metrics import roc_auc_score

tool, data, columns, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def read(name):
    rows = np.fromfile(name, dtype=np.float32).reshape(-1, columns + 1)
    return np.ascontiguousarray(rows[:, :-1]), rows[:, -1]


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


x, y = read(data + ".learn")
hx, hy = read(data + ".held")

if tool.startswith("lightgbm"):
    import lightgbm

    settings = {"objective": "binary", "num_leaves": 255, "learning_rate": 0.1, "max_bin": 255, "num_threads": 1,
                "min_data_in_leaf": 20, "lambda_l2": 1.0, "verbosity": -1}
    if tool.endswith("quantised"):
        settings |= {"use_quantized_grad": True, "quant_train_renew_leaf": True}
    before = cpu()
    model = lightgbm.train(settings, lightgbm.Dataset(x, y), rounds)
    took, before = cpu() - before, cpu()
    p = model.predict(hx, num_threads=1)
elif tool == "xgboost":
    import xgboost

    settings = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 255, "max_depth": 0,
                "learning_rate": 0.1, "max_bin": 255, "nthread": 1, "lambda": 1.0, "verbosity": 0}
    before = cpu()
    model = xgboost.train(settings, xgboost.QuantileDMatrix(x, y, nthread=1, max_bin=255), rounds)
    took, before = cpu() - before, cpu()
    p = model.inplace_predict(hx)
else:
    import catboost

    model = catboost.CatBoostClassifier(iterations=rounds, learning_rate=0.1, grow_policy="Lossguide", max_leaves=255, depth=16, border_count=254,
                                        thread_count=1, min_data_in_leaf=20, l2_leaf_reg=1.0, bootstrap_type="No", boosting_type="Plain",
                                        verbose=False, allow_writing_files=False)
    before = cpu()
    model.fit(x, y)
    took, before = cpu() - before, cpu()
    p = model.predict_proba(hx, thread_count=1)[:, 1]

predicted = cpu() - before
print(json.dumps({"Seconds": took, "Predict": predicted, "AUC": roc_auc_score(hy, p)}))
