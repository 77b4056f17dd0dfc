"""Phases of grokking: datasets, models, training, and information-theoretic measures of the layers."""

__version__ = "0.1.0"
