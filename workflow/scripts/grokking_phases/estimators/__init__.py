"""Mutual information between a layer and a variable: one file an estimator."""
