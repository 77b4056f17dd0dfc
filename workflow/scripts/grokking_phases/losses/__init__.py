"""Losses, one a file: `loss(logits, targets)` returns the sum over a batch's samples."""
