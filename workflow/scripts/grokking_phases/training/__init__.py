"""Training a network, with checkpoints; knows no metric."""
