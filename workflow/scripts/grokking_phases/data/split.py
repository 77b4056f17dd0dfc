"""The division into train and test: the first int(f N) entries of a seeded permutation are the train set.

The permutation is `torch.randperm(N)` after `torch.manual_seed(seed)`, as in the emergence paper's code, so that its
split can be had exactly; drawn here from NumPy's generator of the same kind, for torch takes seconds to import.
"""

from dataclasses import replace

import numpy as np

from grokking_phases.examples import Examples


def split(examples: Examples, train_fraction: float, seed: int) -> Examples:
    """The examples with `train` drawn; raises ValueError when either side would be empty."""
    n_train = int(train_fraction * len(examples))
    if not 0 < n_train < len(examples):
        raise ValueError(
            f"train_fraction = {train_fraction} of {len(examples)} examples leaves train or test empty"
        )
    train = np.zeros(len(examples), dtype=bool)
    train[randperm(len(examples), seed)[:n_train]] = True
    return replace(examples, train=train)


def randperm(n: int, seed: int) -> list[int]:
    """`torch.randperm(n)` on a CPU: Fisher and Yates' shuffle from the front, by 32-bit draws of a Mersenne Twister."""
    draws = np.random.RandomState(seed % 2**32).randint(
        2**32, size=n, dtype=np.uint32
    )  # torch takes the low 32 bits
    order = list(range(n))
    for i, draw in enumerate(draws.tolist()):
        other = i + draw % (n - i)
        order[i], order[other] = order[other], order[i]
    return order
