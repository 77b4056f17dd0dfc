"""Blocks of a transformer at weighted sums of points, against the blocks themselves at each sum."""

import pytest
import torch

from grokking_phases.data.sums_of_points import SumReader, Weights, attention_of_last, blocks_after
from grokking_phases.models import mlp, transformer


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = transformer.build(n_tokens=5, n_classes=4, d_model=12, n_heads=3, d_mlp=16, n_blocks=3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_()  # no bias is 0, and no gain is 1
    return network.double().eval()


def points(n):
    return torch.randn(n, 4, 12, dtype=torch.float64)


@pytest.mark.parametrize("module", ["embedding", "block_1", "block_2"])
@torch.no_grad()
def test_sums_are_read_as_the_blocks_read_them(network, module):
    s, t, a, b = points(2), points(3), torch.tensor([0.3, 1, -2]).double(), torch.tensor([0.7, 0, 5]).double()
    blocks = blocks_after(network, module)
    reader = SumReader(blocks)
    found = reader.attended(reader.points(s), reader.points(t), Weights(a, b))
    sums = a.view(-1, 1, 1) * s[:, None, None] + b.view(-1, 1, 1) * t[:, None]  # (2, 3, 3, 4, 12)
    x = sums.flatten(0, 2)
    n_read = 1 if len(blocks) == 1 else 4
    attended = x[:, -n_read:] + blocks[0].attention(blocks[0].norm_attention(x), n_read)
    torch.testing.assert_close(found.flatten(0, 2), attended)
    *hidden, last = reader.hidden(found)
    assert len(hidden) == len(blocks)
    for i, block in enumerate(blocks):
        n_read = 1 if i == len(blocks) - 1 else 4
        attended = x[:, -n_read:] + block.attention(block.norm_attention(x), n_read)
        torch.testing.assert_close(hidden[i], block.up(block.norm_mlp(attended))[:, -1])
        x = block(x, n_read)
    torch.testing.assert_close(last, x[:, -1])


@torch.no_grad()
def test_the_last_position_attends_as_the_module_does(network):
    attention, x = network.block_2.attention, points(6)
    torch.testing.assert_close(attention_of_last(attention, x), attention(x, 1)[:, 0])


@pytest.mark.parametrize("module", ["block_3", "norm", "block_1.hidden", "nothing"])
def test_only_the_blocks_after_a_point_of_the_residual_stream_read_sums(network, module):
    assert blocks_after(network, module) is None


def test_another_network_has_no_such_blocks():
    assert blocks_after(mlp.build(n_tokens=5, n_classes=4, width=9), "hidden") is None
