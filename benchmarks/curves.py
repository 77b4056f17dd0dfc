"""The calls that `scaling.py` measures: each function takes a size and returns the call.

Inputs are made before the call is timed, but their memory is counted, because the call needs them. Sizes that
a curve does not vary are those of the emergence paper: 3763 samples, 250 units, 10 bins.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from made_up_layers import mixed_layer

from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.recording import Recording
from grokking_phases.data.snapshots import Snapshots
from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition
from grokking_phases.estimators.kernel_density import kde_bounds
from grokking_phases.examples import Examples
from grokking_phases.metrics import mutual_information
from grokking_phases.metrics.linear_mapping_number import function_of_layer, linear_mapping_number
from grokking_phases.models import mlp
from grokking_phases.recipe import Recipe
from grokking_phases.storage.headers import content_of
from grokking_phases.synergy.clustering import cluster_units
from grokking_phases.synergy.multiplet_search import search_multiplets
from grokking_phases.synergy.normal_scores import normal_scores
from grokking_phases.synergy.o_information import o_information
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.trainer import Trainer

N_SAMPLES, WIDTH, N_BINS = 3763, 250, 10
# The modulus of the task. Files of up to a thousand snapshots have a smaller one, with 883 train samples.
P, P_OF_SNAPSHOTS = 97, 47


def task(p: int = P) -> Examples:
    return split(modular_addition.make(p=p), 0.4, 420)


def network(width: int = WIDTH, p: int = P) -> mlp.MLP:
    torch.manual_seed(0)
    return mlp.build(n_tokens=p, n_classes=p, width=width)


def features(n_samples: int = N_SAMPLES, width: int = WIDTH) -> np.ndarray:
    return mixed_layer(np.random.default_rng(0), n_samples, width)


def training_step(width: int) -> Callable:
    recipe = Recipe(steps=1, learning_rate=0.03, weight_decay=2.0)
    architecture = architecture_of({"model": {"module": "mlp", "width": width}}, task())
    return Trainer(architecture, task(), recipe, 0, "cpu").take_step


def ward(width: int) -> Callable:
    return partial(cluster_units, features(width=width), N_BINS)


def search_of_units(width: int) -> Callable:
    return partial(search_multiplets, features(width=width), np.arange(width) % N_BINS)


def search_of_bins(n_multiplets: int) -> Callable:
    """Return a search over `n_multiplets` multiplets; k bins have 2^k - 1 - k of them."""
    n_bins = (n_multiplets - 1).bit_length()
    return partial(search_multiplets, features(), np.arange(WIDTH) % n_bins)


def scores(n_samples: int) -> Callable:
    return partial(normal_scores, features(n_samples))


def one_o_information(n_samples: int) -> Callable:
    return partial(o_information, features(n_samples))


def kde(n_samples: int) -> Callable:
    X = features(n_samples)
    return partial(kde_bounds, X, 0.35 * float(np.sqrt(X.var(axis=0).sum())))


def mapping_number(n_samples: int) -> Callable:
    net, examples = network(), task()
    chosen = torch.from_numpy(examples.inputs[examples.train][:n_samples])
    return partial(linear_mapping_number, *function_of_layer(net, "preactivation", chosen))


def metric_of_file(n_snapshots: int) -> Callable:
    """Return the computation of a metric from its two files, as in a job.

    Another process writes the files, so that writing them does not count as memory.
    """
    folder = TemporaryDirectory()  # deleted together with the call, which holds it
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        other.submit(write_snapshots, Path(folder.name), n_snapshots).result()
    return partial(measure, folder)


def write_snapshots(folder: Path, n_snapshots: int) -> None:
    """Write snapshots of untrained networks: 883 samples of 250 units at each step."""
    examples = task(P_OF_SNAPSHOTS)
    write_examples(folder / "dataset.parquet", examples, {})
    recording = Recording(folder, ["hidden"], list(range(n_snapshots)), "float16")
    inputs, samples = torch.from_numpy(examples.inputs[examples.train]), examples.sample[examples.train]
    for step in recording.steps:
        recording.take(network(p=P_OF_SNAPSHOTS), inputs, step)
    header = {"dataset": content_of(folder / "dataset.parquet")}
    recording.merge_activations(folder / "snapshots.parquet", samples, header)


def measure(folder: TemporaryDirectory) -> list[dict]:
    """Return the rows of the metric, computed from the files in `folder`."""
    files = (f"{folder.name}/{name}.parquet" for name in ("snapshots", "dataset"))
    return list(mutual_information.compute(Snapshots(*files)))
