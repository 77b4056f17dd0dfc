"""Fast logits of `transformer.Transformer`, for training and evaluation.

Three facts save work and leave the result exact:

- Only the answer at `=` is read. So the last block computes its queries and its feed-forward only there.
- No position sees a later one. So the values at the first two positions, `a o`, depend on `a` alone. Without
  dropout they are computed once for each operand value, not for each sample, unless there are fewer samples.
- Without dropout, each input of the first block is one of 2 n_tokens + 2 embeddings. Their norms, queries,
  keys and values are computed once.

Tensors therefore have no axis of positions. Their rows are stacked: first those of `a` and `o` (m each, one
for each operand value), then those of `b` and `=` (n each, one for each sample). With dropout, or with fewer
samples than operand values, m = n.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Layout(NamedTuple):
    """The rows of a stack: 2 m of the prefix `a o`, then 2 n of the rest, `b =`."""

    n: int
    m: int
    # (n,): the index of each sample's prefix among the m prefixes; None: each sample has its own
    of_sample: Tensor | None = None
    # (2 m + 2 n,): the index of each row in a tensor of fewer rows, not stacked yet; None: it is stacked
    rows: Tensor | None = None


def fast_forward(network: nn.Module, inputs: Tensor) -> Tensor:
    """Return the logits (n, n_classes) of a `Transformer` for the operands `inputs` (n, 2)."""
    a, b = inputs.unbind(1)
    n_tokens, dropout = network.embedding.operator, network.embedding.dropout
    shared = not dropout.drops and n_tokens < len(a)  # one prefix for each operand value
    first = torch.arange(n_tokens, device=a.device) if shared else a
    layout = Layout(len(a), len(first), a if shared else None)
    x, rows = embeddings(network.embedding), rows_of(first, b, n_tokens)
    if not shared:
        x, rows = dropout(F.embedding(rows, x)), None
    *earlier, last = network.blocks
    for block in earlier:
        x, rows = apply_block(block, x, layout._replace(rows=rows), last=False), None
    x = apply_block(last, x, layout._replace(rows=rows), last=True)
    return network.readout(network.norm(x))


def embeddings(module: nn.Module) -> Tensor:
    """Return the embeddings (2 n_tokens + 2, d_model): each operand as `a`, `o`, each operand as `b`, `=`."""
    operands, o, equals = (module.tokens.weight * module.scale).tensor_split([module.operator, module.equals])
    return torch.cat(
        [
            x + position
            for x, position in zip([operands, o, operands, equals], module.positions.weight, strict=True)
        ]
    )


def rows_of(a: Tensor, b: Tensor, n_tokens: int) -> Tensor:
    """Return the row of `embeddings` for each row of a stack (2 m + 2 n,), for a (m,) and b (n,)."""
    o, equals = torch.full_like(a, n_tokens), torch.full_like(b, 2 * n_tokens + 1)
    return torch.cat([a, o, b + n_tokens + 1, equals])


def apply_block(block: nn.Module, x: Tensor, layout: Layout, last: bool) -> Tensor:
    """Return a block's output: a stack (2 m + 2 n, d_model) or, for the last block, `=` alone (n, d_model).

    x is such a stack, or the rows that `layout.rows` stacks.
    """
    attended = attention(block.attention, block.norm_attention(x), layout, last)
    x = stacked_rows(x, layout, last) + block.dropout(attended)
    return x + block.dropout(block.down(block.dropout(block.hidden(block.up(block.norm_mlp(x))))))


def attention(module: nn.Module, x: Tensor, layout: Layout, last: bool) -> Tensor:
    """Return the output of the attention, in the shapes of `apply_block`."""
    key, value = stacked_rows(module.key(x), layout), stacked_rows(module.value(x), layout)
    query = module.query(stacked_rows(x, layout, last)) if last else stacked_rows(module.query(x), layout)
    prefix = slice(0, 0 if last else 2 * layout.m)
    rest = attend(
        module, query[prefix.stop :], with_prefix(key, layout), with_prefix(value, layout), layout.n
    )
    if last:
        return module.output(rest)
    of_prefix = attend(module, query[prefix], key[prefix], value[prefix], layout.m)
    return module.output(torch.cat([of_prefix, rest]))


def attend(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, n: int) -> Tensor:
    """Return the attended values before the output map, a stack of the queries' shape.

    Each stack has n rows for each position. The queries' positions are the last of those of the keys and
    values.
    """
    shape = (-1, n, module.n_heads, query.shape[1] // module.n_heads)  # (position, n, heads, d_head)
    query, key, value = query.view(shape)[:, None], key.view(shape), value.view(shape)
    scores = (query * key).sum(-1) * query.shape[-1] ** -0.5  # (n_queries, n_keys, n, heads)
    n_queries, n_keys = scores.shape[:2]
    future = torch.ones(n_queries, n_keys, dtype=torch.bool, device=key.device).triu(n_keys - n_queries + 1)
    weights = scores.masked_fill(future[:, :, None, None], -torch.inf).softmax(1)
    return (module.dropout(weights)[..., None] * value).sum(1).flatten(2).flatten(0, 1)


def stacked_rows(x: Tensor, layout: Layout, last: bool = False) -> Tensor:
    """Return the stack (2 m + 2 n, d) or, with `last`, the last position alone (n, d)."""
    chosen = slice(-layout.n if last else None, None)
    return x[chosen] if layout.rows is None else x.index_select(0, layout.rows[chosen])


def with_prefix(x: Tensor, layout: Layout) -> Tensor:
    """Return a stack (2 m + 2 n, d) as one (4 n, d) in which each sample has a copy of its prefix."""
    if layout.of_sample is None:
        return x
    prefix, rest = x.tensor_split([2 * layout.m])
    prefix = prefix.view(2, layout.m, -1).index_select(1, layout.of_sample).flatten(0, 1)
    return torch.cat([prefix, rest])
