"""The two-phase paper's transformer: two pre-norm blocks over the four tokens `a o b =`, read at `=`.

Source: de Mello Koch & Ghosh, section 3.1, whose sizes and training are those of a public replication of Power et al.
(2201.02177): learned positions, token embeddings N(0, 1) times sqrt(d_model), biases
everywhere, causal attention, exact GELU (equation 7 of the paper misplaces a bracket), a final LayerNorm.

Only the answer at `=` is ever read, so the last block computes its queries and its feed-forward at that position alone:
the same function and the same gradients, at about three fifths of the work.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grokking_phases.dropout import Dropout

# Layers that can be recorded, and the option of `build` that gives their width; {n_blocks} counts 1 … n_blocks.
LAYERS = {"block_{n_blocks}": "d_model", "block_{n_blocks}.hidden": "d_mlp"}

# Options bounded from below, from above, or not.
LIMITS = {"n_heads": (1, None), "n_blocks": (1, None), "dropout": (0, 0.99)}


class Attention(nn.Module):
    """Causal multi-head attention, with dropout on the attention weights."""

    def __init__(self, d_model: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = n_heads, Dropout(dropout)
        self.key, self.value = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.query, self.output = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, n_queries: int) -> Tensor:
        """(n, t, d_model) -> (n, n_queries, d_model): the output at the last `n_queries` positions."""
        n, t, d_model = x.shape
        query = self._heads(self.query(x[:, t - n_queries :]))  # (n, heads, n_queries, d_head)
        key, value = self._heads(self.key(x)), self._heads(self.value(x))  # (n, heads, t, d_head)
        scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5  # (n, heads, n_queries, t)
        future = torch.ones(n_queries, t, dtype=torch.bool, device=x.device).triu(t - n_queries + 1)
        weights = self.dropout(scores.masked_fill(future, -torch.inf).softmax(-1))
        return self.output((weights @ value).transpose(1, 2).reshape(n, n_queries, d_model))

    def _heads(self, x: Tensor) -> Tensor:
        """(n, t, d_model) -> (n, heads, t, d_head)."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)), at the last `n_queries` positions."""

    def __init__(self, d_model: int, n_heads: int, d_mlp: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(d_model, n_heads, dropout)
        self.up, self.hidden, self.down = nn.Linear(d_model, d_mlp), nn.GELU(), nn.Linear(d_mlp, d_model)
        self.norm_attention, self.norm_mlp = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, n_queries: int) -> Tensor:
        """(n, t, d_model) -> (n, n_queries, d_model)."""
        attended = self.attention(self.norm_attention(x), n_queries)
        x = x[:, -n_queries:] + self.dropout(attended)
        hidden = self.dropout(self.hidden(self.up(self.norm_mlp(x))))
        return x + self.dropout(self.down(hidden))


class Transformer(nn.Module):
    """(n, 2) operands -> (n, n_classes) logits; the operator and the equals sign are added here."""

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
        self.readout = nn.Linear(d_model, n_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        a, b = inputs.unbind(1)
        sequence = torch.stack([a, torch.full_like(a, self.operator), b, torch.full_like(a, self.equals)], dim=1)
        x = F.embedding(sequence, self.tokens.weight * self.embedding_scale) + self.positions.weight  # (n, 4, d_model)
        x = self.dropout(x)
        for i in range(1, self.n_blocks + 1):
            x = self.get_submodule(f"block_{i}")(x, n_queries=1 if i == self.n_blocks else 4)
        return self.readout(self.norm(x[:, -1]))


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
