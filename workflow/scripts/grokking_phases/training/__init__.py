"""Training a network, with checkpoints; begin with `job.py`. No metric is known here."""
