"""A network of scikit-learn, whose activations one saves by oneself: no torch, no Recorder."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X, y, X_test, y_test = X[:500] / 16, y[:500], X[500:] / 16, y[500:]
folder, curves = Path("saved"), []
folder.mkdir(exist_ok=True)
np.save(folder / "y.npy", y)
network = MLPClassifier([32], learning_rate_init=0.002, random_state=0)
for step in range(101):
    network.partial_fit(X, y, classes=range(10))
    if step % 5 == 0:
        hidden = np.maximum(X @ network.coefs_[0] + network.intercepts_[0], 0)
        np.savez(folder / f"step_{step}.npz", hidden=hidden)
        row = {
            "step": step,
            "train_accuracy": network.score(X, y),
            "test_accuracy": network.score(X_test, y_test),
        }
        row["train_loss"] = log_loss(y, network.predict_proba(X))
        row["test_loss"] = log_loss(y_test, network.predict_proba(X_test))
        curves.append(row)
pd.DataFrame(curves).to_csv(folder / "curves.csv", index=False)
