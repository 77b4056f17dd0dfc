"""The two-phase paper's transformer: two pre-norm blocks over the four tokens `a o b =`, read at `=`.

Source: de Mello Koch & Ghosh, section 3.1, whose sizes and training are those of a public replication of Power et al.
(2201.02177): learned positions, token embeddings N(0, 1) times sqrt(d_model), biases
everywhere, causal attention, exact GELU (equation 7 of the paper misplaces a bracket), a final LayerNorm.

Three facts spare work, exactly. Only the answer at `=` is ever read, so the last block computes its queries and its
feed-forward at that position alone. No position sees a later one, so what stands at the first two, `a o`, depends on
`a` alone: without dropout these are computed once for each operand that there is, not for each sample, unless the
samples are fewer. And what enters the first block is, without dropout, one of 2 n_tokens + 2 embeddings: its norm,
queries, keys and values are computed once for each of these.

Therefore positions are not an axis here. Rows are stacked, first those of `a` and `o` (m each, one for each operand),
then those of `b` and `=` (n each, one for each sample); with dropout m = n.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grokking_phases.models._fast_dropout import Dropout
from grokking_phases.models._onednn_linear import Linear

# Layers that can be recorded, and the option of `build` that gives their width; {n_blocks} counts 1 … n_blocks.
LAYERS = {"block_{n_blocks}": "d_model", "block_{n_blocks}.hidden": "d_mlp"}

# Options bounded from below, from above, or not.
LIMITS = {"n_heads": (1, None), "n_blocks": (1, None), "dropout": (0, 0.99)}


class Layout(NamedTuple):
    """Where the rows of a stack belong: 2 m of the prefix `a o`, then 2 n of the rest, `b =`."""

    n: int
    m: int
    of_sample: Tensor | None = None  # (n,): which of the m prefixes each sample begins with; None: each with its own
    rows: Tensor | None = None  # (2 m + 2 n,): which of fewer rows, not stacked yet, each is; None: they are stacked


class Attention(nn.Module):
    """Causal multi-head attention, with dropout on the attention weights."""

    def __init__(self, d_model: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = n_heads, Dropout(dropout)
        self.key, self.value = Linear(d_model, d_model), Linear(d_model, d_model)
        self.query, self.output = Linear(d_model, d_model), Linear(d_model, d_model)

    def forward(self, x: Tensor, layout: Layout, last: bool) -> Tensor:
        """(2 m + 2 n, d_model), or rows to be stacked -> that or, of the last block, (n, d_model): `=` alone."""
        key, value = stacked_rows(self.key(x), layout), stacked_rows(self.value(x), layout)
        query = self.query(stacked_rows(x, layout, last)) if last else stacked_rows(self.query(x), layout)
        of_prefix = slice(0, 0 if last else 2 * layout.m)
        rest = self.attend(query[of_prefix.stop :], with_prefix(key, layout), with_prefix(value, layout), layout.n)
        if last:
            return self.output(rest)
        prefix = self.attend(query[of_prefix], key[of_prefix], value[of_prefix], layout.m)
        return self.output(torch.cat([prefix, rest]))

    def attend(self, query: Tensor, key: Tensor, value: Tensor, n: int) -> Tensor:
        """Stacks of n rows a position, the queries' the last of the keys' and values' -> a stack like the queries'.

        Products and sums, for matrix products of four positions are too small to be worth their overhead.
        """
        shape = (-1, n, self.n_heads, query.shape[1] // self.n_heads)  # (position, n, heads, d_head)
        query, key, value = query.view(shape)[:, None], key.view(shape), value.view(shape)
        scores = (query * key).sum(-1) * query.shape[-1] ** -0.5  # (n_queries, n_keys, n, heads)
        n_queries, n_keys = scores.shape[:2]
        future = torch.ones(n_queries, n_keys, dtype=torch.bool, device=key.device).triu(n_keys - n_queries + 1)
        weights = scores.masked_fill(future[:, :, None, None], -torch.inf).softmax(1)
        return (self.dropout(weights)[..., None] * value).sum(1).flatten(2).flatten(0, 1)


def stacked_rows(x: Tensor, layout: Layout, last: bool = False) -> Tensor:
    """The stack (2 m + 2 n, d) or, of the last position alone, (n, d)."""
    chosen = slice(-layout.n if last else None, None)
    return x[chosen] if layout.rows is None else x.index_select(0, layout.rows[chosen])


def with_prefix(x: Tensor, layout: Layout) -> Tensor:
    """(2 m + 2 n, d) -> (4 n, d): each sample with the prefix that it begins with."""
    if layout.of_sample is None:
        return x
    prefix, rest = x.tensor_split([2 * layout.m])
    prefix = prefix.view(2, layout.m, -1).index_select(1, layout.of_sample).flatten(0, 1)
    return torch.cat([prefix, rest])


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)); of the last block at `=` alone."""

    def __init__(self, d_model: int, n_heads: int, d_mlp: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(d_model, n_heads, dropout)
        self.up, self.hidden, self.down = Linear(d_model, d_mlp), nn.GELU(), Linear(d_mlp, d_model)
        self.norm_attention, self.norm_mlp = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, layout: Layout, last: bool) -> Tensor:
        """As `Attention.forward`."""
        return self.feed_forward(*self.up_to_hidden(x, layout, last))

    def up_to_hidden(self, x: Tensor, layout: Layout, last: bool) -> tuple[Tensor, Tensor]:
        """The rows after attention, and what the GELU reads of them, (..., d_mlp)."""
        attended = self.attention(self.norm_attention(x), layout, last)
        x = stacked_rows(x, layout, last) + self.dropout(attended)
        return x, self.up(self.norm_mlp(x))

    def feed_forward(self, x: Tensor, preactivation: Tensor) -> Tensor:
        return x + self.dropout(self.down(self.dropout(self.hidden(preactivation))))


