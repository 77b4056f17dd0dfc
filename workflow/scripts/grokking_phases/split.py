"""The division into train and test: the first int(f N) entries of a seeded permutation are the train set.

`torch.randperm` after `torch.manual_seed`, as in the emergence paper's code, so that its split can be had exactly.
"""

from dataclasses import replace

import numpy as np
import torch

from grokking_phases.examples import Examples


def split(examples: Examples, train_fraction: float, seed: int) -> Examples:
    """The examples with `train` drawn; raises ValueError when either side would be empty."""
    n_train = int(train_fraction * len(examples))
    if not 0 < n_train < len(examples):
        raise ValueError(f"train_fraction = {train_fraction} of {len(examples)} examples leaves train or test empty")
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed)).numpy()
    train = np.zeros(len(examples), dtype=bool)
    train[order[:n_train]] = True
    return replace(examples, train=train)
