"""The cost of a recorder in the training of `addition_wd2` by a plain loop: 4,000 steps, 120 snapshots.

A step of the loop, a snapshot of the recorder, and the plain way to keep the same numbers (`torch.save` of
the weights and of the layer that a hook saw, and the losses) are timed in turn. `close`, which merges the
snapshots, is counted with them.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from grokking_phases.data.recorder import Recorder
from grokking_phases.data.split import randperm
from grokking_phases.threads import use_threads

STEPS, SNAPSHOTS, TURNS = 4000, 120, 20
P, TRAIN_FRACTION, SPLIT_SEED = 97, 0.4, 420


def lines() -> Iterator[str]:
    """Yield a sentence about the recorder, and one about the plain way."""
    with use_threads(1), tempfile.TemporaryDirectory() as folder:
        took = timed(Path(folder))
    training = STEPS * took["step"]
    for name, words in (("recorder", "Recorder"), ("plain", "torch.save and a hook")):
        cost = SNAPSHOTS * took[name]
        yield (
            f"{words}: {1000 * took[name]:.1f} ms a snapshot, {cost / training:.1%} of a training of "
            f"{STEPS} steps of {1000 * took['step']:.1f} ms with {SNAPSHOTS} snapshots (CPU time)."
        )


def timed(folder: Path) -> dict[str, float]:
    """Return the CPU seconds of a step, and of a snapshot in both ways, the medians of turns in a row."""
    train, test = samples()
    network = nn.Sequential(nn.Linear(2 * P, 250), nn.ReLU(), nn.Linear(250, P, bias=False))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.03, weight_decay=2, betas=(0.9, 0.98))
    plan = {"layers": ["1"], "probe": train, "test": test, "steps": list(range(TURNS)), "to": folder / "own"}
    recorder = Recorder(network, **plan)

    def step() -> None:
        optimizer.zero_grad()
        cross_entropy(network(train[0]), train[1]).backward()
        optimizer.step()

    found: dict[str, list[float]] = {"step": [], "recorder": [], "plain": []}
    for turn in range(TURNS):
        found["step"].append(seconds(step))
        found["recorder"].append(seconds(lambda turn=turn: recorder(turn)))
        found["plain"].append(seconds(lambda turn=turn: plainly(network, train, test, folder / f"{turn}.pt")))
    medians = {name: float(np.median(times)) for name, times in found.items()}
    return medians | {"recorder": medians["recorder"] + seconds(recorder.close) / TURNS}


def plainly(network: nn.Module, train: tuple, test: tuple, path: Path) -> None:
    """Keep what a recorder keeps, without its checks and its care for crashes."""
    seen = {}
    hook = network[1].register_forward_hook(lambda _module, _inputs, output: seen.update(layer=output))
    with torch.no_grad():
        losses = [float(cross_entropy(network(X).double(), y)) for X, y in (test, train)]
    hook.remove()
    torch.save({"layer": seen["layer"], "weights": network.state_dict(), "losses": losses}, path)


def samples() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return the train and test sets of modular addition as two one-hots and classes."""
    order = torch.tensor(randperm(P * P, SPLIT_SEED))
    a, b = order // P, order % P
    X = torch.cat([nn.functional.one_hot(a, P), nn.functional.one_hot(b, P)], 1).float()
    y, n_train = (a + b) % P, int(TRAIN_FRACTION * P * P)
    return (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process that the work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began