class Transformer(nn.Module):
    """(n, 2) operands -> (n, n_classes) logits; the operator and the equals sign are added here.

    As a function of real numbers it begins at the embedded sequence, (n, 4 d_model), position by position.
    """

    first_layer, embeds = "block_1", True

    def __init__(self, n_tokens: int, n_classes: int, block: dict, n_blocks: int, embedding: dict) -> None:
        super().__init__()
        d_model = block["d_model"]
        self.operator, self.equals = n_tokens, n_tokens + 1
        self.embedding_scale, self.n_blocks = embedding["scale"], n_blocks
        for i in range(n_blocks):
            self.add_module(f"block_{i + 1}", Block(**block))
        self.tokens, self.positions = nn.Embedding(n_tokens + 2, d_model), nn.Embedding(4, d_model)  # N(0, 1)
        with torch.no_grad():
            self.tokens.weight.mul_(embedding["std"])
            self.positions.weight.mul_(embedding["std"])
        self.dropout, self.norm = Dropout(block["dropout"]), nn.LayerNorm(d_model)
        self.readout = Linear(d_model, n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        a, b = inputs.unbind(1)
        shared = not self.dropout.drops and self.operator < len(a)  # there are as many prefixes as operands
        first = torch.arange(self.operator, device=a.device) if shared else a
        layout = Layout(len(a), len(first), a if shared else None)
        x, rows = self.embeddings(), self.rows(first, b)
        if not shared:
            x, rows = self.dropout(F.embedding(rows, x)), None
        for block in self.blocks:
            x = block(x, layout._replace(rows=rows), last=block is self.blocks[-1])
            rows = None
        return self.readout(self.norm(x))

    @property
    def blocks(self) -> list[Block]:
        return [self.get_submodule(f"block_{i}") for i in range(1, self.n_blocks + 1)]

    def embeddings(self) -> Tensor:
        """(2 n_tokens + 2, d_model): of each operand as `a`, of `o`, of each operand as `b`, of `=`."""
        operands, o, equals = (self.tokens.weight * self.embedding_scale).tensor_split([self.operator, self.equals])
        return torch.cat([x + at for x, at in zip([operands, o, operands, equals], self.positions.weight, strict=True)])

    def rows(self, a: Tensor, b: Tensor) -> Tensor:
        """(m,), (n,) -> (2 m + 2 n,): the embedding of each `a`, `o`, `b`, `=`."""
        o, equals = torch.full_like(a, self.operator), torch.full_like(b, 2 * self.equals - 1)
        return torch.cat([a, o, b + self.equals, equals])

    def points(self, inputs: Tensor) -> Tensor:
        """The embedded sequences: (n, 4 d_model)."""
        return unstacked(F.embedding(self.rows(*inputs.unbind(1)), self.embeddings()))

    def preactivations(self, points: Tensor) -> dict[str, Tensor]:
        """What each block's GELU reads at `=`, {layer: (n, d_mlp)}, anywhere in the space of embedded sequences."""
        x, layout, found = stacked(points), each_apart(points), {}
        for i, block in enumerate(self.blocks, start=1):
            x, preactivation = block.up_to_hidden(x, layout, last=i == self.n_blocks)
            found[f"block_{i}.hidden"] = preactivation[-layout.n :]
            if i < self.n_blocks:
                x = block.feed_forward(x, preactivation)
        return found

    def first_hidden(self, inputs: Tensor) -> Tensor:
        """The residual stream after the first block, at all positions: (n, 4 d_model)."""
        points = self.points(inputs)
        return unstacked(self.blocks[0](stacked(points), each_apart(points), last=False))

    def after_first_hidden(self, x: Tensor) -> Tensor:
        """(n, 4 d_model) -> logits"""
        layout, x = each_apart(x), stacked(x)
        for block in self.blocks[1:]:
            x = block(x, layout, last=block is self.blocks[-1])
        return self.readout(self.norm(x[-layout.n :]))


def stacked(points: Tensor) -> Tensor:
    """(n, 4 d_model), sample by sample -> (4 n, d_model), position by position."""
    return points.unflatten(1, (4, -1)).transpose(0, 1).flatten(0, 1)


def unstacked(x: Tensor) -> Tensor:
    """The inverse of `stacked`."""
    return x.unflatten(0, (4, -1)).transpose(0, 1).flatten(1)


def each_apart(points: Tensor) -> Layout:
    """Samples that share no prefix."""
    return Layout(len(points), len(points))


def build(
    *,
    n_tokens: int,
    n_classes: int,
    d_model: int = 128,
    n_heads: int = 4,
    d_mlp: int = 512,
    n_blocks: int = 2,
    dropout: float = 0.1,
    embedding_scale: float = 128**0.5,
    embedding_std: float = 1.0,
) -> Transformer:
    """The paper's model by default; `n_tokens` operand values, `n_classes` answers.

    Token and position embeddings start as N(0, embedding_std^2); a token's is read times `embedding_scale`.
    """
    if d_model % n_heads:
        raise ValueError(f"d_model = {d_model} is not a multiple of n_heads = {n_heads}")
    block = {"d_model": d_model, "n_heads": n_heads, "d_mlp": d_mlp, "dropout": dropout}
    embedding = {"scale": embedding_scale, "std": embedding_std}
    return Transformer(n_tokens, n_classes, block, n_blocks, embedding)
