"""On a GPU, a training follows the one on a CPU, and a state continues there and on the other device."""

from copy import deepcopy
from functools import partial

import pytest
import torch
from torch import nn

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition, permutation_composition
from grokking_phases.jobs.devices import on_device
from grokking_phases.models import mlp, transformer
from grokking_phases.recipe import Recipe
from grokking_phases.training.architecture import Architecture
from grokking_phases.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

MLP = {
    "examples": split(modular_addition.make(p=97), 0.4, 420),
    "architecture": (mlp.build, mlp.fast_forward),
    "recipe": {"learning_rate": 0.03, "weight_decay": 2.0},
}
TRANSFORMER = {
    "examples": split(permutation_composition.make(n=5), 0.5, 0),
    "architecture": (partial(transformer.build, dropout=0.0), transformer.fast_forward),
    "recipe": {"learning_rate": 1e-3, "batch_size": 512, "warmup_steps": 10},
}
NOISY = TRANSFORMER | {"architecture": (transformer.build, transformer.fast_forward)}


@pytest.fixture(scope="module", autouse=True)
def as_in_a_job():
    on_device("cuda", threads=1)


def trainer(of, device):
    build, forward = of["architecture"]
    examples = of["examples"]
    build = partial(build, n_tokens=examples.n_tokens, n_classes=examples.n_classes)
    return Trainer(Architecture(build, forward), examples, Recipe(steps=200, **of["recipe"]), 0, device)


def with_batches_of_the_cpu(run):
    """Let a run draw its batches on the CPU, since each device has a stream of its own."""
    if run.recipe.batch_size is not None:
        draws = torch.Generator().manual_seed(0)
        size, (inputs, targets) = (run.recipe.batch_size,), run.data["train"]

        def draw():
            rows = torch.randint(len(targets), size, generator=draws).to(targets.device)
            return inputs[rows], targets[rows]

        run._draw_batch = draw
    return run


def advanced(run, n_steps):
    for _ in range(n_steps):
        run.take_step()
    return run


def parameters(run):
    return nn.utils.parameters_to_vector(run.model.parameters()).detach().cpu()


def largest_difference_of_losses(of, n_steps, dtype=torch.float32):
    """Return the largest |cuda / cpu - 1| of the train loss after every tenth step, up to `n_steps`."""
    on_cpu, on_gpu = (with_batches_of_the_cpu(trainer(of, device)) for device in ("cpu", "cuda"))
    for run in (on_cpu, on_gpu):
        run.model.to(dtype)
    assert torch.equal(parameters(on_gpu), parameters(on_cpu))
    found = []
    for _ in range(n_steps // 10):
        a, b = (advanced(run, 10).evaluate()["train_loss"] for run in (on_cpu, on_gpu))
        found.append(abs(b / a - 1))
    assert on_gpu.launch.replay is not None
    return max(found)


def test_the_first_100_steps_of_the_transformer_are_those_of_the_cpu():
    assert largest_difference_of_losses(TRANSFORMER, 100) < 1e-6


@pytest.mark.parametrize(
    ("n_steps", "dtype", "tolerance"), [(20, torch.float32, 1e-3), (100, torch.float64, 1e-6)]
)
def test_the_first_steps_of_the_mlp_are_those_of_the_cpu(n_steps, dtype, tolerance):
    """Its large steps amplify the rounding of sums in another order, so that float64 has to tell."""
    assert largest_difference_of_losses(MLP, n_steps, dtype) < tolerance


@pytest.mark.parametrize("of", [MLP, TRANSFORMER, NOISY], ids=["mlp", "transformer", "with dropout"])
def test_a_state_continues_on_the_gpu_with_the_same_bits(of):
    """One is made after the other, because torch has one generator for all dropout on a GPU."""
    whole = parameters(advanced(trainer(of, "cuda"), 120))
    state = deepcopy(advanced(trainer(of, "cuda"), 60).state())
    resumed = trainer(of, "cuda")
    resumed.load(state)
    assert torch.equal(parameters(advanced(resumed, 60)), whole)


@pytest.mark.parametrize(("first", "second"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_a_state_continues_on_the_other_device(first, second):
    """The MLP draws nothing, so that a run on both devices is the run on one."""
    begun = advanced(trainer(MLP, first), 50)
    resumed = trainer(MLP, second)
    resumed.load(deepcopy(begun.state()))
    losses = [advanced(run, 20).evaluate()["train_loss"] for run in (begun, resumed)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-2)


def test_a_state_of_another_device_continues_with_dropout_and_batches():
    begun = advanced(trainer(NOISY, "cpu"), 20)
    resumed = trainer(NOISY, "cuda")
    resumed.load(begun.state())
    before = resumed.evaluate()["train_loss"]
    assert before == pytest.approx(begun.evaluate()["train_loss"], rel=1e-4)
    assert advanced(resumed, 100).evaluate()["train_loss"] < before
