"""Training of a network, with checkpoints; begin with `job.py`. No metric is computed here."""
