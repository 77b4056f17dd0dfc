"""The division into train and test: the first int(f N) entries of a seeded permutation are the train set.

The permutation is `torch.randperm(N)` after `torch.manual_seed(seed)`, as in the emergence paper's code, so
that its split can be reproduced exactly. It is drawn from NumPy's generator of the same kind, because torch
takes seconds to import.

The examples stay in the order of the permutation, as in that code, and so do all activations on them. Ranks
that order equal values by their place (`ties: paper` and `index`) depend on this order.
"""

from dataclasses import replace

import numpy as np

from grokking_phases.examples import Examples


def split(examples: Examples, train_fraction: float, seed: int) -> Examples:
    """Return the examples in the order of the permutation, the train set first.

    Raise ValueError if the train or test set would be empty.
    """
    n_train = int(train_fraction * len(examples))
    if not 0 < n_train < len(examples):
        raise ValueError(
            f"train_fraction = {train_fraction} of {len(examples)} examples leaves train or test empty"
        )
    order = np.array(randperm(len(examples), seed))
    return replace(
        examples,
        inputs=examples.inputs[order],
        targets=examples.targets[order],
        train=np.arange(len(examples)) < n_train,
        order=examples.sample[order],
    )


def randperm(n: int, seed: int) -> list[int]:
    """Return the permutation that `torch.randperm(n)` draws on a CPU.

    It is a Fisher-Yates shuffle from the front, with 32-bit draws of a Mersenne Twister.
    """
    # torch seeds its generator with the low 32 bits.
    draws = np.random.RandomState(seed % 2**32).randint(2**32, size=n, dtype=np.uint32)
    order = list(range(n))
    for i, draw in enumerate(draws.tolist()):
        other = i + draw % (n - i)
        order[i], order[other] = order[other], order[i]
    return order
