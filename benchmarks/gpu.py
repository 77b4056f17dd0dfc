"""Training steps on a GPU: our trainer against plain PyTorch loops, and against such a loop compiled.

    make bench ONLY=gpu

The networks and loops are those of `mlp_step.py` and `transformer_step.py`, with the data on the GPU and
batches drawn there, since a DataLoader would leave the GPU waiting. `compiled` has forward, loss and backward
in `torch.compile`, which fuses kernels and records CUDA graphs itself (mode reduce-overhead).
"""

import statistics
import time
from collections.abc import Callable, Iterator
from copy import deepcopy

import mlp_step
import torch
import transformer_step
from pairs import BenchmarkError
from torch import Tensor, nn
from torch.nn import functional as F

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_addition, permutation_composition
from grokking_phases.examples import Examples
from grokking_phases.jobs.devices import on_device
from grokking_phases.recipe import Recipe
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.trainer import Trainer

WARM, STEPS, REPEATS = 50, 300, 5
Step = Callable[[], None]


def lines() -> Iterator[str]:
    if not torch.cuda.is_available():
        raise BenchmarkError("there is no CUDA device")
    on_device("cuda", threads=1)
    yield f"{torch.cuda.get_device_name()}, torch {torch.__version__}: steps a second, median of {REPEATS}."
    for name, steps in networks():
        plain, *rates = (steps_per_second(step) for step in steps)
        others = zip(("plain loop, compiled", "ours, eager", "ours, recorded"), rates, strict=True)
        said = ", ".join(f"{which} {rate:,.0f} ({rate / plain:.1f}x)" for which, rate in others)
        yield f"{name}: plain loop {plain:,.0f}, {said}. {kernels(steps[-1])}"


def networks() -> Iterator[tuple[str, list[Step]]]:
    addition = split(modular_addition.make(p=97), 0.4, 420)
    recipe = Recipe(steps=10**6, learning_rate=0.03, weight_decay=2, betas=[0.9, 0.98])
    one_hots = mlp_step.one_hots(addition)
    data = [tensor.cuda() for tensor in one_hots.tensors]
    plain = plain_steps(lambda: mlp_step.PlainLoop(0, one_hots, False).model, lambda: data)
    yield "MLP, full batch", plain + ours(addition, {"module": "mlp", "width": mlp_step.WIDTH}, recipe)
    s5 = split(permutation_composition.make(n=5), 0.5, 0)
    recipe = Recipe(steps=10**6, learning_rate=1e-3, batch_size=transformer_step.BATCH)
    for dropout in (0.0, 0.1):
        loop = transformer_step.PlainLoop(s5, dropout)
        plain = plain_steps(lambda loop=loop: deepcopy(loop.model), batches_of(loop))
        model = {"module": "transformer", "dropout": dropout}
        yield f"transformer, S5, dropout {dropout:g}", plain + ours(s5, model, recipe)


def batches_of(loop: transformer_step.PlainLoop) -> Callable[[], tuple[Tensor, Tensor]]:
    """Return what draws a batch on the GPU, with replacement."""
    sequences, targets = (tensor.cuda() for tensor in loop.data[:])

    def draw() -> tuple[Tensor, Tensor]:
        rows = torch.randint(len(targets), (transformer_step.BATCH,), device="cuda")
        return sequences[rows], targets[rows]

    return draw


def plain_steps(model: Callable[[], nn.Module], draw: Callable) -> list[Step]:
    """Return the step of a plain loop on the GPU, as it is and compiled."""
    return [plain_step(model().cuda(), draw, compiled) for compiled in (False, True)]


def plain_step(model: nn.Module, draw: Callable, compiled: bool) -> Step:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0)

    def loss(inputs, targets):
        return F.cross_entropy(model(inputs), targets)

    if compiled:
        loss = torch.compile(loss, mode="reduce-overhead")

    def step():
        optimizer.zero_grad()
        loss(*draw()).backward()
        optimizer.step()

    return step


def ours(examples: Examples, model: dict, recipe: Recipe) -> list[Step]:
    """Return the step of our trainer, eager and as recorded."""
    architecture = architecture_of({"model": model}, examples)
    eager, recorded = (Trainer(architecture, examples, recipe, 0, "cuda") for _ in range(2))
    eager.launch = eager.descend
    return [eager.take_step, recorded.take_step]


def steps_per_second(step: Step) -> float:
    advance(step, WARM)
    return statistics.median(STEPS / advance(step, STEPS) for _ in range(REPEATS))


def advance(step: Step, n_steps: int) -> float:
    """Return the seconds that the steps take."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(n_steps):
        step()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def kernels(step: Step) -> str:
    """Say how many kernels a step starts, and for how much of it the GPU is busy."""
    seconds = advance(step, 100) / 100
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        advance(step, 20)
    events = [each for each in profile.events() if each.device_type == torch.autograd.DeviceType.CUDA]
    busy = sum(each.device_time for each in events) / 20 * 1e-6
    return (
        f"A step of ours starts {len(events) / 20:.0f} kernels, which take {busy * 1e6:.0f} of its "
        f"{seconds * 1e6:.0f} microseconds."
    )
