"""The transformer after a point of its residual stream, at many weighted sums a s + b t of two points.

Sums on the straight line between two samples have a = 1 - l and b = l. Vertices around a sample s have a = 1
and b = +-r. A block begins with a norm and linear maps. Apart from the norm's division, queries, keys and
values of a sum are sums, too. So the maps run once for each point. For each sum remain, with the centred
point c times the norm's gain, Q = W_Q c, K = W_K c, U = W_O W_V c, and the bias terms q and u:

    1 / r^2  =  variance of c  =  a^2 <s, s> + 2 a b <s, t> + b^2 <t, t>
    score    =  r_key (r_query Q + q) . K / sqrt(d_head)      terms that all keys share cancel in the softmax
    output   =  sum over keys and heads of (softmax r_key) (a U_s + b U_t), plus u

Products of s and t are computed once for all weights. The feed-forward follows at each sum. A later block
that reads only the last position never forms keys and values: q . K x = (K^T q) . x, and the values' map
follows the mean over positions.

Shapes name n_s points s, n_t points t and n_w weights. Long axes come last, because short ones are slow.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

TRANSFORMER = "grokking_phases.models.transformer", "Transformer"


class Points(NamedTuple):
    """Points of a block's residual stream, and what the block's first maps make of them."""

    x: Tensor  # (n, n_positions, d_model)
    centred: Tensor  # (n, n_positions, d_model)
    query: Tensor  # (n, n_read, n_heads, d_head): Q
    key: Tensor  # (n, n_positions, n_heads, d_head): K
    key_of_bias: Tensor  # (n, n_positions, n_heads): q . K
    output: Tensor  # (n, n_positions * n_heads, d_model): U

    def part(self, chosen: slice) -> "Points":
        return Points(*(each[chosen] for each in self))


class Weights(NamedTuple):
    """The weights a and b (n_w,) of sums a s + b t."""

    a: Tensor
    b: Tensor

    def sums(self, s: Tensor, t: Tensor) -> Tensor:
        """Return a s + b t (..., n_w, n_s, n_t) for s (..., n_s) and t (..., n_t)."""
        a, b = self.a[:, None, None], self.b[:, None, None]
        return a * s[..., None, :, None] + b * t[..., None, None, :]

    def squares(self, ss: Tensor, st: Tensor, tt: Tensor) -> Tensor:
        """Return a^2 ss + a b st + b^2 tt (..., n_w, n_s, n_t); st is (..., n_s, n_t)."""
        own = Weights(self.a.square(), self.b.square()).sums(ss, tt)
        return own + (self.a * self.b)[:, None, None] * st[..., None, :, :]


def blocks_after(network: nn.Module, module: str) -> list[nn.Module] | None:
    """Return the blocks of a transformer after its embedding or a block; None for anything else."""
    if (type(network).__module__, type(network).__name__) != TRANSFORMER:
        return None
    names = ["embedding", *(f"block_{i}" for i in range(1, network.n_blocks + 1))]
    after = names[names.index(module) + 1 :] if module in names else []
    return [network.get_submodule(name) for name in after] or None


class SumReader:
    """The blocks of a transformer that read sums of points; `points` prepares them for `attended`."""

    def __init__(self, blocks: list[nn.Module]) -> None:
        self.blocks, self.attention, self.norm = blocks, blocks[0].attention, blocks[0].norm_attention
        query, key, value = (getattr(self.attention, name) for name in ("query", "key", "value"))
        self.heads = self.attention.n_heads, query.out_features // self.attention.n_heads
        self.n_read = 1 if len(blocks) == 1 else None  # the last block reads the last position alone
        zero = self.norm.bias[None]
        self.query_of_bias = query(zero).view(self.heads)
        self.output_of_bias = self.attention.output(value(zero))[0]
        by_head = self.attention.output.weight.unflatten(1, self.heads)  # (d_model, n_heads, d_head)
        values = value.weight.unflatten(0, self.heads)  # (n_heads, d_head, d_model)
        self.query, self.key = query.weight, key.weight
        self.value = torch.einsum("mhe,hed->hmd", by_head, values).flatten(0, 1)  # (n_heads * d_model, ...)

    def points(self, x: Tensor) -> Points:
        """Return points x (n, n_positions, d_model) with their queries, keys and outputs."""
        centred = x - x.mean(dim=-1, keepdim=True)
        scaled = centred * self.norm.weight
        n_read = self.n_read or x.shape[1]
        query = (scaled[:, -n_read:] @ self.query.T).unflatten(-1, self.heads)
        key = (scaled @ self.key.T).unflatten(-1, self.heads)
        output = (scaled @ self.value.T).unflatten(-1, (self.heads[0], -1)).flatten(1, 2)
        return Points(x, centred, query, key, (key * self.query_of_bias).sum(-1), output)

    def attended(self, s: Points, t: Points, weights: Weights) -> Tensor:
        """Return x + attention(norm(x)) (n_s, n_t, n_w, n_read, d_model) for x = a s + b t."""
        a, b = weights.a.view(-1, 1, 1), weights.b.view(-1, 1, 1)
        n_read = s.query.shape[1]
        of_s = a * s.x[:, None, -n_read:] + self.output_of_bias  # (n_s, n_w, n_read, d_model)
        x = torch.addcmul(of_s[:, None], b, t.x[:, None, -n_read:])
        attention = self._attention(s, t, weights).permute(4, 5, 3, 0, 1, 2).flatten(-2)
        of_t = (b * attention).transpose(0, 1).flatten(1, 3) @ t.output
        x += of_t.view(len(t.x), len(s.x), *x.shape[2:]).transpose(0, 1)
        return torch.baddbmm(x.flatten(1, 3), (a * attention).flatten(1, 3), s.output).view(x.shape)

    def _attention(self, s: Points, t: Points, weights: Weights) -> Tensor:
        """Return the softmax times 1 / deviation (n_read, n_positions, n_heads, n_w, n_s, n_t)."""
        r = self._inverse_deviations(s, t, weights)[:, None]  # (n_positions, 1, n_w, n_s, n_t)
        n_read, n_positions = s.query.shape[1], s.key.shape[1]
        both = torch.einsum("srhd,tphd->rphst", s.query, t.key)
        both = both + torch.einsum("trhd,sphd->rphst", t.query, s.key)
        own = [torch.einsum("srhd,sphd->rphs", each.query, each.key) for each in (s, t)]
        scores = weights.squares(own[0], both, own[1])  # (n_read, n_positions, n_heads, n_w, n_s, n_t)
        scores *= r[-n_read:, None]
        scores += weights.sums(*(each.key_of_bias.permute(1, 2, 0) for each in (s, t)))
        scores *= r * self.heads[1] ** -0.5
        future = torch.ones(n_read, n_positions, dtype=torch.bool, device=r.device)
        future = future.triu(n_positions - n_read + 1).view(n_read, n_positions, 1, 1, 1, 1)
        return scores.masked_fill_(future, -torch.inf).softmax(1).mul_(r)

    def _inverse_deviations(self, s: Points, t: Points, weights: Weights) -> Tensor:
        """Return 1 / deviation of each sum (n_positions, n_w, n_s, n_t)."""
        own = [each.centred.square().mean(-1).T for each in (s, t)]
        both = 2 / s.x.shape[-1] * torch.einsum("spd,tpd->pst", s.centred, t.centred)
        return weights.squares(own[0], both, own[1]).add_(self.norm.eps).rsqrt_()

    def hidden(self, attended: Tensor) -> Iterator[Tensor]:
        """Yield the input of each block's activation at the last position (n, d_mlp), then the last output.

        attended: (..., n_read, d_model), of the first block. The last output is (n, d_model).
        """
        x = attended.flatten(0, -3)
        for i, block in enumerate(self.blocks):
            if i == len(self.blocks) - 1 > 0:
                x = x[:, -1:] + attention_of_last(block.attention, block.norm_attention(x))[:, None]
            elif i:
                x = x + block.attention(block.norm_attention(x), x.shape[1])
            hidden = block.up(block.norm_mlp(x))
            yield hidden[:, -1]
            x = x + block.down(block.hidden(hidden))
        yield x[:, -1]


def attention_of_last(module: nn.Module, x: Tensor) -> Tensor:
    """Return the output of an attention (n, d_model) at the last position of x (n, n_positions, d_model)."""
    heads = module.n_heads, x.shape[-1] // module.n_heads
    query = module.query(x[:, -1]).unflatten(-1, heads)
    probe = torch.einsum("nhe,hed->nhd", query, module.key.weight.unflatten(0, heads))
    scores = probe @ x.transpose(1, 2) * heads[1] ** -0.5  # (n, n_heads, n_positions)
    mean = scores.softmax(-1) @ x  # (n, n_heads, d_model)
    value = torch.einsum("nhd,hed->nhe", mean, module.value.weight.unflatten(0, heads))
    return module.output(value.flatten(1) + module.value.bias)
