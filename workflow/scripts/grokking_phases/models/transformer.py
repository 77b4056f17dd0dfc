"""The two-phase paper's transformer: two pre-norm blocks over the four tokens `a o b =`, read at `=`.

The source is de Mello Koch & Ghosh, section 3.1. Its sizes and training are those of a public replication of
Power et al. (2201.02177): learned positions, token embeddings N(0, 1) times sqrt(d_model), biases everywhere,
causal attention, exact GELU (equation 7 of the paper misplaces a bracket), and a final LayerNorm.

Training and evaluation call `fast_forward`, which computes the same function of the same parameters with less
work.
"""

import torch
from torch import Tensor, nn

from grokking_phases.models._fast_dropout import Dropout
from grokking_phases.models._fast_transformer import fast_forward as fast_forward
from grokking_phases.models._onednn_linear import Linear

# Layers that can be recorded, and the option of `build` that gives their width;
# {n_blocks} counts 1 … n_blocks.
LAYERS = {"block_{n_blocks}": "d_model", "block_{n_blocks}.hidden": "d_mlp"}

# The least and the greatest value of options; None: unlimited.
LIMITS = {"n_heads": (1, None), "n_blocks": (1, None), "dropout": (0, 0.99)}

N_POSITIONS = 4  # a o b =


class Embedding(nn.Module):
    """Token embeddings times a scale, plus position embeddings, with dropout."""

    def __init__(self, n_tokens: int, d_model: int, scale: float, std: float, dropout: float) -> None:
        super().__init__()
        # The tokens of `o` and `=` follow those of the operands.
        self.operator, self.equals, self.scale = n_tokens, n_tokens + 1, scale
        # nn.Embedding draws from N(0, 1).
        self.tokens, self.positions = nn.Embedding(n_tokens + 2, d_model), nn.Embedding(N_POSITIONS, d_model)
        with torch.no_grad():
            self.tokens.weight.mul_(std)
            self.positions.weight.mul_(std)
        self.dropout = Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the embeddings (n, 4, d_model) of the sequences `a o b =` for the operands (n, 2)."""
        a, b = inputs.unbind(1)
        o, equals = torch.full_like(a, self.operator), torch.full_like(a, self.equals)
        sequences = torch.stack([a, o, b, equals], dim=1)  # (n, 4)
        return self.dropout(self.tokens(sequences) * self.scale + self.positions.weight)


class Attention(nn.Module):
    """Causal multi-head attention, with dropout on the attention weights."""

    def __init__(self, d_model: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = n_heads, Dropout(dropout)
        self.key, self.value = Linear(d_model, d_model), Linear(d_model, d_model)
        self.query, self.output = Linear(d_model, d_model), Linear(d_model, d_model)

    def forward(self, x: Tensor, n_read: int) -> Tensor:
        """Return the attended values (n, n_read, d_model) at the last `n_read` positions of x.

        x is (n, n_positions, d_model).
        """
        n_positions, heads = x.shape[1], (self.n_heads, x.shape[2] // self.n_heads)
        key, value = self.key(x).unflatten(-1, heads), self.value(x).unflatten(-1, heads)
        query = self.query(x[:, -n_read:]).unflatten(-1, heads)  # (n, n_read, n_heads, d_head)
        # Elementwise products: matrix products of only four positions are not worth their overhead.
        # (n, n_read, n_positions, n_heads)
        scores = (query[:, :, None] * key[:, None]).sum(-1) * heads[1] ** -0.5
        # (n_read, n_positions, n, n_heads): softmax is faster on long rows
        scores = scores.permute(1, 2, 0, 3)
        future = torch.ones(n_read, n_positions, dtype=torch.bool, device=x.device).triu(
            n_positions - n_read + 1
        )
        weights = scores.masked_fill(future[:, :, None, None], -torch.inf).softmax(1).permute(2, 0, 1, 3)
        mixed = (self.dropout(weights)[..., None] * value[:, None]).sum(2)  # (n, n_read, n_heads, d_head)
        return self.output(mixed.flatten(2))


class Block(nn.Module):
    """One pre-norm block: x + attention(norm(x)), then x + feed-forward(norm(x))."""

    def __init__(self, d_model: int, n_heads: int, d_mlp: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(d_model, n_heads, dropout)
        self.up, self.hidden, self.down = Linear(d_model, d_mlp), nn.GELU(), Linear(d_mlp, d_model)
        self.norm_attention, self.norm_mlp = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, n_read: int = N_POSITIONS) -> Tensor:
        """Return the block's output (n, n_read, d_model) at the last `n_read` positions of x.

        x is (n, n_positions, d_model).
        """
        x = x[:, -n_read:] + self.dropout(self.attention(self.norm_attention(x), n_read))
        hidden = self.hidden(self.up(self.norm_mlp(x)))  # (n, n_read, d_mlp)
        return x + self.dropout(self.down(self.dropout(hidden)))


class Transformer(nn.Module):
    """The network: (n, 2) operands -> (n, n_classes) logits.

    The logits are read at `=`, so the last block is computed at that position alone.
    """

    def __init__(self, n_tokens: int, n_classes: int, block: dict, n_blocks: int, embedding: dict) -> None:
        super().__init__()
        self.n_blocks, d_model = n_blocks, block["d_model"]
        for i in range(n_blocks):
            self.add_module(f"block_{i + 1}", Block(**block))
        self.embedding = Embedding(n_tokens, d_model, **embedding, dropout=block["dropout"])
        self.norm, self.readout = nn.LayerNorm(d_model), Linear(d_model, n_classes)

    @property
    def blocks(self) -> list[Block]:
        return [self.get_submodule(f"block_{i}") for i in range(1, self.n_blocks + 1)]

    def forward(self, inputs: Tensor) -> Tensor:
        x = self.embedding(inputs)  # (n, 4, d_model)
        *earlier, last = self.blocks
        for block in earlier:
            x = block(x)
        x = last(x, n_read=1)  # (n, 1, d_model)
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
    """Return a transformer for `n_tokens` operand values and `n_classes` answers, by default the paper's.

    Token and position embeddings start as N(0, embedding_std^2). A token's embedding is multiplied by
    `embedding_scale` when it is read. Raises ValueError unless `n_heads` divides `d_model`.
    """
    if d_model % n_heads:
        raise ValueError(f"d_model = {d_model} is not a multiple of n_heads = {n_heads}; change one")
    block = {"d_model": d_model, "n_heads": n_heads, "d_mlp": d_mlp, "dropout": dropout}
    embedding = {"scale": embedding_scale, "std": embedding_std}
    return Transformer(n_tokens, n_classes, block, n_blocks, embedding)
