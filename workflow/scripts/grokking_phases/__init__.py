"""Phases of grokking: datasets, models, training, and information-theoretic measures of what a network goes through."""

__version__ = "0.1.0"
