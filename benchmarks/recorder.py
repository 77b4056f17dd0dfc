"""The cost of a recorder in the training of `addition_wd2` by a plain loop: 4,000 steps, 120 snapshots.

A step of the loop and a snapshot are timed in turn. The peers take the same snapshot without the recorder's
checks and its care for crashes: by a hook, and by TransformerLens's `run_with_cache`, each with `torch.save`
of the layer, the weights and the losses. `close`, which merges the snapshots into the project's files after
the training, is timed by itself.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from pairs import BenchmarkError
from peers import peer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from grokking_phases.data.recorder import Recorder
from grokking_phases.data.split import randperm
from grokking_phases.threads import use_threads

STEPS, SNAPSHOTS, TURNS = 4000, 120, 20
P, TRAIN_FRACTION, SPLIT_SEED = 97, 0.4, 420
WAYS = {
    "recorder": "Recorder",
    "close": "its close(), after the training",
    "hook": "a hook and torch.save",
    "cached": "TransformerLens's run_with_cache and torch.save",
}


def lines() -> Iterator[str]:
    """Yield a sentence about each way to keep snapshots; at the end, raise BenchmarkError without a peer."""
    missing = None
    with use_threads(1), tempfile.TemporaryDirectory() as folder:
        try:
            took = timed(Path(folder), cached_network())
        except BenchmarkError as error:
            missing, took = error, timed(Path(folder), None)
    training = STEPS * took["step"]
    for name, words in WAYS.items():
        if name in took:
            share = SNAPSHOTS * took[name] / training
            yield (
                f"{words}: {1000 * took[name]:.1f} ms a snapshot, {share:.1%} of a training of {STEPS} steps "
                f"of {1000 * took['step']:.1f} ms with {SNAPSHOTS} snapshots (CPU time)."
            )
    if missing:
        raise missing


def timed(folder: Path, cached: nn.Module | None) -> dict[str, float]:
    """Return the CPU seconds of a step, and of a snapshot in each way, the medians of turns in a row."""
    train, test = samples()
    network = nn.Sequential(nn.Linear(2 * P, 250), nn.ReLU(), nn.Linear(250, P, bias=False))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.03, weight_decay=2, betas=(0.9, 0.98))
    plan = {"layers": ["1"], "probe": train, "test": test, "steps": list(range(TURNS)), "to": folder / "own"}
    recorder = Recorder(network, **plan)

    def step() -> None:
        optimizer.zero_grad()
        cross_entropy(network(train[0]), train[1]).backward()
        optimizer.step()

    works: dict[str, Callable[[int], object]] = {
        "step": lambda turn: step(),
        "recorder": recorder,
        "hook": lambda turn: save(folder / f"{turn}.pt", network, hooked(network, train, test)),
    }
    if cached is not None:
        works["cached"] = lambda turn: save(folder / f"{turn}.pt", cached, with_cache(cached, train, test))
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(TURNS):
        for name, work in works.items():
            found[name].append(seconds(lambda work=work, turn=turn: work(turn)))
    medians = {name: float(np.median(times)) for name, times in found.items()}
    return medians | {"close": seconds(recorder.close) / TURNS}


def hooked(network: nn.Module, train: tuple, test: tuple) -> dict:
    """Return the layer and the losses, as a hook sees them."""
    seen = {}
    hook = network[1].register_forward_hook(lambda _module, _inputs, output: seen.update(layer=output))
    with torch.no_grad():
        losses = [loss(network(X), y) for X, y in (test, train)]
    hook.remove()
    return {"layer": seen["layer"], "losses": losses}


def cached_network() -> nn.Module:
    """Return the same network as a HookedRootModule of TransformerLens."""
    hooks = peer("transformer_lens.hook_points")

    class Cached(peer("transformer_lens").HookedRootModule):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.act = nn.Linear(2 * P, 250), hooks.HookPoint()
            self.readout = nn.Linear(250, P, bias=False)
            self.setup()

        def forward(self, X: Tensor) -> Tensor:
            return self.readout(self.act(torch.relu(self.hidden(X))))

    return Cached()


def with_cache(network: nn.Module, train: tuple, test: tuple) -> dict:
    """Return the layer and the losses, as `run_with_cache` gives them."""
    with torch.no_grad():
        logits, cache = network.run_with_cache(train[0], names_filter="act")
        losses = [loss(network(test[0]), test[1]), loss(logits, train[1])]
    return {"layer": cache["act"], "losses": losses}


def loss(logits: Tensor, targets: Tensor) -> float:
    return float(cross_entropy(logits.double(), targets))


def save(path: Path, network: nn.Module, seen: dict) -> None:
    torch.save(seen | {"weights": network.state_dict()}, path)


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
