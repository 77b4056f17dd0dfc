"""Steps of the two-phase paper's transformer, batches of 512: our trainer against a plain PyTorch loop.

The plain loop is what a competent user would write:

network   nn.TransformerEncoderLayer blocks (pre-norm, GELU, biases) over all four positions with a causal
          mask; the logits are read at the last position
training  AdamW, one parameter and one operation at a time
batches   a DataLoader that draws with replacement

It must be the same function of the same parameters. The check takes our parameters after these steps, without
dropout: the loss of the first 512 train rows and its gradients by all parameters must agree.

`division96` has dropout 0.1 and `s5` has none; each is timed with and without.
"""

from collections.abc import Iterator
from functools import partial

import torch
from pairs import Agreement, Flops, Pair
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from grokking_phases.data.split import split
from grokking_phases.datasets import modular_division, permutation_composition
from grokking_phases.examples import Examples
from grokking_phases.models import transformer
from grokking_phases.recipe import Recipe
from grokking_phases.training.architecture import architecture_of
from grokking_phases.training.trainer import Trainer

BATCH, STEPS, D_MODEL, N_HEADS, D_MLP = 512, 5, 128, 4, 512
RECIPE = Recipe(steps=1000, learning_rate=1e-3, batch_size=BATCH)


class PlainModel(nn.Module):
    """The plain network: tokens `a o b =` (n, 4) -> logits (n, n_classes)."""

    def __init__(self, n_tokens: int, n_classes: int, dropout: float) -> None:
        super().__init__()
        block = partial(nn.TransformerEncoderLayer, D_MODEL, N_HEADS, D_MLP, dropout, "gelu")
        self.tokens, self.positions = nn.Embedding(n_tokens + 2, D_MODEL), nn.Embedding(4, D_MODEL)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(block(batch_first=True, norm_first=True) for _ in range(2))
        self.norm, self.readout = nn.LayerNorm(D_MODEL), nn.Linear(D_MODEL, n_classes)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(4))

    def forward(self, sequences: Tensor) -> Tensor:
        x = self.dropout(self.tokens(sequences) * D_MODEL**0.5 + self.positions.weight)
        for block in self.blocks:
            x = block(x, src_mask=self.mask, is_causal=True)
        return self.readout(self.norm(x)[:, -1])


class PlainLoop:
    """The training of a `PlainModel`, one batch a step."""

    def __init__(self, examples: Examples, dropout: float) -> None:
        inputs, targets = train_rows(examples)
        operator = torch.full_like(targets, examples.n_tokens)
        sequences = torch.stack([inputs[:, 0], operator, inputs[:, 1], operator + 1], dim=1)
        self.data = TensorDataset(sequences, targets)
        loader = DataLoader(self.data, BATCH, sampler=RandomSampler(self.data, True, num_samples=10**6))
        self.batches = iter(loader)
        self.model = PlainModel(examples.n_tokens, examples.n_classes, dropout)
        plain = {"lr": 1e-3, "betas": (0.9, 0.98), "weight_decay": 0, "foreach": False, "fused": False}
        self.optimizer = torch.optim.AdamW(self.model.parameters(), **plain)

    def take_step(self) -> None:
        sequences, targets = next(self.batches)
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(sequences), targets).backward()
        self.optimizer.step()


def pairs() -> Iterator[Pair]:
    tasks = {
        "division": split(modular_division.make(p=96, inverse="fermat"), 0.4, 0),
        "S5": split(permutation_composition.make(n=5), 0.5, 0),
    }
    for dropout, at_least, aim in ((0.0, 2, 3.5), (0.1, 1.4, 2)):
        for task, examples in tasks.items():
            architecture = architecture_of({"model": {"module": "transformer", "dropout": dropout}}, examples)
            yield Pair(
                f"transformer, {STEPS} steps, {task}, dropout {dropout:g}",
                "plain loop",
                partial(advanced, Trainer(architecture, examples, RECIPE, 0, "cpu")),
                partial(advanced, PlainLoop(examples, dropout)),
                Agreement(largest_difference, 1e-4, "of the loss and of each gradient's norm"),
                at_least,
                aim,
                flops=flops(examples.n_tokens, examples.n_classes, dropout),
            )


def train_rows(examples: Examples) -> tuple[Tensor, Tensor]:
    """Return the operands (n, 2) and the answers (n,) of the train rows."""
    return torch.from_numpy(examples.inputs[examples.train]), torch.from_numpy(
        examples.targets[examples.train]
    )


def advanced(run: Trainer | PlainLoop) -> Trainer | PlainLoop:
    """Take `STEPS` more steps of `run`, and return it."""
    for _ in range(STEPS):
        run.take_step()
    return run


def largest_difference(ours: Trainer, theirs: PlainLoop) -> float:
    """Return the largest |ours - theirs| / |theirs| of the loss and of the gradient by each parameter.

    Both are evaluated at our parameters, without dropout.
    """
    ours.model.eval(), theirs.model.eval()
    same = list(counterparts(ours.model, theirs.model))
    with torch.no_grad():
        for mine, other in same:
            other.copy_(torch.cat(mine))
    (inputs, answers), (sequences, _) = (rows[:BATCH] for rows in ours.data["train"]), theirs.data[:BATCH]
    logits = ours.forward(ours.model, inputs), theirs.model(sequences)
    losses = [F.cross_entropy(each, answers) for each in logits]
    gradients = iter(torch.autograd.grad(losses[0], [mine for parts, _ in same for mine in parts]))
    found = [losses[0], *(torch.cat([next(gradients) for _ in mine]) for mine, _ in same)]
    expected = [losses[1], *torch.autograd.grad(losses[1], [other for _, other in same])]
    ours.model.train(), theirs.model.train()
    return max(((x - y).norm() / y.norm()).item() for x, y in zip(found, expected, strict=True))


def counterparts(ours: transformer.Transformer, theirs: PlainModel) -> Iterator[tuple[list[Tensor], Tensor]]:
    """Yield pairs: parameters of ours, and the parameter of theirs that they form side by side."""
    modules = [([ours.embedding.tokens], theirs.tokens), ([ours.embedding.positions], theirs.positions)]
    modules += [([ours.readout], theirs.readout), ([ours.norm], theirs.norm)]
    for mine, other in zip(ours.blocks, theirs.blocks, strict=True):
        attention = mine.attention
        modules += [
            ([attention.output], other.self_attn.out_proj),
            ([mine.up], other.linear1),
            ([mine.down], other.linear2),
        ]
        modules += [([mine.norm_attention], other.norm1), ([mine.norm_mlp], other.norm2)]
        projections = [attention.query, attention.key, attention.value]
        yield [each.weight for each in projections], other.self_attn.in_proj_weight
        yield [each.bias for each in projections], other.self_attn.in_proj_bias
    for mine, other in modules:
        for name, parameter in other.named_parameters():
            yield [each.get_parameter(name) for each in mine], parameter


def flops(n_tokens: int, n_classes: int, dropout: float) -> Flops:
    """Return the operations of the matrix products in `STEPS` steps.

    `entering` rows enter the first block, `rows` pass between the blocks, and n are read at the end.
    """
    n, d = BATCH, D_MODEL
    rows = 4 * n if dropout else 2 * n_tokens + 2 * n
    entering = rows if dropout else 2 * n_tokens + 2
    of_read = 2 * d**2 + 2 * d * D_MLP + d * n_classes
    forwards = 2 * (3 * d**2 * entering + (3 * d**2 + 2 * d * D_MLP) * rows + of_read * n)
    return Flops(STEPS * 3 * forwards, "float32", "products, forwards and twice backwards")
