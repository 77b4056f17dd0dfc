"""Losses, one a file: `loss(logits, targets)` returns the sum over a batch's samples.

The logits have the recipe's `loss_dtype`, and the sum has it too.
"""
